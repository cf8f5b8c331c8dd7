"""How near the frames shown while dragging are to the exact pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch

from sgnlib.live.backends import Picture, TorchBackend, psnr
from sgnlib.live.preview import LEAST_PSNR, Preview, coarse_nodes
from sgnlib.nn.generator import Generator
from sgnlib.shapes import Images
from sgnlib.sym import sample_sym


def blend_table(
    generator: Generator, photos: Images, *, points: int = 60, seed: int = 0
) -> pd.DataFrame:
    """PSNR of blends at random S, before and after the lattice is refined where it is coarse.

    Args:
        generator: Trained.
        photos: In [-1, 1], sides divisible by 4.
        points: Random S per photo, uniform on the simplex.
        seed: Of these.

    Returns:
        Per lattice: nodes per photo (mean); the PSNR to the exact picture in dB, median and least;
        the share of all that reach 45 dB, and whether nine in ten do (`holds`).
    """
    syms = sample_sym((1.0,) * generator.domains, points, np.random.default_rng(seed))
    backend = TorchBackend(generator)
    found: dict[str, list[float]] = {"coarse": [], "refined": []}
    nodes: dict[str, list[int]] = {"coarse": [], "refined": []}
    for photo in photos[:, None]:
        prepared = backend.prepare(photo)

        def exact(sym: Sequence[float], prepared: torch.Tensor = prepared) -> Picture:
            return backend.picture(prepared, torch.tensor([list(sym)]))

        preview = Preview(generator.domains)
        for node in coarse_nodes(generator.domains):
            preview.add(node, exact(preview.place(node)))
        wanted = [exact(sym) for sym in syms.tolist()]
        for lattice in found:
            if lattice == "refined":
                preview.fill(exact)
            nodes[lattice].append(len(preview))
            blends = [preview.blend(sym) for sym in syms.tolist()]
            found[lattice] += [
                psnr(blend, picture)
                for blend, picture in zip(blends, wanted, strict=True)
                if blend is not None
            ]
    rows = {
        lattice: {
            "nodes": float(np.mean(nodes[lattice])),
            "median dB": float(np.median(values)),
            "least dB": min(values),
            "share": float(np.mean(np.array(values) >= LEAST_PSNR)),
        }
        for lattice, values in found.items()
    }
    frame = pd.DataFrame(rows).T
    return frame.assign(holds=frame["share"] >= 0.9)
