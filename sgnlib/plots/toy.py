"""The toy problem in pictures: Fig. 5, Table 1 as distances from the optimum, Fig. 9."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import matplotlib.patheffects as effects
import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, LinearSegmentedColormap
from matplotlib.figure import Figure
from numpy import ndarray

from sgnlib.plots.style import FAINT, INK, PAPER, look, new_figure

Curve = Float[ndarray, " points"]

MODELS = {
    "Sym": ("#0072B2", "-", 3.0),
    "Hyper": ("#E69F00", (0, (3.2, 1.6)), 2.2),
    "S_in": ("#882255", (0, (1, 1.1)), 2.0),
    "optimum": (INK, "-", 0.9),
}
"""Colour, dashes and width: told apart without colour too."""

LABELS = {
    "Sym": "Sym: one model for all $S$",
    "Hyper": "Hyper: one model per $S$",
    "S_in": "$S_{in}$: sees $S$, weights stay (0.5, 0.5)",
    "optimum": "exact optimum",
}

LOSS_COLOURS = LinearSegmentedColormap.from_list(
    "loss", ["#ffffff", "#e6ebee", "#c6d0d7", "#a3b0ba", "#7f8f9b"]
)
"""White where the loss is small; no hue, so that all curves stand out."""

LEVELS = (0, 0.002, 0.01, 0.025, 0.05, 0.065, 0.08, 0.1, 0.15, 0.2, 0.3, 0.45)
"""Losses where the maps change colour."""

LOSS_NORM = BoundaryNorm(LEVELS, LOSS_COLOURS.N, extend="max")


@dataclass(frozen=True)
class Panel:
    """One loss map of Fig. 5.

    Attributes:
        title: Names S.
        loss: L(y | x, S), y upwards from 0 to 1, x from -1 to 1.
        curves: Outputs by the names of MODELS, over `x`.
    """

    title: str
    loss: Float[ndarray, "rows columns"]
    curves: Mapping[str, Curve]


def figure_5(x: Curve, g: Curve, h: Curve, label: Curve, panels: list[Panel]) -> Figure:
    """Fig. 5: left the problem, right a loss map per S with the models' outputs over it.

    Args:
        x: Rising from -1 to 1; all curves are over it.
        g: Regression's target.
        h: The line that separates the classes.
        label: The classes.
        panels: The maps, from left to right.
    """
    with look():
        figure = new_figure(10.2, 3.3)
        axes = figure.subplots(1, 1 + len(panels), width_ratios=[1.12] + [1] * len(panels))
        _problem(axes[0], x, g, h, label)
        for place, panel in zip(axes[1:], panels, strict=True):
            _map(place, x, panel)
            place.set_title(panel.title, loc="left")
        axes[1].set_ylabel("output $y$")
        _colour_bar(figure, list(axes[1:]))
        handles, _ = axes[1].get_legend_handles_labels()
        names = [LABELS[str(handle.get_label())] for handle in handles]
        figure.legend(handles, names, loc="outside upper right", ncols=len(names))
    return figure


def one_map(x: Curve, panel: Panel) -> Figure:
    """One loss map with curves: what a slider redraws."""
    with look():
        figure = new_figure(5.6, 3.3)
        axes = figure.add_subplot()
        _map(axes, x, panel)
        axes.set_title(panel.title, loc="left")
        axes.set_ylabel("output $y$")
        handles, _ = axes.get_legend_handles_labels()
        names = [LABELS[str(handle.get_label())] for handle in handles]
        figure.legend(handles, names, loc="outside upper right", ncols=2)
    return figure


MARKS = {
    "sym": ("#0072B2", "o", True),
    "hyper": ("#E69F00", "s", True),
    "our best sym": ("#009E73", "D", True),
    "sym, paper": ("#0072B2", "o", False),
    "hyper, paper": ("#E69F00", "s", False),
}
"""Colour, mark, and whether it is filled."""


def gaps(distances: Mapping[str, pd.DataFrame], allowed: pd.Series) -> Figure:
    """Table 1 as distances from the exact optimum: a row per S, a mark per model, lines over seeds.

    Args:
        distances: By the names of MARKS: L minus the optimum, a row per S, a column per seed.
        allowed: The distance that was set as a goal, by S, in the order to show.
    """
    rows = np.arange(len(allowed))[::-1]
    with look():
        figure = new_figure(7.4, 3.4)
        axes = figure.add_subplot()
        for at in rows[::2]:
            axes.axhspan(at - 0.5, at + 0.5, color="#f1f1ec", lw=0, zorder=0)
        for place, (name, table) in enumerate(distances.items()):
            tint, mark, filled = MARKS[name]
            values = table.reindex(allowed.index).to_numpy()
            at = rows + 0.32 - 0.16 * place
            axes.hlines(at, values.min(axis=1), values.max(axis=1), color=tint, lw=1.6)
            axes.plot(values.mean(axis=1), at, mark, color=tint, ms=5.5, label=name,
                      mfc=tint if filled else PAPER)  # fmt: skip
        axes.vlines(allowed, rows - 0.42, rows + 0.42, color=INK, lw=1.2, label="goal for sym")
        axes.axvline(0, color=INK, lw=1)
        axes.set_yticks(rows, [str(name) for name in allowed.index])
        axes.set(xlabel="L minus the least possible L", ylabel="$S = (s_r, s_c)$")
        axes.set_ylim(-0.5, len(rows) - 0.5)
        axes.grid(axis="y", visible=False)
        figure.legend(loc="outside right upper")
    return figure


def figure_9(long: pd.DataFrame, optimum: float) -> Figure:
    """Fig. 9: number of filters against loss, averaged over the five S; dots are seeds.

    Args:
        long: Columns model ("sym", "hyper"), width, seed, L.
        optimum: The mean of the least possible L.
    """
    with look():
        figure = new_figure(7.6, 3.0)
        left, right = figure.subplots(1, 2)
        for model, name in (("sym", "Sym"), ("hyper", "Hyper")):
            tint, dashes, _ = MODELS[name]
            seeds = long[long["model"] == model].groupby(["width", "seed"])["L"].mean()
            means = seeds.groupby("width").mean()
            widths = seeds.index.get_level_values("width")
            for axes, level in ((left, 0.0), (right, optimum)):
                axes.plot(means.index, means - level, ls=dashes, color=tint, label=LABELS[name])
                axes.plot(widths, seeds - level, "o", color=tint, ms=3, alpha=0.6)
        ticks = sorted(set(long["width"]))
        left.axhline(optimum, color=INK, lw=0.9)
        room = 0.1 * (long.groupby(["model", "width", "seed"])["L"].mean().max() - optimum)
        left.set_ylim(bottom=optimum - room)
        left.text(ticks[0], optimum - room / 6, "exact optimum", ha="left", va="top", fontsize=8)
        for axes in (left, right):
            axes.set_xscale("log", base=2)
            axes.set_xticks(ticks, [str(width) for width in ticks])
            axes.minorticks_off()
            axes.set_xlabel("units per hidden layer")
        left.set_title("loss L, mean over the five S", loc="left")
        right.set_title("above the exact optimum, log scale", loc="left")
        right.set_yscale("log")
        handles, names = left.get_legend_handles_labels()
        figure.legend(handles, names, loc="outside upper right", ncols=2)
    return figure


def _problem(axes: Axes, x: Curve, g: Curve, h: Curve, label: Curve) -> None:
    axes.fill_between(x, -0.03, 1.03, where=label > 0.5, color="#e8eef2", step="mid", lw=0)
    parts = np.split(np.arange(len(x)), np.flatnonzero(np.diff(label)) + 1)
    for part in parts:
        axes.plot(x[part], label[part], color=INK, lw=3, solid_capstyle="butt")
    for of_class, y, align in ((0, 0.03, "bottom"), (1, 0.955, "top")):
        widest = max((p for p in parts if label[p[0]] == of_class), key=len)
        axes.text(x[widest].mean(), y, f"class {of_class}", ha="center", va=align, fontsize=8)
    axes.plot(x, g, color="#009E73", lw=2.4, label="$g(x)$")
    axes.plot(x, h, color="#D55E00", lw=1.4, ls="--", label="$h(x)$")
    axes.annotate("$g(x)$", (x[len(x) // 4], g[len(x) // 4]), xytext=(0, 6),
                  textcoords="offset points", color="#009E73", ha="center")  # fmt: skip
    axes.annotate("$h(x)$", (x[-1], h[-1]), xytext=(-2, -12), textcoords="offset points",
                  color="#D55E00", ha="right")  # fmt: skip
    axes.set(xlim=(-1, 1), ylim=(-0.03, 1.03), xlabel="$x$", ylabel="targets")
    axes.set_title("asked for: $g(x)$, and the class", loc="left")
    axes.grid(visible=False)


def _map(axes: Axes, x: Curve, panel: Panel) -> None:
    height, width = panel.loss.shape
    places = np.linspace(-1, 1, width), np.linspace(0, 1, height)
    axes.contourf(*places, panel.loss, LEVELS, cmap=LOSS_COLOURS, norm=LOSS_NORM, extend="max")
    axes.contour(*places, panel.loss, LEVELS, colors="white", linewidths=0.5)
    halo = [effects.withStroke(linewidth=4.4, foreground="white")]
    for name, curve in panel.curves.items():
        tint, dashes, width = MODELS[name]
        axes.plot(x, curve, color=tint, ls=dashes, lw=width, label=name,
                  path_effects=halo if name == "Sym" else None)  # fmt: skip
    axes.set(xlim=(-1, 1), ylim=(-0.03, 1.03), xlabel="$x$")
    axes.grid(visible=False)


def _colour_bar(figure: Figure, places: list[Axes]) -> None:
    scale = ScalarMappable(norm=LOSS_NORM, cmap=LOSS_COLOURS)
    bar = figure.colorbar(scale, ax=places, pad=0.015, aspect=28)
    bar.set_label("$L(y \\mid x, S)$", color=FAINT)
    bar.set_ticks(LEVELS, labels=[f"{level:g}" for level in LEVELS])
    bar.outline.set_visible(False)
