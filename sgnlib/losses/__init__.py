"""The losses of supp. A.2 as pure functions, one value per image."""
