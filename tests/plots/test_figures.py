"""Figures: the same bytes for the same content, no text over other text or over the edge."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from sgnlib.evaluation.labels import domain_names
from sgnlib.evaluation.paper_tables import paper_table_3
from sgnlib.experiments import EXPERIMENTS
from sgnlib.plots import curves, diagrams, grids, simplex
from sgnlib.plots.saving import as_jpeg, png_bytes, save, save_table
from sgnlib.plots.style import COLOURS, SEPARATOR, add_caption, look
from sgnlib.sym import centre, grid

CAPTION = SEPARATOR.join(
    ["profile quick", "perceptual network: VGG16 layout, seeded random weights, width 0.25",
     "seeds 0, 1, 2"]
)  # fmt: skip
DOMAINS = ["photo", "ukiyoe", "rain-princess"]


def _images(*shape: int) -> torch.Tensor:
    return torch.rand(*shape, 3, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1


def _mixing() -> Figure:
    syms = torch.cat([grid(3, 2), centre(3), torch.tensor([[0, 1.5, 0]])])
    return grids.mixing_grid(_images(2), _images(len(syms), 2), syms, DOMAINS, rows=["one", "two"])


def _columns() -> Figure:
    columns = [_images(2), torch.zeros(2, 3, 24, 24), _images(2)]
    labels = ["input", "SGN\n(1.0, 0.0, 0.0)", "SingleGAN\n(0.33, 0.33, 0.33)"]
    key = ["photo", "vangogh", "ukiyoe", "rain-princess"]
    return grids.labelled_grid(columns, labels, rows=["photo", "Monet"], key=key, cell=0.9)


def _simplex() -> Figure:
    syms = torch.cat([grid(3, 2), centre(3)])
    return grids.simplex_layout(_images(len(syms)), syms, DOMAINS)


def _triangles() -> Figure:
    return simplex.triangles({"alpha = 0.5": grid(3, 6), "alpha = 5": centre(3)}, DOMAINS)


def _places() -> Figure:
    return simplex.places(torch.cat([grid(3, 2), centre(3)]), DOMAINS)


def _training() -> Figure:
    steps = np.arange(1, 61)
    losses = {"L_G": 1 / steps, "L_1": 2 / steps, "L_2": 0 * steps + 0.7, "L_3": 1 / steps**2}
    return curves.training_curves(
        pd.DataFrame({"step": steps} | losses), DOMAINS, ["L_rec", "L_adv", "L_per"]
    )


def _table_3() -> Figure:
    return curves.sym_against_hyper(paper_table_3(), ["L_G", "L_rec", "L_adv", "L_per"], "own")


def _ablation() -> Figure:
    rows = [
        ("ccam", 0.9, 0.8, 0.1, 0.2),
        ("cbn", 0.5, 0.6, 0.3, 0.4),
        ("concat", 0, 0.2, 0.2, None),
    ]
    columns = ["injection", "share", "own", "leak", "lean"]
    return curves.ablation_bars(pd.DataFrame(rows, columns=columns))


def _gates() -> Figure:
    generator = torch.Generator().manual_seed(2)
    layers = [torch.rand(3, channels, generator=generator) for channels in (12, 48, 48)]
    return curves.gate_curves(layers, DOMAINS)


def _transfer() -> Figure:
    index = pd.Index(["input", "0", "0.5", "1"], name="weight")
    table = pd.DataFrame({"KID": [9.0, 7, 4, 1], "low": [8, 6.5, 3, 0], "high": [9.5, 8, 5, 2.0],
                          "seed": 0}, index=index)  # fmt: skip
    return curves.transfer_curves({"ukiyoe": table})


FIGURES = [
    _mixing, _columns, _simplex, _triangles, _places, _training, _table_3, _ablation, _gates,
    _transfer, diagrams.idea, diagrams.structure, diagrams.ccam,
]  # fmt: skip


@pytest.mark.parametrize("make", FIGURES, ids=lambda make: make.__name__.strip("_"))
def test_no_text_lies_over_another_or_over_the_edge(make: Callable[[], Figure]) -> None:
    figure = add_caption(make(), CAPTION)
    with look():
        FigureCanvasAgg(figure)
        figure.draw_without_rendering()
        boxes = [(t.get_text(), t.get_window_extent(), t.get_rotation()) for t in _texts(figure)]
    width, height = figure.bbox.size
    assert any(text.startswith("profile quick") for text, _, _ in boxes)
    for text, box, _ in boxes:
        inside = box.x0 > -2 and box.y0 > -2 and box.x1 < width + 2 and box.y1 < height + 2
        assert inside, f"{text!r} leaves the figure"
    for (one, a, turned), (other, b, also) in itertools.combinations(boxes, 2):
        overlap = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        # Boxes of slanted labels overlap where the labels themselves do not.
        assert min(overlap) < 2 or {turned, also} - {0.0, 90.0}, f"{one!r} lies over {other!r}"


def _texts(figure: Figure) -> list[Text]:
    """All words that are drawn: not the labels of ticks outside the view."""
    found = [*figure.texts]
    found += [text for legend in figure.legends for text in legend.get_texts()]
    for axes in figure.axes:
        found += [*axes.texts, axes.title, axes._left_title]  # type: ignore[attr-defined]
        for axis in (axes.xaxis, axes.yaxis) if axes.axison else ():
            low, high = sorted(axis.get_view_interval())
            found += [axis.label, axis.offsetText]
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                if low <= tick.get_loc() <= high:
                    found.append(tick.label1)
    return [text for text in found if text.get_visible() and text.get_text().strip()]


def test_equal_figures_are_equal_files_without_date_or_software(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SGN_FIGURES", str(tmp_path))
    path = save(add_caption(_gates(), CAPTION), "fig10")
    assert path == tmp_path / "fig10.png"
    assert path.read_bytes() == png_bytes(add_caption(_gates(), CAPTION))
    assert path.read_bytes() != png_bytes(add_caption(_gates(), "profile smoke"))
    info = Image.open(path).info
    assert not {"Software", "Creation Time", "date"} & info.keys()


def test_pictures_are_shown_with_their_colours_at_their_place() -> None:
    red, blue = torch.tensor([1.0, -1, -1]), torch.tensor([-1.0, -1, 1])
    photos = red.view(1, 3, 1, 1).expand(1, 3, 8, 8)
    mixes = blue.view(1, 1, 3, 1, 1).expand(1, 1, 3, 8, 8)
    figure = grids.mixing_grid(photos, mixes, torch.tensor([[0.2, 0.8]]), ["photo", "monet"])
    array = np.asarray(Image.open(io.BytesIO(png_bytes(figure))).convert("RGB")).astype(int)
    middle = array.shape[0] // 2
    assert tuple(array[middle, array.shape[1] // 4]) == (255, 0, 0)
    assert tuple(array[middle, 3 * array.shape[1] // 4]) == (0, 0, 255)


def test_tables_keep_an_index_only_if_it_has_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SGN_FIGURES", str(tmp_path))
    frame = pd.DataFrame({"L": [0.12345678, 2.0]})
    assert save_table(frame, "a").read_text() == "L\n0.123457\n2\n"
    assert save_table(frame.rename_axis("S"), "b").read_text() == "S,L\n0,0.123457\n1,2\n"


def test_colours_of_domains_differ_for_normal_and_red_green_blind_eyes() -> None:
    rgb = {d: np.array([int(c[i : i + 2], 16) for i in (1, 3, 5)]) for d, c in COLOURS.items()}
    # Vienot's deuteranopia, in linear light.
    blind = np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]])
    for row in EXPERIMENTS:
        model = domain_names(row)
        for a, b in itertools.combinations(model, 2):
            one, other = ((rgb[d] / 255) ** 2.2 for d in (a, b))
            seen = [np.clip(blind @ c, 0, 1) ** (1 / 2.2) * 255 for c in (one, other)]
            assert np.linalg.norm(rgb[a] - rgb[b]) > 70, (a, b)
            assert np.linalg.norm(seen[0] - seen[1]) > 40, (a, b)


def test_a_jpeg_is_smaller_and_of_the_same_size() -> None:
    png = png_bytes(_mixing())
    jpeg = as_jpeg(png)
    assert Image.open(io.BytesIO(jpeg)).size == Image.open(io.BytesIO(png)).size
    assert len(jpeg) < len(png)
