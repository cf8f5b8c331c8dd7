"""Smooth random fields of any resolution: the same draws give the same field at every size."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]

_SPREAD = 151 / 315
"""Mean sum of squared cubic B-spline weights: the variance left of white noise, per axis."""


def fractal(
    rng: np.random.Generator,
    size: int,
    cells: tuple[int, int],
    octaves: int = 4,
    gain: float = 0.5,
) -> Field:
    """Draws a (size, size) field of fractal noise with mean 0 and variance about 1.

    The lattice is refined by spline subdivision, so only the finest octave meets the pixels.
    Only elementary arithmetic: the same bits on every platform.

    Args:
        rng: Takes the same number of draws for every size.
        size: Side in pixels.
        cells: Waves of the coarsest octave from top to bottom and from left to right.
        octaves: Each has twice the waves and `gain` times the amplitude of the one before.
        gain: Roughness; 0.3 is smooth, 0.8 is gritty.
    """
    rows, columns = cells
    lattice = rng.standard_normal((rows + 3, columns + 3), dtype=np.float32)
    for octave in range(1, octaves):
        lattice = _refine(_refine(lattice).T).T
        noise = rng.standard_normal(lattice.shape, dtype=np.float32)
        lattice += np.float32(gain**octave) * noise
    scale = _SPREAD * np.sqrt(sum(gain ** (2 * octave) for octave in range(octaves)))
    sampled = _sample(np.ascontiguousarray(lattice.T), size).T / np.float32(scale)
    return _sample(np.ascontiguousarray(sampled, dtype=np.float32), size)


def fractal_line(
    rng: np.random.Generator, size: int, cells: int, octaves: int = 4, gain: float = 0.5
) -> Field:
    """Draws `size` values of one-dimensional fractal noise with mean 0 and variance about 1."""
    lattice = rng.standard_normal((cells + 3, 1), dtype=np.float32)
    for octave in range(1, octaves):
        lattice = _refine(lattice)
        lattice += np.float32(gain**octave) * rng.standard_normal(lattice.shape, dtype=np.float32)
    scale = np.sqrt(_SPREAD * sum(gain ** (2 * octave) for octave in range(octaves)))
    return _sample(lattice, size)[:, 0] / np.float32(scale)


def smoothstep(low: float, high: float, values: Field) -> Field:
    """0 below `low`, 1 above `high` (or the reverse if low > high), smooth between."""
    t = np.clip((values - np.float32(low)) / np.float32(high - low), 0, 1)
    return t * t * (3 - 2 * t)


def _refine(lattice: Field) -> Field:
    """Halves the spacing of cubic B-spline coefficients along the first axis (n + 3 values)."""
    even = (lattice[:-2] + 6 * lattice[1:-1] + lattice[2:]) / 8
    odd = (lattice[:-1] + lattice[1:]) / 2
    out = np.empty((2 * len(lattice) - 3, *lattice.shape[1:]), dtype=np.float32)
    out[0::2], out[1::2] = odd, even
    return out


@lru_cache(maxsize=256)
def _taps(size: int, cells: int) -> list[tuple[NDArray[np.intp], Field]]:
    at = (np.arange(size) + 0.5) / size * cells
    first = np.minimum(at.astype(np.intp), cells - 1)
    f = at - first
    weights = (
        (1 - f) ** 3 / 6,
        (3 * f**3 - 6 * f**2 + 4) / 6,
        (-3 * f**3 + 3 * f**2 + 3 * f + 1) / 6,
        f**3 / 6,
    )
    return [(first + k, w.astype(np.float32)[:, None]) for k, w in enumerate(weights)]


def _sample(lattice: Field, size: int) -> Field:
    """Evaluates the spline at `size` pixel centres along the first axis."""
    out = np.zeros((size, lattice.shape[1]), dtype=np.float32)
    for index, weight in _taps(size, len(lattice) - 3):
        out += lattice[index] * weight
    return out
