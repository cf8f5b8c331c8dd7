"""Networks: generator with its ways to inject S, patch discriminator, perceptual features."""
