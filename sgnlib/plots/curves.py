"""Curves and bars: trainings, Table 3, the injection ablation, transfer, and gates (Fig. 10)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from sgnlib.evaluation.labels import LETTERS, title
from sgnlib.plots.style import FAINT, INK, colour, look, new_figure

MODELS = {"sym": ("#0072B2", "one sym model"), "hyper": ("#D55E00", "hyper-parameter models")}
"""Colour and name of the two kinds of model in Table 3."""

INJECTIONS = {
    "ccam": ("#0072B2", "CCAM"),
    "cbn": ("#E69F00", "CBN"),
    "concat": ("#6b7178", "CONCAT"),
}
"""Colour and name of the ways to inject S."""


def training_curves(metrics: pd.DataFrame, domains: Sequence[str], losses: Sequence[str]) -> Figure:
    """The losses of a training over its steps, as running means.

    Args:
        metrics: A run's metrics: step, L_G, L_1, L_2, ...
        domains: Names of the domains, for colours.
        losses: Names of L_1, L_2, ... for readers.
    """
    with look():
        figure = new_figure(6.4, 2.7)
        axes = figure.add_subplot()
        window = max(len(metrics) // 25, 1)
        smooth = metrics.rolling(window, min_periods=1, center=True).mean()
        axes.plot(metrics["step"], smooth["L_G"], color=INK, label=_math("L_G"), lw=2)
        for k, (domain, name) in enumerate(zip(domains, losses, strict=True)):
            if f"L_{k + 1}" in smooth:
                label = f"{_math(name.split()[0])} {title(domain)}"
                axes.plot(metrics["step"], smooth[f"L_{k + 1}"], color=colour(domain), label=label)
        axes.set(xlabel="step", ylabel="loss", yscale="log", xlim=(0, metrics["step"].max()))
        figure.legend(loc="outside right upper")
    return figure


def sym_against_hyper(long: pd.DataFrame, losses: Sequence[str], judge: str = "sym") -> Figure:
    """Table 3 as bars: one panel per loss, a pair of bars per S; lines span the seeds.

    Args:
        long: From `tables.compare_with_hyper`.
        losses: The columns to show, L_G first.
        judge: Which discriminators judge.
    """
    table = long[long["judge"] == judge]
    order = list(dict.fromkeys(table["S"]))
    with look():
        figure = new_figure(7.6, 4.4)
        panels = figure.subplots(2, (len(losses) + 1) // 2, squeeze=False).flatten()
        for axes, loss in zip(panels, losses, strict=False):
            for shift, (model, (tint, name)) in zip((-0.19, 0.19), MODELS.items(), strict=True):
                by = table[table["model"] == model].groupby("S")[loss]
                _bars(axes, by, order, shift, tint, name)
            axes.set_title(_math(loss), loc="left")
            axes.set_xticks(range(len(order)), order, rotation=35, ha="right", fontsize=7)
            axes.grid(axis="x", visible=False)
        for axes in panels[len(losses) :]:
            axes.axis("off")
        handles, names = panels[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside upper right", ncols=2)
    return figure


def ablation_bars(table: pd.DataFrame) -> Figure:
    """Figs. 8 and 11 in numbers: a panel per measure, a bar per injection; dots are seeds.

    Args:
        table: From `ablation.ablation_table`.
    """
    panels = {
        "share": "change with S\n(share of input–output)",
        "own": "likeness at own corner",
        "leak": "likeness at weight zero\n(leak)",
        "lean": "lean of mixtures\nto one domain",
    }
    with look():
        figure = new_figure(7.6, 2.5)
        for axes, (column, heading) in zip(
            figure.subplots(1, len(panels)), panels.items(), strict=True
        ):
            for at, (injection, (tint, _)) in enumerate(INJECTIONS.items()):
                values = table.loc[table["injection"] == injection, column].dropna().to_numpy()
                if len(values):
                    axes.bar(at, values.mean(), color=tint, width=0.65)
                    axes.plot(np.full(len(values), at), values, "o", color=INK, ms=3, alpha=0.7)
                else:
                    axes.text(
                        at, 0, "not\ndefined", ha="center", va="bottom", fontsize=7, color=FAINT
                    )
            names = [name for _, name in INJECTIONS.values()]
            axes.set_xticks(range(len(names)), names, fontsize=7.5)
            axes.set_title(heading, loc="left", fontsize=8.5)
            axes.grid(axis="x", visible=False)
            axes.set_ylim(0)
    return figure


def gate_curves(gates: Sequence[Float[Tensor, "corners _"]], domains: Sequence[str]) -> Figure:
    """Fig. 10: channel activation of the three CCAMs, one curve per corner, deeper ones below.

    Args:
        gates: Per CCAM, the gates of one image at every corner.
        domains: Names of the domains.
    """
    with look():
        figure = new_figure(7.2, 1.75 * len(gates))
        for depth, (axes, layer) in enumerate(
            zip(figure.subplots(len(gates), 1), gates, strict=True)
        ):
            for corner, (values, domain) in enumerate(zip(layer.tolist(), domains, strict=True)):
                label = f"{LETTERS[corner]}: {title(domain)}"
                axes.plot(values, color=colour(domain), label=label, lw=1.3)
            axes.set(xlim=(0, layer.shape[1] - 1), ylim=(-0.03, 1.03))
            axes.set_title(f"CCAM {depth + 1}: {layer.shape[1]} channels", loc="left")
            axes.set_ylabel("activation")
        axes.set_xlabel("channel")
        handles, names = axes.get_legend_handles_labels()
        figure.legend(handles, names, loc="outside upper right", ncols=len(domains))
    return figure


def transfer_curves(tables: dict[str, pd.DataFrame]) -> Figure:
    """KID to the target domain on the way to its corner, with 95 % intervals.

    Args:
        tables: Per domain, tables from `kid.transfer_table`, several seeds below each other.
    """
    with look():
        figure = new_figure(max(2.5 * len(tables) + 0.6, 4.2), 2.7)
        for axes, (domain, table) in zip(
            figure.subplots(1, len(tables), squeeze=False)[0], tables.items(), strict=True
        ):
            for _, rows in table.groupby("seed"):
                at = np.arange(len(rows))
                errors = np.abs(rows[["low", "high"]].to_numpy().T - rows["KID"].to_numpy())
                axes.errorbar(
                    at, rows["KID"], yerr=errors, fmt="o-", color=colour(domain), ms=4,
                    elinewidth=1, capsize=2, alpha=0.85,
                )  # fmt: skip
            axes.set_xticks(at, rows.index.astype(str))
            axes.set_xlim(-0.3, len(at) - 0.7)
            axes.axhline(0, color=FAINT, lw=0.8)
            axes.set(xlabel="weight of the domain in S", ylabel="KID")
            axes.set_title(f"to {title(domain)}", loc="left", color=colour(domain), weight="bold")
    return figure


def _bars(
    axes: Axes,
    by: pd.api.typing.SeriesGroupBy,
    order: list[str],
    shift: float,
    tint: str,
    name: str,
) -> None:
    means, lows, highs = (by.agg(how).reindex(order).to_numpy() for how in ("mean", "min", "max"))
    at = np.arange(len(order)) + shift
    axes.bar(at, means, width=0.36, color=tint, label=name)
    axes.vlines(at, lows, highs, color=INK, lw=1.2)


def _math(loss: str) -> str:
    kind, _, more = loss.removeprefix("L_").partition(" ")
    return f"$L_{{{kind}}}$ {more}".strip()
