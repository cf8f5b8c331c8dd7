"""What is measured on trained models, and the verdicts on the paper's claims."""
