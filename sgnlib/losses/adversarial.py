"""LSGAN (supp. A.2): scores are drawn to 1 for real and 0 for fake."""

from __future__ import annotations

from sgnlib.shapes import PerImage, Scores


def lsgan(scores: Scores, *, real: bool) -> PerImage:
    """Mean squared distance of an image's patch scores to 1 (real) or 0 (fake).

    No factor 0.5, neither for the generator nor here for the discriminator: the training step
    halves the sum of the discriminator's two terms, as the authors' code does.
    """
    return (scores - float(real)).square().mean(dim=(1, 2, 3))
