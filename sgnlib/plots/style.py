"""One look for all figures: fonts and paper; the colours of `colours` belong to it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from sgnlib.plots.colours import COLOURS as COLOURS
from sgnlib.plots.colours import FAINT, INK, PAPER
from sgnlib.plots.colours import colour as colour

DPI, GRID_DPI = 150, 110
"""Dots per inch of drawings, and of grids of pictures, whose files would grow too large."""

SEPARATOR = "  ·  "
"""Between the parts of a caption."""

CAPTION_ROOM = 0.24
"""Inches at the bottom of a figure for its caption line."""

_RC: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.labelsize": 9,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "axes.edgecolor": FAINT,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e4de",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "lines.linewidth": 1.6,
    "figure.dpi": DPI,
}


def look() -> AbstractContextManager[None]:
    """The look of all figures, for a `with` around the making of one."""
    return mpl.rc_context(_RC)


def new_figure(width: float, height: float) -> Figure:
    """An empty figure in inches whose axes find their own room (constrained layout)."""
    return Figure(figsize=(width, height), dpi=DPI, layout="constrained", facecolor=PAPER)


def add_caption(figure: Figure, text: str) -> Figure:
    """Puts a small line under the figure, or two if it is narrow: how it was made.

    Figures with constrained layout make room for it; the others leave CAPTION_ROOM free below.

    Args:
        figure: Any figure.
        text: Parts separated by `SEPARATOR`, where it may be broken.
    """
    room = 72 * float(figure.get_size_inches()[0]) * 0.98 / 0.54
    parts = text.split(SEPARATOR)
    breaks = [
        SEPARATOR.join(parts[:n]) + "\n" + SEPARATOR.join(parts[n:]) for n in range(1, len(parts))
    ]
    lines = min([text, *breaks], key=_longest) if len(text) * 5.5 > room else text
    size = min(6.5 if lines == text else 5.5, room / _longest(lines))
    with look():
        figure.supxlabel(lines, x=0.99, ha="right", ma="right", fontsize=size, color=FAINT)
    return figure


def _longest(text: str) -> int:
    return max((len(line) for line in text.split("\n")), default=1) or 1
