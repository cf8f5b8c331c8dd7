"""What the CCAMs do with S: gates of channels, closed ones, alike ones (Fig. 10, supp. B.3)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from sgnlib.evaluation.translate import translate
from sgnlib.experiments import Experiment
from sgnlib.nn.generator import Generator, build_generator
from sgnlib.shapes import Images
from sgnlib.sym import corners

CLOSED = 0.05
"""A channel counts as closed where its gate lets less than this share through."""

Gates = Float[Tensor, "corners images channels"]

Layers = tuple[Float[Tensor, "corners images _"], ...]
"""Gates of several CCAMs, each with channels of its own."""


@torch.no_grad()
def corner_gates(generator: Generator, images: Images) -> Layers:
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


def closed_table(gates: Layers, threshold: float = CLOSED) -> pd.DataFrame:
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


def correlation_table(gates: Layers) -> pd.DataFrame:
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


# ------------------------------------------------------------------------ the paper's statements


def closed_by_depth(closed: pd.DataFrame) -> pd.DataFrame:
    """The largest share of closed channels over the corners, per CCAM.

    In the first one "no blocked channel" `holds` where it is zero; a deeper one `holds` where it
    closes more than the first and at least as many as the one before it.

    Args:
        closed: From `closed_table`.
    """
    share = closed.groupby("CCAM")["closed"].max()
    first = share.iloc[0]
    holds = [first == 0, *(b >= a and b > first for a, b in itertools.pairwise(share))]
    names = [f"CCAM {depth}" for depth in share.index]
    return pd.DataFrame({"closed": share.to_numpy(), "holds": holds}, index=names)


def selection(gates: Layers, differs: float = 0.1) -> pd.DataFrame:
    """How differently two corners of S gate the channels of one image, per CCAM.

    Args:
        gates: From `corner_gates`.
        differs: It holds where some gate differs by more than this, on average over images.

    Returns:
        Per CCAM, over pairs of corners: the mean and the largest difference of a channel's gates.
    """
    rows = {}
    for depth, layer in enumerate(gates):
        pairs = itertools.combinations(layer, 2)
        apart = torch.stack([(a - b).abs().mean(dim=0) for a, b in pairs])
        rows[f"CCAM {depth + 1}"] = {
            "mean difference": float(apart.mean()),
            "largest": float(apart.max()),
            "holds": bool(apart.max() > differs),
        }
    return pd.DataFrame(rows).T


def gate_parameters(experiment: Experiment, light: float = 0.05) -> pd.DataFrame:
    """CCAM's share of the generator's parameters, which is `light` at most where it holds."""
    with torch.device("meta"):
        generator = build_generator(experiment)
    gates, whole = (
        sum(p.numel() for p in part.parameters()) for part in (generator.gates, generator)
    )
    row = {"CCAMs": gates, "generator": whole, "share": gates / whole}
    return pd.DataFrame({"parameters": {**row, "holds": gates / whole <= light}}).T


def any_size(generator: Generator, sizes: Sequence[tuple[int, int]]) -> pd.DataFrame:
    """Whether one generator translates images of several heights and widths to the same ones."""
    rows = {}
    for height, width in sizes:
        images = torch.linspace(-1, 1, 3 * height * width).view(1, 3, height, width)
        output = translate(generator, images, corners(generator.domains)[:1])
        shape = tuple(output.shape[2:])
        named = f"{shape[0]} x {shape[1]}"
        rows[f"{height} x {width}"] = {"output": named, "holds": shape == (height, width)}
    return pd.DataFrame(rows).T
