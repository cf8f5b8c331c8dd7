"""The plan for a GPU's minutes, and what a planned model leaves."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pandas as pd
import pytest
import safetensors.torch

from benchmarks import contenders, gpu, models
from benchmarks.models import AROUND, share_out
from benchmarks.tasks import Ledger
from sgnlib.evaluation import images
from sgnlib.experiments import MODEL_1, MODEL_2, MODEL_3
from tests.training import rows

EVERYTHING = dict.fromkeys(("photo", "vangogh", "ukiyoe", "summer", "winter", "monet"), "folder")
YOSEMITE = {name: "folder" for name in ("summer", "winter", "monet")}


PLAN = {"way": "ours, float32"}


def test_the_plan_takes_the_way_that_is_done_first(tmp_path: Path) -> None:
    """Model 1 has 31,420 steps: 2 ms less per step repay 60 s, but not 70."""
    table = pd.DataFrame(
        {
            "setting": ["256 px, batch 4"] * 4 + ["256 px, batch 8"],
            "variant": [
                "authors' code, float32",
                *("ours, float32", "ours, bfloat16, graphs", "ours, bfloat16, compiled"),
                "ours, bfloat16",
            ],
            "ms": [1.0, 40.0, 9.0, 7.0, 0.1],
            "200 steps, s": [1.0, 9.0, 11.8, 61.4, 1.0],
        }
    )
    assert models.best_way(table).name == "ours, bfloat16, compiled"
    table.loc[3, "200 steps, s"] += 20
    best = models.best_way(table)
    assert best.name == "ours, bfloat16, graphs"
    assert (best.step, best.once) == pytest.approx((0.009, 10.0))
    assert contenders.way(best.name) == {"precision": "bfloat16", "pace": "graphs"}
    assert contenders.way("ours, float32") == {"precision": "float32", "pace": "eager"}


def test_with_time_enough_all_models_get_the_papers_steps() -> None:
    plan = share_out(1e6, 0.007, 0.0, "paper", EVERYTHING)
    assert plan["model-3"] == 18_420 and len(plan) == 11
    assert {plan[name] for name in plan if name != "model-3"} == {MODEL_1.steps}
    assert list(plan)[:2] == ["model-3", "model-1"], "in order of worth"


def test_with_less_time_groups_share_it_and_fill_it() -> None:
    seconds, step, once = 1500.0, 0.0074, 10.0
    plan = share_out(seconds, step, once, "paper", EVERYTHING)
    assert plan["model-3"] == MODEL_3.steps
    assert len({steps for name, steps in plan.items() if name.startswith("model-1")}) == 1
    assert len({steps for name, steps in plan.items() if name.startswith("model-2")}) == 1
    assert 1000 < plan["model-1"] < MODEL_1.steps
    spent = sum(
        steps * step * models.step_gmacs(models.ROWS[name]) / models.step_gmacs(MODEL_1)
        for name, steps in plan.items()
    )
    spent += len(plan) * (AROUND + once)
    assert 0.9 * seconds < spent <= seconds + 1


def test_models_without_images_or_time_are_left_out() -> None:
    assert list(share_out(1e6, 0.007, 0.0, "paper", YOSEMITE)) == ["model-3"]
    assert share_out(1e6, 0.007, 0.0, "paper", {}) == {}
    assert share_out(20.0, 0.007, 0.0, "paper", YOSEMITE) == {}
    assert len(share_out(1e6, 0.007, 0.0, "smoke", {})) == 11, "painted images do below paper"


def test_own_images_of_the_domains_that_are_used() -> None:
    row = models.own(MODEL_3, "paper", {**EVERYTHING, "summer": "/photos/summer"})
    assert row and dict(row.images)["summer"] == "/photos/summer"
    assert set(dict(row.images)) == {"summer", "winter", "monet"}
    assert models.own(MODEL_2, "paper", YOSEMITE) is None


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> argparse.Namespace:
    monkeypatch.setenv("SGN_DATA", str(tmp_path))
    rows.use_waves(monkeypatch)
    monkeypatch.setattr(images, "load_images", rows._images)
    return argparse.Namespace(
        work=tmp_path, profile="smoke", device="cpu", name="model-2", features=None
    )


def test_a_model_leaves_losses_pictures_curves_and_weights(given: argparse.Namespace) -> None:
    (given.work / "plan.json").write_text(json.dumps(PLAN | {"steps": {"model-2": 3}}))
    models.make(given, {})
    table = pd.read_csv(given.work / "tables" / "model-2.csv")
    assert len(table) == 7 and {"S", "L_G", "L_rec", "L_adv", "L_per"} <= set(table)
    assert len(pd.read_csv(given.work / "tables" / "model-2-curves.csv")) == 1
    assert (given.work / "grids" / "model-2.jpg").read_bytes()[:2] == b"\xff\xd8"
    weights = safetensors.torch.load_file(given.work / "weights" / "model-2.safetensors")
    assert {str(tensor.dtype) for tensor in weights.values()} == {"torch.float16"}
    told = json.loads((given.work / "weights" / "model-2.json").read_text())
    assert told["steps"] == 3
    assert [path.name for path in gpu._weights(given.work)] == [
        "model-2.json",
        "model-2.safetensors",
    ]


def test_a_model_that_is_not_planned_is_refused(given: argparse.Namespace) -> None:
    (given.work / "plan.json").write_text(json.dumps(PLAN | {"steps": {"model-3": 3}}))
    with pytest.raises(ValueError, match=r"model-2 is not in .*model-3"):
        models.make(given, {})


def test_tasks_follow_the_plan(tmp_path: Path) -> None:
    options = ["--minutes", "9", "--total", "25", "--smoke", "--out", "x"]
    given = gpu._parser().parse_args(options)
    names = []
    for task in gpu.tasks(given, tmp_path, Ledger(tmp_path / "ledger.json"), 1500.0):
        names.append(task.name)
        if task.name == "plan":
            assert task.command[task.command.index("--seconds") + 1] == "1470"
            plan = PLAN | {"steps": share_out(1e5, 0.1, 0.0, "smoke", {})}
            (tmp_path / "plan.json").write_text(json.dumps(plan))
    measured = ["training", "inference", "parity", "precision", "plan", "model-3", "model-1"]
    assert [name for name in names if name in measured] == measured
    assert names.index("table3") == names.index("model-1-hyper-0.5-0-0.5") + 1
    assert names[-1] == "model-2-cbn"
