"""Brush strokes laid along a flow field: all strokes of a layer at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sgnlib.datasets.procedural.colour import Canvas
from sgnlib.datasets.procedural.noise import Field


@dataclass(frozen=True)
class Brush:
    """How a layer of strokes looks; lengths in units of the image's side.

    Attributes:
        length, width: Of a stroke, before random variation.
        spacing: Distance between strokes.
        vary: Relative spread of length and width.
        relief: How much one edge of a stroke is lighter than the other: impasto.
        bristles: Contrast of the traces of single bristles.
        blunt: Power of the taper: 2 is a leaf, 8 nearly a rectangle.
        follow: How much a stroke bends with the flow: 0 is straight.
    """

    length: float
    width: float
    spacing: float
    vary: float = 0.25
    relief: float = 0.0
    bristles: float = 0.0
    blunt: float = 4.0
    follow: float = 0.6


def lay(
    image: Canvas,
    brush: Brush,
    angle: Field,
    jitter: Field,
    rng: np.random.Generator,
    *,
    inside: NDArray[np.int16] | None = None,
    only: NDArray[np.bool_] | None = None,
) -> Canvas:
    """Paints over an image with strokes that take their colour from where their middle lies.

    Args:
        image: What is painted over; also what the strokes are to show.
        brush: Their look.
        angle: Direction of the flow per pixel, radians.
        jitter: (n, 3) offsets of colour; every stroke takes one.
        rng: Takes the same draws at every size.
        inside: If given, a stroke does not leave the thing its middle lies in.
        only: If given, strokes whose middle lies elsewhere are left out.
    """
    size = len(image)
    x, y = _middles(rng, brush.spacing)
    scale = 1 + brush.vary * rng.uniform(-1, 1, (2, len(x))).astype(np.float32)
    offsets = jitter[rng.integers(len(jitter), size=len(x))]
    traces = rng.standard_normal((len(x), 9), dtype=np.float32)
    start = _pixels(y, size) * size + _pixels(x, size)
    if only is not None:
        chosen = np.nonzero(only.reshape(-1)[start])[0]
        x, y, start, scale = x[chosen], y[chosen], start[chosen], scale[:, chosen]
        offsets, traces = offsets[chosen], traces[chosen]

    where, heading = _footprints(brush, x, y, scale, angle)
    things = None if inside is None else inside.reshape(-1)
    owner = _topmost(where, start, things, size)
    painted = np.nonzero(owner >= 0)[0]
    lanes = where.shape[2]
    stroke, lane = owner[painted] // (where.shape[1] * lanes), owner[painted] % lanes
    across = np.linspace(-1, 1, lanes, dtype=np.float32)[lane]
    ridge = -brush.relief * across * np.sign(np.cos(heading[stroke]) + np.float32(1e-6))
    trace = brush.bristles * traces[stroke, (4 * across + 4).astype(np.int64)]
    out = image.reshape(-1, 3).copy()
    colours = out[start] + offsets
    out[painted] = colours[stroke] * (1 + ridge + trace)[:, None]
    return out.reshape(image.shape)


def _footprints(
    brush: Brush, x: Field, y: Field, scale: Field, angle: Field
) -> tuple[NDArray[np.int32], Field]:
    """Flat pixels under every stroke (strokes, along, across), and every stroke's direction."""
    size = len(angle)
    steps = max(int(brush.length * (1 + brush.vary) * size / 1.1), 2) + 1
    lanes = max(int(brush.width * (1 + brush.vary) * size / 0.8), 1) + 1
    spine_x, spine_y, heading = _spines(x, y, brush.length * scale[0], angle, steps, brush.follow)
    along = np.linspace(-1, 1, steps, dtype=np.float32)
    across = np.linspace(-1, 1, lanes, dtype=np.float32)
    taper = np.sqrt(1 - np.abs(along) ** brush.blunt * np.float32(0.97))
    half = (np.float32(0.5 * brush.width) * scale[1])[:, None] * taper
    reach_x, reach_y = -np.sin(heading) * half, np.cos(heading) * half
    columns = _pixels(spine_x[..., None] + reach_x[..., None] * across, size)
    rows = _pixels(spine_y[..., None] + reach_y[..., None] * across, size)
    rows *= size
    rows += columns
    return rows, heading[:, 0]


def _topmost(
    where: NDArray[np.int32],
    start: NDArray[np.int32],
    things: NDArray[np.int16] | None,
    size: int,
) -> NDArray[np.int32]:
    """Which sample of `where` each pixel shows, -1 for none; later strokes lie on top."""
    pixels = where.reshape(-1)
    sample = np.arange(pixels.size, dtype=np.int32)
    if things is not None:
        same = (things[where] == things[start][:, None, None]).reshape(-1)
        pixels, sample = pixels[same], sample[same]
    owner = np.full(size * size, -1, dtype=np.int32)
    owner[pixels] = sample  # of equal indices the last one counts
    return owner


def _middles(rng: np.random.Generator, spacing: float) -> tuple[Field, Field]:
    """A jittered grid that covers the image and its border, in random order."""
    per_side = int(np.ceil(1 / spacing)) + 1
    grid = (np.arange(per_side, dtype=np.float32)) * np.float32(spacing)
    x, y = np.meshgrid(grid, grid)
    shift = rng.uniform(-0.5, 0.5, (2, *x.shape)).astype(np.float32) * np.float32(spacing)
    order = rng.permutation(x.size)
    return (x + shift[0]).reshape(-1)[order], (y + shift[1]).reshape(-1)[order]


def _pixels(at: Field, size: int) -> NDArray[np.int32]:
    pixels = (at * np.float32(size)).astype(np.int32)
    return np.minimum(np.maximum(pixels, 0, out=pixels), size - 1, out=pixels)


def _spines(
    x: Field, y: Field, length: Field, angle: Field, steps: int, follow: float
) -> tuple[Field, Field, Field]:
    """Follows the flow from the middles, half the length back and half ahead."""
    size = len(angle)
    flow = angle.reshape(-1)
    xs, ys, headings = (np.empty((len(x), steps), dtype=np.float32) for _ in range(3))
    half = steps // 2
    first = flow[_pixels(y, size) * size + _pixels(x, size)]
    for sign, indices in ((1, range(half, steps)), (-1, range(half - 1, -1, -1))):
        at_x, at_y, heading = x.copy(), y.copy(), first
        step = sign * length / (steps - 1)
        for index in indices:
            xs[:, index], ys[:, index], headings[:, index] = at_x, at_y, heading
            at_x = at_x + step * np.cos(heading)
            at_y = at_y + step * np.sin(heading)
            here = flow[_pixels(at_y, size) * size + _pixels(at_x, size)]
            turn = here - heading
            turn -= np.float32(np.pi) * np.rint(turn / np.float32(np.pi))
            heading = heading + np.float32(follow) * turn
    return xs, ys, headings
