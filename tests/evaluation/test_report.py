"""The report: everything of the paper is in it, what is missing is named, one file suffices."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure

from sgnlib.evaluation.claims import ClaimBook
from sgnlib.evaluation.exhibits import EXHIBITS
from sgnlib.evaluation.paper_claims import CLAIMS, NOTEBOOKS
from sgnlib.evaluation.paper_tables import table_2, table_4
from sgnlib.evaluation.report import markdown_table, report, write_report
from sgnlib.plots.saving import save, save_table


@pytest.fixture(autouse=True)
def figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SGN_FIGURES", str(tmp_path))
    return tmp_path


def test_every_figure_and_table_of_the_paper_has_its_place_in_order() -> None:
    anchors = [exhibit.anchor for exhibit in EXHIBITS]
    assert {f"Fig. {n}" for n in range(1, 16)} | {f"Table {n}" for n in range(1, 5)} <= {*anchors}
    figures = [int(a.split()[1]) for a in anchors if a.startswith("Fig.")]
    assert figures == sorted(figures)
    assert {exhibit.notebook for exhibit in EXHIBITS} - {""} == {*NOTEBOOKS}


def test_without_notebooks_everything_is_there_and_named_as_missing(figures: Path) -> None:
    text = report(figures)
    for exhibit in EXHIBITS:
        assert exhibit.caption in text
    for claim in CLAIMS:
        assert claim.text in text
    made_by_notebooks = [exhibit for exhibit in EXHIBITS if exhibit.notebook]
    assert text.count("**Missing:**") == len(made_by_notebooks)
    assert f"0 holds, 0 partly, 0 fails, {len(CLAIMS)} open" in text
    assert "| (0.5, 0.0, 0.5) | 0.139 |" in text  # Table 3 as printed
    assert "11482579" in text  # Table 4


def test_what_notebooks_made_stands_in_its_place(figures: Path) -> None:
    save(Figure(figsize=(1, 1)), "fig12")
    save(Figure(figsize=(1, 1)), "fig1_triangle")
    save(Figure(figsize=(1, 1)), "extra")
    save_table(pd.DataFrame({"S": ["(1, 0)"], "L": [0.123456]}), "table1")
    book = {"notebook": "03_model_1", "profile": "smoke", "seeds": 1, "machine": "abacus",
            "figures": {"fig12": "profile smoke", "extra": ""}, "tables": {"table1": "seed 4"},
            "runs": {"model-1 seed 0": {"features": "VGG", "info": {"seconds": 12.5}}}}  # fmt: skip
    (figures / "made").mkdir()
    (figures / "made" / "03_model_1.json").write_text(json.dumps(book))
    ClaimBook("03_model_1").check("fig1-mixes", holds=False, numbers="0.4 against 0.7", why="short")
    text = report(figures)
    section = text[text.index("### Fig. 1\n") : text.index("### Fig. 2\n")]
    assert "![fig1_triangle](fig1_triangle.png)" in section and "fig12" not in section
    assert "![fig12](fig12.png)" in text[text.index("### Fig. 12") : text.index("### Fig. 13")]
    table = text[text.index("### Table 1") : text.index("### Fig. 6")]
    assert "Ours (table1; seed 4)" in table and "| (1, 0) | 0.1235 |" in table
    assert "0 holds, 0 partly, 1 fails" in text
    assert "✘ fails | [03](../notebooks/03_model_1.ipynb) | 0.4 against 0.7 (short) |" in text
    assert "### extra (03_model_1)" in text
    assert "| model-1 seed 0 | VGG | 12.5 |" in text and "abacus" in text


def test_the_page_needs_no_other_file(figures: Path) -> None:
    save(Figure(figsize=(1, 1)), "fig12")
    ClaimBook("04_model_2").check("fig6-model-2", holds=True, numbers="3 of 3 < 4")
    markdown, html = write_report()
    page = html.read_text()
    sources = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert any(s.startswith("data:image/png;base64,") for s in sources)
    assert not [s for s in sources if s.startswith(("http", "//"))]
    assert "@import" not in page and "<script" not in page
    assert 'name="viewport"' in page and "prefers-color-scheme: dark" in page
    assert '<td class="holds">✔ holds</td>' in page and "3 of 3 &lt; 4" in page
    assert 'href="#how-it-was-made"' in page and 'id="how-it-was-made"' in page
    assert page == write_report()[1].read_text()
    assert markdown.parent == figures


def test_tables_2_and_4_are_the_papers() -> None:
    assert table_2().to_numpy().tolist() == [
        ["Model 1", "L_rec, photo", "L_adv, Van Gogh", "L_per, Udnie"],
        ["Model 2", "L_rec, photo", "L_adv, ukiyo-e", "L_per, Rain Princess"],
        ["Model 3", "L_rec, summer", "L_adv, winter", "L_adv, Monet"],
    ]
    table = table_4()
    assert list(table["layer"]) == [
        "Input convolution", "CCAM (reduction rate r: 4)", "Down-sampling", "Down-sampling",
        "CCAM (reduction rate r: 4)", "Residual blocks", "CCAM (reduction rate r: 4)",
        "Up-sampling", "Up-sampling", "Output convolution", "total",
    ]  # fmt: skip
    assert list(table["output"][:6]) == [
        "(h, w, 64)", "(h, w, 64)", "(h/2, w/2, 128)", "(h/4, w/4, 256)", "(h/4, w/4, 256)",
        "(h/4, w/4, 256)",
    ]  # fmt: skip
    assert table["information"][5].startswith("9 x (2 x [Convolution (K:3x3, S:1, P:1), IN]")
    assert table["parameters"][:10].sum() == table["parameters"][10]
    assert round(table["parameters"][10] / 1e6, 1) == 11.5


def test_cells_cannot_break_a_table() -> None:
    frame = pd.DataFrame({"a|b": ["x|y\nz"], "n": [float("nan")]})
    assert markdown_table(frame).splitlines() == ["| a\\|b | n |", "|---|---|", "| x\\|y z | – |"]
