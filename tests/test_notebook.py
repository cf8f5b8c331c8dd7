"""A notebook's first cell: strict about parameters, and a record of what was made."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure
from papermill.translators import PythonTranslator

from sgnlib import notebook, paths
from sgnlib.experiments import MODEL_1, MODEL_3

GOOD = {"profile": "smoke", "seeds": 2, "images": ""}


@pytest.fixture(autouse=True)
def figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SGN_FIGURES", str(tmp_path))
    return tmp_path


def _injected(**values: object) -> str:
    """The cell that papermill puts behind the parameter cell."""
    return PythonTranslator.codify(values)


def test_good_parameters_open_a_book() -> None:
    book = notebook.start("03_model_1", GOOD | {"In": ["", _injected(profile="smoke")]})
    assert (book.profile, list(book.seeds)) == ("smoke", [0, 1])
    assert book.claims.notebook == "03_model_1"
    row = book.row(MODEL_1, seed=1)
    assert (row.image_size, row.seed, row.images) == (32, 1, ())


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"In": [_injected(profil="smoke")]}, NameError, "'profil'; there are profile, seeds"),
        ({"In": [_injected(profile="quick", seed=3)]}, NameError, "no parameter 'seed'"),
        ({"profile": "fast"}, ValueError, "smoke, quick, laptop, paper"),
        ({"profile": 3}, TypeError, "of type str; got 3 of type int"),
        ({"seeds": "3"}, TypeError, "of type int; got '3' of type str"),
        ({"seeds": True}, TypeError, "of type int; got True"),
        ({"seeds": 0}, ValueError, "at least 1; got 0"),
        ({"images": None}, TypeError, "of type str; got None"),
        ({"images": "summer"}, ValueError, "NAME=PATH"),
        ({"images": "sumer=tests"}, KeyError, "summer, winter"),
        ({"images": "summer=tests summer=tests"}, ValueError, "twice"),
        ({"images": "summer=nowhere"}, FileNotFoundError, "nowhere"),
    ],
)
def test_every_mistake_is_named(
    change: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        notebook.start("03_model_1", GOOD | change)


def test_a_missing_parameter_is_named() -> None:
    with pytest.raises(NameError, match="'seeds'"):
        notebook.start("03_model_1", {"profile": "smoke", "images": ""})


def test_own_images_start_at_the_checkout_and_reach_the_rows_that_use_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my photos").mkdir()
    images = f"summer=tests winter='{tmp_path}/my photos'"
    book = notebook.start("05_model_3", GOOD | {"images": images})
    tests, photos = str(paths.ROOT / "tests"), str(tmp_path / "my photos")
    assert book.images.own == {"summer": tests, "winter": photos}
    assert book.row(MODEL_3).images == (("summer", tests), ("winter", photos))
    assert book.row(MODEL_1).images == ()


def test_what_is_made_is_saved_shown_and_noted(figures: Path) -> None:
    book = notebook.start("08_ccam_activations", GOOD)
    shown = book.save(Figure(figsize=(2, 1)), "fig10", note="photo 3")
    assert shown.data == (figures / "fig10.png").read_bytes()
    table = pd.DataFrame({"closed": [0.25]})
    assert book.table(table, "closed") is table
    assert (figures / "tables" / "closed.csv").read_text() == "closed\n0.25\n"
    film = figures / "video.gif"
    assert book.file(film) == film
    made = json.loads((figures / "made" / "08_ccam_activations.json").read_text())
    assert made["figures"] == {"fig10": "profile smoke  ·  photo 3"}
    assert (made["profile"], made["seeds"]) == ("smoke", 2)
    assert "closed" in made["tables"] and "video.gif" in made["files"]
