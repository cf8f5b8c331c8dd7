"""Training: objectives, one step, the loop around it, and the runs it leaves behind."""
