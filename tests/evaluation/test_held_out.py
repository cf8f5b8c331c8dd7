"""Held-out results: losses are Table 3's, KID sees painters, a file keeps every model once."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import torch

from sgnlib.evaluation import held_out as module
from sgnlib.evaluation.held_out import (
    PHOTOS,
    deaf_to_sym,
    distances_fall,
    held_out,
    own_corners,
    record,
    results,
)
from sgnlib.evaluation.labels import sym_label
from sgnlib.evaluation.tables import loss_table
from sgnlib.nn.vgg import VGG16Features
from sgnlib.shapes import Images
from sgnlib.training.runs import Run

SYMS = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.2, 0.5, 0.3]])


@pytest.fixture(scope="module")
def network() -> VGG16Features:
    return VGG16Features("random", 1 / 16)


@pytest.fixture(scope="module")
def table(run: Run, network: VGG16Features) -> pd.DataFrame:
    return held_out(run, network, SYMS, count=12)


def test_losses_are_those_of_table_3(run: Run, table: pd.DataFrame) -> None:
    wanted = loss_table(run, SYMS, count=12)
    assert list(table["S"]) == [PHOTOS, *wanted["S"]]
    for column in ("L_G", "L_rec", "L_adv", "L_per"):
        assert list(table[column][1:]) == list(wanted[column])
        assert pd.isna(table[column][0])


def test_kid_has_an_interval_and_its_sample_sizes(table: pd.DataFrame) -> None:
    assert (table["KID Van Gogh low"] <= table["KID Van Gogh"]).all()
    assert (table["KID Van Gogh"] <= table["KID Van Gogh high"]).all()
    assert set(table["KID Van Gogh images"]) == {"12 x 12"}


def test_a_painters_own_pictures_are_nearest_to_the_painter(
    run: Run, network: VGG16Features, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A generator that answers with paintings at one corner must be seen there."""
    paintings = module.eval_images(run.experiment, "vangogh", 24)[12:]

    def painter(generator: object, images: Images, sym: torch.Tensor) -> Images:
        return paintings if sym[0, 1] == 1 else images

    monkeypatch.setattr(module, "translate", painter)
    kid = held_out(run, network, SYMS, count=12).set_index("S")["KID Van Gogh"]
    assert kid["(1.0, 0.0, 0.0)"] == kid[PHOTOS]
    assert kid["(0.0, 1.0, 0.0)"] < 0.2 * kid[PHOTOS]


def test_a_file_keeps_every_model_and_seed_once(
    run: Run, other_run: Run, network: VGG16Features, table: pd.DataFrame, tmp_path: Path
) -> None:
    file = tmp_path / "results.csv"
    record(table, run, network, file)
    record(table, other_run, network, file)
    again = table.assign(L_G=9.0)
    record(again, run, network, file)
    kept = pd.read_csv(file)
    assert len(kept) == 2 * len(table)
    assert set(kept[kept["seed"] == 0]["L_G"].dropna()) == {9.0}
    assert list(kept[kept["seed"] == 1]["S"]) == list(table["S"])
    assert set(kept["distances on"]) == {f"{network.kind}, relu3_3 and relu4_3"}
    assert set(kept["steps"]) == {4}
    assert list(kept)[:2] == ["model", "seed"]


def results_of(tmp_path: Path, **columns: list[float]) -> dict[str, pd.DataFrame]:
    labels = [PHOTOS, *(sym_label(s.tolist()) for s in module.points(3))]
    frame = pd.DataFrame({"model": "model-1", "seed": 0, "S": labels, **columns})
    frame["L_adv winter"] = float("nan")  # of another model in the same file
    frame.insert(2, "distances on", "some network")
    frame.to_csv(tmp_path / "results.csv", index=False)
    return results(tmp_path / "results.csv")


def test_losses_and_distances_are_judged_at_their_corners(tmp_path: Path) -> None:
    nan = float("nan")
    tables = results_of(
        tmp_path,
        L_G=[nan, 1, 1, 1, 1, 1, 1, 1],
        L_rec=[nan, 0.1, 0.8, 0.9, 0.3, 0.4, 0.7, 0.5],
        L_adv=[nan, 2.0, 1.2, 2.1, 1.1, 1.9, 1.6, 1.7],
        L_per=[nan, 0.9, 0.8, 0.2, 0.7, 0.5, 0.4, 0.6],
        **{
            "KID Van Gogh": [5.0, 4.0, 1.0, 3.0, 2.0, 3.0, 2.0, 2.0],
            "KID Van Gogh low": [4.5, 3.5, 0.5, 2.5, 1.5, 2.5, 1.5, 1.5],
            "KID Van Gogh high": [5.5, 4.5, 1.5, 3.5, 2.5, 3.5, 2.5, 2.5],
        },
    )
    assert "L_adv winter" not in tables["model-1"]
    corner = own_corners(tables)["holds"]
    assert dict(corner) == {"model-1 L_rec": True, "model-1 L_adv": False, "model-1 L_per": True}
    falls = distances_fall(tables)
    assert list(falls.index) == ["model-1 KID Van Gogh"] and falls["holds"].all()
    tables["model-1"].loc["(0.0, 1.0, 0.0)", "KID Van Gogh high"] = 3.6
    assert not distances_fall(tables)["holds"].any()


def test_what_does_not_depend_on_s_is_seen() -> None:
    points = pd.Index([PHOTOS, "(1.0, 0.0)", "(0.0, 1.0)"], name="S")
    table = pd.DataFrame(
        {"L_G": [None, 0.7, 0.2], "L_rec": [None, 0.7, 0.70001], "L_per": [None, 0.2, 0.3]},
        index=points,
    )
    found = deaf_to_sym({"model": table})
    assert list(found.index) == ["model L_rec", "model L_per"]
    assert list(found["holds"]) == [True, False]
