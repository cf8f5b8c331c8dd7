"""Verdicts: kept, replaced, listed; the registry is sound."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from sgnlib.evaluation.claims import ClaimBook, load_verdicts, verdict_file
from sgnlib.evaluation.paper_claims import CLAIMS, NOTEBOOKS, claims_of


@pytest.fixture(autouse=True)
def figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SGN_FIGURES", str(tmp_path))
    return tmp_path


def test_every_claim_has_its_own_id_and_a_notebook() -> None:
    assert max(Counter(claim.id for claim in CLAIMS).values()) == 1
    assert sum(len(claims_of(name)) for name in NOTEBOOKS) == len(CLAIMS)
    assert all(claims_of(name) for name in NOTEBOOKS)


def test_a_book_accumulates_verdicts_and_replaces_a_second_one() -> None:
    book = ClaimBook("08_ccam_activations", made_with="profile smoke")
    book.check("fig10-depth", holds=False, numbers="3 %, 2 %, 9 %")
    book.check("fig10-first-scales", holds="partly", numbers="one of 64")
    book.check("fig10-depth", holds=True, numbers="0 %, 2 %, 9 %")
    found = load_verdicts()
    assert found["fig10-depth"].outcome == "holds"
    assert found["fig10-depth"].numbers == "0 %, 2 %, 9 %"
    assert found["fig10-first-scales"].outcome == "partly"
    assert len(found) == 2
    assert set(book.missing) == {"fig10-selective", "sec32-any-size", "fig4-lightweight"}
    stored = json.loads(verdict_file("08_ccam_activations").read_text())
    assert stored["made_with"] == "profile smoke"


def test_the_table_names_open_claims_and_escapes_html() -> None:
    book = ClaimBook("10_continuous_translation")
    book.check("b2-continuous", holds=False, numbers="0.4 > 0.3", why="too few steps")
    assert list(book.table()["verdict"]) == ["fails", "open"]
    assert "0.4 &gt; 0.3 (too few steps)" in book._repr_html_()
    assert "open   b2-reconstruction-differs" in repr(book)


def test_foreign_claims_are_refused_with_the_list_of_allowed_ones() -> None:
    with pytest.raises(KeyError, match="fig7-unseen-monet"):
        ClaimBook("06_datasets_vs_losses").check("fig10-depth", holds=True, numbers="1")
    with pytest.raises(KeyError, match="03_model_1"):
        ClaimBook("03_model_one")


def test_a_failed_write_leaves_the_earlier_verdicts(monkeypatch: pytest.MonkeyPatch) -> None:
    book = ClaimBook("04_model_2")
    book.check("fig6-model-2", holds=True, numbers="first")

    def full_disk(_: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises(OSError, match="no space"):
        book.check("fig6-model-2", holds=True, numbers="second")
    assert load_verdicts()["fig6-model-2"].numbers == "first"
    assert [p.name for p in verdict_file("04_model_2").parent.iterdir()] == ["04_model_2.json"]
