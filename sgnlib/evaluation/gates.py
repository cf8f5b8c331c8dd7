"""What the CCAMs do with S: gates of channels, closed ones, alike ones (Fig. 10, supp. B.3)."""

from __future__ import annotations

import itertools

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from sgnlib.nn.generator import Generator
from sgnlib.shapes import Images
from sgnlib.sym import corners

CLOSED = 0.05
"""A channel counts as closed where its gate lets less than this share through."""

Gates = Float[Tensor, "corners images channels"]


@torch.no_grad()
def corner_gates(generator: Generator, images: Images) -> tuple[Gates, Gates, Gates]:
    """Gates of the first, second and third CCAM at every corner of S, for every image.

    Raises:
        ValueError: S does not enter by CCAM.
    """
    per_corner = []
    device = next(generator.parameters()).device
    for corner in corners(generator.domains):
        sym = corner.expand(len(images), -1).contiguous()
        per_corner.append(generator.attention(images.to(device), sym.to(device)))
    first, second, third = (torch.stack(gates).cpu() for gates in zip(*per_corner, strict=True))
    return first, second, third


def closed_table(gates: tuple[Gates, ...], threshold: float = CLOSED) -> pd.DataFrame:
    """Share of closed channels and the smallest gate, per CCAM (1 is the first) and corner.

    Args:
        gates: From `corner_gates`.
        threshold: Gates below it are closed.
    """
    rows = [
        {
            "CCAM": depth + 1,
            "corner": corner,
            "closed": float((at < threshold).float().mean()),
            "smallest gate": float(at.mean(dim=0).min()),
            "median gate": float(at.mean(dim=0).median()),
        }
        for depth, layer in enumerate(gates)
        for corner, at in enumerate(layer)
    ]
    return pd.DataFrame(rows)


def correlation_table(gates: tuple[Gates, ...]) -> pd.DataFrame:
    """Pearson's correlation of the channels' gates between two corners, averaged over images.

    1: both corners open the same channels; 0: their choices have nothing to do with each other.
    """
    rows = []
    for depth, layer in enumerate(gates):
        centred = layer - layer.mean(dim=2, keepdim=True)
        unit = centred / centred.norm(dim=2, keepdim=True).clamp_min(1e-12)
        for a, b in itertools.combinations(range(len(layer)), 2):
            value = float((unit[a] * unit[b]).sum(dim=1).mean())
            rows.append({"CCAM": depth + 1, "corners": f"{a}-{b}", "correlation": value})
    return pd.DataFrame(rows)
