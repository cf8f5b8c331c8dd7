"""What the authors' own code computes, for weights and images that a formula makes.

`sgn_official.safetensors` was computed in float32 on a CPU by TimeLighter/pytorch-sym-parameter
at ef7cae1. A reimplementation with the same weights and images must agree to 1e-4 relative.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor

from sgnlib.shapes import Images

FILE = Path(__file__).parent / "sgn_official.safetensors"
LAYOUT = Path(__file__).parent / "official_state_dict_layout.json"

GENERATOR_SEED, DISCRIMINATOR_SEED, VGG_SEED = 1, 2, 3
"""Seeds of `weights`. Names are the authors', for VGG16 torchvision's inside `features`."""


@cache
def expected() -> dict[str, Tensor]:
    """All entries of the file. Treat them as read-only."""
    return load_file(FILE)


@cache
def layout() -> dict[str, dict[str, list[int]]]:
    """The authors' parameter names and shapes, under "generator" and "discriminator"."""
    return json.loads(LAYOUT.read_text())


def weights(shapes: Mapping[str, Sequence[int]], seed: int) -> dict[str, Tensor]:
    """The golden state dict: one tensor per (name, shape), a function of name and seed."""
    state = {}
    for name, shape in shapes.items():
        rng = np.random.RandomState((zlib.crc32(name.encode()) + seed) & 0x7FFFFFFF)
        std = np.sqrt(2 / np.prod(shape[1:])) if len(shape) > 1 else 0.05
        values = rng.standard_normal(tuple(shape)) * std
        state[name] = torch.from_numpy(values.astype(np.float32))
    return state


def image(seed: int, n: int = 4, height: int = 64, width: int = 64) -> Images:
    """The golden images: four plane waves per channel and a little noise."""
    rng = np.random.RandomState(seed)
    yy, xx = np.mgrid[0:height, 0:width]
    out = np.zeros((n, 3, height, width))
    for i in range(n):
        for c in range(3):
            for _ in range(4):
                fx, fy, phase = rng.uniform(-6, 6), rng.uniform(-6, 6), rng.uniform(0, 6.283)
                wave = 2 * np.pi * (fx * xx / width + fy * yy / height) + phase
                out[i, c] += np.sin(wave) / 4
            out[i, c] += rng.uniform(-0.1, 0.1, (height, width))
    return torch.from_numpy(out.clip(-1, 1).astype(np.float32))


def source() -> Images:
    """Source photos A."""
    return image(11)


def target() -> Images:
    """Target-domain images B, of the adversarial loss."""
    return image(21)


def style() -> Images:
    """The style image, in [-1, 1]; the authors' code got (style + 1) / 2."""
    return image(31, n=1)
