"""Distance of an image to a known answer."""

from __future__ import annotations

from sgnlib.shapes import Images, PerImage


def l1(output: Images, target: Images) -> PerImage:
    """Mean absolute error of every image: L_rec and the identity loss before their weights."""
    return (output - target).abs().mean(dim=(1, 2, 3))
