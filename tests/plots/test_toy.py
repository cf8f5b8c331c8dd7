"""The toy problem's figures can be read: no text over another, the same bytes again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from sgnlib.plots import toy
from sgnlib.plots.saving import png_bytes
from tests.plots.test_figures import test_no_text_lies_over_another_or_over_the_edge as legible

X = np.linspace(-1, 1, 80)


def _panel() -> toy.Panel:
    curves = {name: X / 3 + 0.1 * k for k, name in enumerate(toy.MODELS)}
    return toy.Panel("S = (0.50, 0.50)", np.abs(X[None] - np.linspace(0, 1, 40)[:, None]), curves)


def _figure_5() -> Figure:
    label = ((X < -0.8) | ((X > 0) & (X < 0.7))).astype(float)
    return toy.figure_5(X, X / 2 + 0.5, 0.5 - 0.1 * X, label, [_panel()] * 3)


def _gaps() -> Figure:
    index = ["(1.00, 0.00)", "(0.25, 0.75)", "(0.00, 1.00)"]
    table = pd.DataFrame({0: [0.0, 0.001, 0.005], 1: [0.001, 0.0015, 0.006]}, index=index)
    return toy.gaps(dict.fromkeys(toy.MARKS, table), pd.Series([0.004, 0.004, 0.007], index=index))


def _figure_9() -> Figure:
    rows = [(m, w, s, 0.042 + 0.03 * (1 + s) * (1 + (m == "sym")) / w)
            for m in ("sym", "hyper") for w in (4, 8, 16, 32, 64) for s in (0, 1)]  # fmt: skip
    return toy.figure_9(pd.DataFrame(rows, columns=["model", "width", "seed", "L"]), 0.0422)


@pytest.mark.parametrize("make", [_figure_5, _gaps, _figure_9])
def test_text_can_be_read(make: type[Figure]) -> None:
    legible(make)


def test_the_sliders_picture_is_the_same_again() -> None:
    assert png_bytes(toy.one_map(X, _panel())) == png_bytes(toy.one_map(X, _panel()))
