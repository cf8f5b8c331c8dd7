"""Sym-parameters as points in the triangle that S lives in (Sec. 3.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from torch import Tensor

from sgnlib.evaluation.labels import LETTERS, sym_label, title
from sgnlib.plots.style import FAINT, INK, colour, look, new_figure
from sgnlib.sym import to_plane

Points = Float[Tensor, "points domains"]


def triangles(panels: Mapping[str, Points], domains: Sequence[str]) -> Figure:
    """Draws of S, a triangle per panel; points near a corner are all that domain.

    Args:
        panels: Heading to points on the simplex of three domains.
        domains: The three domains, the first one on top.
    """
    with look():
        figure = new_figure(2.35 * len(panels), 2.7)
        for axes, (heading, points) in zip(
            figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True
        ):
            _triangle(axes, LETTERS[:3], domains, below=4)
            x, y = to_plane(points.numpy()).T
            axes.scatter(x, y, s=5, color=INK, alpha=0.35, linewidths=0, zorder=3)
            axes.set_ylim(-0.7, 1.5)
            axes.text(0, 1.5, heading, ha="center", va="top", fontsize=9.5)
    return figure


def places(points: Points, domains: Sequence[str]) -> Figure:
    """Some S by name: where the mixtures that the notebooks show lie in the triangle.

    Args:
        points: A few points on the simplex of three domains.
        domains: The three domains, the first one on top.
    """
    with look():
        figure = new_figure(4.6, 3.4)
        axes = figure.subplots()
        names = [f"{letter}: {title(d)}" for letter, d in zip(LETTERS, domains, strict=False)]
        _triangle(axes, names, domains, below=19)
        for point, (x, y) in zip(points.tolist(), to_plane(points.numpy()), strict=True):
            axes.plot(x, y, "o", color=_blend(point, domains), ms=9, mec=INK, mew=0.8, zorder=3)
            away, ha, va = _outwards(x, y)
            axes.annotate(
                sym_label(point), (x, y), xytext=away, ha=ha, va=va, textcoords="offset points",
                fontsize=7.5, zorder=4,
            )  # fmt: skip
    return figure


def _triangle(axes: Axes, names: Sequence[str], domains: Sequence[str], below: float | int) -> None:
    corner = to_plane(np.eye(3))
    axes.fill(*corner.T, facecolor="#f1f1ec", edgecolor=FAINT, lw=0.8, zorder=1)
    for (x, y), name, domain in zip(corner, names, domains, strict=True):
        axes.annotate(
            name, (x, y), xytext=(0, 6 if y > 0 else -below), textcoords="offset points",
            ha="center", va="bottom" if y > 0 else "top", fontsize=8.5, weight="bold",
            color=colour(domain),
        )  # fmt: skip
    axes.set(xlim=(-1.05, 1.05), ylim=(-0.7, 1.25), aspect="equal")
    axes.axis("off")


def _outwards(x: float, y: float) -> tuple[tuple[int, int], str, str]:
    """Where a point's label stands: offset, horizontal and vertical alignment."""
    if y < -0.4 or (abs(x) < 0.1 and y < 0.9):
        return (0, -8), "center", "top"
    return ((-8, 0), "right", "center") if x < -0.1 else ((8, 0), "left", "center")


def _blend(point: Sequence[float], domains: Sequence[str]) -> tuple[float, ...]:
    mixed = np.array(point) @ np.array([to_rgb(colour(domain)) for domain in domains])
    return tuple(mixed.clip(0, 1))
