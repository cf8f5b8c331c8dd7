"""Grids of pictures as in Figs. 1, 6, 7, 8 and 11 to 15, and pictures laid out on the simplex."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor

from sgnlib.evaluation.labels import LETTERS, sym_label, title
from sgnlib.plots.style import (
    CAPTION_ROOM,
    FAINT,
    GRID_DPI,
    INK,
    PAPER,
    colour,
    look,
)
from sgnlib.shapes import Images
from sgnlib.sym import to_plane

Mixes = Float[Tensor, "points batch 3 height width"]
Points = Float[Tensor, "points domains"]
Column = Float[Tensor, "_ 3 _ _"]
"""Images below each other."""


def picture(image: Float[Tensor, "3 height width"]) -> NDArray[np.float32]:
    """An image in [-1, 1] as matplotlib and Pillow want it: rows, columns, RGB in [0, 1]."""
    return ((image.clamp(-1, 1) + 1) / 2).permute(1, 2, 0).cpu().numpy()


def mixing_grid(
    photos: Images,
    mixes: Mixes,
    syms: Points,
    domains: Sequence[str],
    *,
    cell: float = 1.05,
    rows: Sequence[str] = (),
) -> Figure:
    """Photos in rows, S in columns with its numbers above, as in Figs. 1, 6 and 12 to 15.

    Args:
        photos: The inputs: first column.
        mixes: Their translations at each S.
        syms: The S of the columns.
        domains: Names of the domains, first component of S first; they stand above as A, B, C.
        cell: Side of a picture in inches.
        rows: A name for every row, where rows are more than photos.
    """
    columns = [photos, *mixes]
    labels = ["input", *(sym_label(s.tolist()) for s in syms)]
    return labelled_grid(columns, labels, rows=rows, key=domains, cell=cell, gap_after_first=True)


def labelled_grid(
    columns: Sequence[Column],
    labels: Sequence[str],
    *,
    rows: Sequence[str] = (),
    key: Sequence[str] = (),
    cell: float = 1.05,
    gap_after_first: bool = False,
) -> Figure:
    """Columns of pictures with a label above each, and names of rows and domains if given.

    Args:
        columns: The same number of images each; columns may differ in size.
        labels: One per column, of one or more lines.
        rows: One per image of a column, written at the left.
        key: Domains that the labels' numbers belong to, written at the top.
        cell: Side of a picture in inches.
        gap_after_first: Sets the first column, the input, apart.
    """
    step, apart = cell + 0.04, 0.1 if gap_after_first else 0.0
    left = 0.05 + 0.085 * max((len(name) for name in rows), default=0)
    lines = 1 + max(label.count("\n") for label in labels)
    head = 0.08 + 0.14 * lines + (0.24 if key else 0.0)
    width = max(left + len(columns) * step + apart, 0.1 + sum(map(_key_width, key)))
    height = head + len(columns[0]) * step + CAPTION_ROOM
    with look():
        figure = Figure(figsize=(width, height), dpi=GRID_DPI, facecolor=PAPER)
        for c, (images, label) in enumerate(zip(columns, labels, strict=True)):
            x = left + c * step + (apart if c else 0.0)
            _column(figure, images, label, (x, height - head), cell, step)
        for r, name in enumerate(rows):
            y = height - head - r * step - cell / 2
            figure.text(
                (left - 0.06) / width, y / height, name, ha="right", va="center", fontsize=8
            )
        _key(figure, key, left)
    return figure


def _column(
    figure: Figure, images: Column, label: str, at: tuple[float, float], cell: float, step: float
) -> None:
    """Pictures below each other from `at`, in inches from the bottom left, and a label above."""
    width, height = figure.get_size_inches()
    x, top = at
    for r, image in enumerate(images):
        y = top - r * step - cell
        _show(figure, image, (x / width, y / height, cell / width, cell / height))
    longest = max(len(line) for line in label.split("\n"))
    figure.text(
        (x + cell / 2) / width, (top + 0.05) / height, label, ha="center", va="bottom",
        fontsize=min(8.0, 72 * step / (0.58 * longest)), linespacing=1.15,
    )  # fmt: skip


def simplex_layout(
    mixes: Float[Tensor, "points 3 height width"],
    syms: Points,
    domains: Sequence[str],
    *,
    cell: float = 0.95,
    numbers: bool = True,
) -> Figure:
    """One photo's translations at their places in the triangle of S: corners, edges, centre.

    Args:
        mixes: The translations, one per S.
        syms: Points on the simplex of three domains.
        domains: The three domains, the first one on top.
        cell: Side of a picture in inches.
        numbers: Whether S is written under the pictures.
    """
    places = to_plane(syms.numpy())
    near = min((np.abs(a - b).max() for i, a in enumerate(places) for b in places[:i]), default=1)
    below = 0.16 if numbers else 0.0
    scale = (cell + below + 0.06) / max(near, 1e-6)
    low, high = to_plane(np.eye(3)).min(axis=0), to_plane(np.eye(3)).max(axis=0)
    span = (high - low) * scale
    margin, head = 0.1, 0.24
    width = span[0] + cell + 2 * margin
    height = span[1] + cell + head + 0.26 + below + CAPTION_ROOM
    with look():
        figure = Figure(figsize=(width, height), dpi=GRID_DPI, facecolor=PAPER)
        origin = np.array([margin + cell / 2, CAPTION_ROOM + 0.26 + below + cell / 2])
        at = [origin + (place - low) * scale for place in places]
        _triangle(figure, origin + (to_plane(np.eye(3)) - low) * scale, width, height)
        for image, (x, y), sym in zip(mixes, at, syms, strict=True):
            box = ((x - cell / 2) / width, (y - cell / 2) / height, cell / width, cell / height)
            _show(figure, image, box)
            if numbers:
                figure.text(
                    x / width, (y - cell / 2 - 0.02) / height, sym_label(sym.tolist()),
                    ha="center", va="top", fontsize=7, color=INK,
                    bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.6},
                )  # fmt: skip
        _corner_names(figure, origin, low, scale, domains, cell, below)
    return figure


def _corner_names(
    figure: Figure,
    origin: NDArray[np.float64],
    low: NDArray[np.float64],
    scale: float,
    domains: Sequence[str],
    cell: float,
    below: float,
) -> None:
    width, height = figure.get_size_inches()
    for index, (corner, name) in enumerate(zip(to_plane(np.eye(3)), domains, strict=True)):
        x, y = origin + (corner - low) * scale
        top = index == 0
        y += cell / 2 + 0.06 if top else -(cell / 2 + below + 0.06)
        figure.text(
            x / width, y / height, f"{LETTERS[index]}: {title(name)}", ha="center",
            va="bottom" if top else "top", fontsize=9, weight="bold", color=colour(name),
        )  # fmt: skip


def _triangle(figure: Figure, corners: NDArray[np.float64], width: float, height: float) -> None:
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.axis("off")
    closed = np.vstack([corners, corners[:1]])
    axes.plot(closed[:, 0], closed[:, 1], color=FAINT, lw=0.8, alpha=0.6)


def _show(
    figure: Figure, image: Float[Tensor, "3 height width"], box: tuple[float, float, float, float]
) -> Axes:
    axes = figure.add_axes(box)
    axes.imshow(picture(image), interpolation="lanczos", aspect="auto")
    axes.axis("off")
    return axes


def _key(figure: Figure, key: Sequence[str], left: float) -> None:
    width, height = figure.get_size_inches()
    x = min(left, width - 0.05 - sum(map(_key_width, key)))
    for letter, name in zip(LETTERS, key, strict=False):
        figure.text(
            x / width, 1 - 0.05 / height, f"{letter}: {title(name)}", ha="left", va="top",
            fontsize=8.5, weight="bold", color=colour(name),
        )  # fmt: skip
        x += _key_width(name)


def _key_width(name: str) -> float:
    """Room for a domain's name, in inches."""
    return 0.085 * len(f"A: {title(name)}") + 0.2
