"""Arrays and images in, matplotlib figures out. Nothing here knows a network."""
