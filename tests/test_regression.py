"""The comparison of tables and figures sees what it should see."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from nbval.plugin import get_sanitize_patterns
from PIL import Image

from tests import regression


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    made, committed = tmp_path / "made", tmp_path / "committed"
    for folder in (made, committed):
        (folder / "tables").mkdir(parents=True)
    return made, committed


def write(folder: Path, **columns: list) -> None:
    pd.DataFrame(columns).to_csv(folder / "tables" / "t.csv", index=False)


def test_numbers_within_tolerance_agree(folders: tuple[Path, Path]) -> None:
    made, committed = folders
    write(committed, S=["(1, 0)", "(0, 1)"], L=[1.0, float("nan")], holds=[True, False])
    write(made, S=["(1, 0)", "(0, 1)"], L=[1.00005, float("nan")], holds=[True, False])
    assert list(regression.compare_tables(made, committed)) == []


def test_another_kind_of_machine_may_differ_like_another_seed(folders: tuple[Path, Path]) -> None:
    made, committed = folders
    write(committed, S=["a", "b", "c"], L=[2.0, 0.01, 0.4], holds=[True, False, True])
    write(made, S=["a", "b", "c"], L=[1.5, 0.3, 0.6], holds=[True, True, True])
    compared = {
        place: list(regression.compare_tables(made, committed, allowed))
        for place, allowed in (("here", regression.HERE), ("elsewhere", regression.ELSEWHERE))
    }
    assert len(compared["here"]) == 2
    assert compared["elsewhere"] == []
    write(made, S=["a", "b", "c"], L=[20.0, 0.01, 0.4], holds=[True, False, True])
    assert list(regression.compare_tables(made, committed, regression.ELSEWHERE))
    write(made, S=["a", "b", "c"], L=[float("nan"), 0.01, 0.4], holds=[True, False, True])
    assert list(regression.compare_tables(made, committed, regression.ELSEWHERE))


def test_a_share_of_closed_gates_may_differ_more(folders: tuple[Path, Path]) -> None:
    made, committed = folders
    write(committed, closed=[0.0, 0.2], leak=[0.0, 0.2])
    write(made, closed=[0.11, 0.2], leak=[0.11, 0.2])
    (fault,) = regression.compare_tables(made, committed, regression.ELSEWHERE)
    assert "column leak" in fault


def test_another_kind_of_machine_may_judge_otherwise() -> None:
    masks = get_sanitize_patterns((regression.TESTS / "sanitize_elsewhere.cfg").read_text())

    def masked(text: str) -> str:
        for pattern, replacement in masks:
            text = re.sub(pattern, replacement, text)
        return text

    holds = masked("<td>holds</td><td>leak: ccam 0.2, cbn 0.3; so in 3 of 3</td></tr>")
    fails = "<td>fails</td><td>leak: ccam 0.4, cbn 0.3 (no); so in 1 of 3 (no) (short)</td></tr>"
    assert holds == masked(fails)
    assert holds != masked(fails.replace("cbn", "concat"))
    assert masked("holds  fig1: a 0.1") == masked("partly fig1: a 0.2 (no)")


def test_other_numbers_texts_shapes_and_files_are_named(folders: tuple[Path, Path]) -> None:
    made, committed = folders
    write(committed, S=["a", "b"], L=[1.0, 0.5])
    write(made, S=["a", "b"], L=[1.0, 0.6])
    assert "row 1 was 0.5, is 0.6" in next(regression.compare_tables(made, committed))
    write(made, S=["a", "c"], L=[1.0, 0.5])
    assert "column S" in next(regression.compare_tables(made, committed))
    write(made, S=["a"], L=[1.0])
    assert "(2, 2)" in next(regression.compare_tables(made, committed))
    (made / "tables" / "t.csv").unlink()
    assert "no notebook makes it" in next(regression.compare_tables(made, committed))


def test_pictures_are_compared_as_arrays(folders: tuple[Path, Path]) -> None:
    made, committed = folders
    grey = np.full((4, 6, 3), 100, dtype=np.uint8)
    Image.fromarray(grey).save(committed / "f.png")
    Image.fromarray(grey + 9).save(made / "f.png")
    assert list(regression.compare_figures(made, committed, regression.ELSEWHERE)) == []
    Image.fromarray(grey + 9).save(made / "f.png")
    assert "differs by 9.0" in next(regression.compare_figures(made, committed))
    Image.fromarray(grey[:3]).save(made / "f.png")
    assert "size was (6, 4), is (6, 3)" in next(regression.compare_figures(made, committed))
