"""Translations with a trained generator: one S for all images, one for each, or a grid."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sgnlib.shapes import Images

Points = Float[Tensor, "points domains"]
"""Any number of sym-parameters, on the simplex or (extrapolation) outside it."""

Mixes = Float[Tensor, "points batch 3 height width"]
"""The same images translated at several S, in [-1, 1]."""


@torch.no_grad()
def translate(generator: nn.Module, images: Images, sym: Points, batch_size: int = 16) -> Images:
    """Translates images of any height and width divisible by 4; the result is on the CPU.

    Args:
        generator: G(x, S), on any device.
        images: The inputs.
        sym: One S for all images (a single row), or one row per image.
        batch_size: Images per pass.

    Raises:
        ValueError: `sym` has neither one row nor one per image.
    """
    if len(sym) not in (1, len(images)):
        raise ValueError(f"S needs one row or one per image ({len(images)}); got {len(sym)} rows")
    device = next(generator.parameters()).device
    rows = sym.expand(len(images), -1)
    generator.eval()
    parts = [
        generator(x.to(device), s.to(device)).cpu()
        for x, s in zip(images.split(batch_size), rows.split(batch_size), strict=True)
    ]
    return torch.cat(parts)


def mixes(generator: nn.Module, images: Images, syms: Points, batch_size: int = 16) -> Mixes:
    """Translates all images at each of several S: the grids of Figs. 1, 6 and 12 to 15."""
    return torch.stack([translate(generator, images, s[None], batch_size) for s in syms])


# fmt: off
FIGURE_SYMS = torch.tensor([
    [1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.0, 1.0, 0.0], [0.0, 0.5, 0.5], [0.0, 0.0, 1.0],
    [0.5, 0.0, 0.5], [1 / 3, 1 / 3, 1 / 3],
])
# fmt: on
"""Columns of the paper's image grids: around the simplex, then its centre."""
