from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from sgnlib import experiments, provenance
from sgnlib.experiments import EXPERIMENTS, PROFILES, Experiment
from sgnlib.training import runs
from sgnlib.training.runs import (
    Run,
    experiment_from_json,
    experiment_to_json,
    find_run,
    run_path,
    training_code,
)
from tests.training.rows import TINY


@pytest.mark.parametrize("profile", PROFILES)
def test_every_row_survives_json(profile: str) -> None:
    for row in EXPERIMENTS:
        row = replace(PROFILES[profile](row), images=(("photo", "some/folder"),))
        assert experiment_from_json(experiment_to_json(row)) == row


@pytest.mark.parametrize(
    "text", ['{"kind": "Experiments"}', '{"kind": "replace"}', '{"kind": "Fixed", "sym": [1.0]}']
)
def test_json_of_something_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"Experiment|no dataclass"):
        experiment_from_json(text)


def test_path_speaks_and_changes_with_row_and_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = run_path(TINY, tmp_path)
    assert path.parent == tmp_path
    assert path.name.startswith("model-2-seed0-")
    assert run_path(TINY, tmp_path) == path
    others: list[Experiment] = [
        replace(TINY, seed=1),
        replace(TINY, steps=6),
        replace(TINY, sampling=experiments.Corners()),
    ]
    assert len({run_path(row, tmp_path) for row in (TINY, *others)}) == 4
    monkeypatch.setattr(runs, "fingerprint", lambda name, folder: f"{name} changed")
    assert run_path(TINY, tmp_path) != path


def test_features_are_settled_only_where_they_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row without a perceptual domain neither asks the network nor differs between machines."""
    monkeypatch.setattr(runs, "resolve_features", lambda row: replace(row, features="random"))
    assert runs.resolved(experiments.MODEL_3).features == "auto"
    assert runs.resolved(experiments.MODEL_2).features == "random"


def test_unfinished_is_not_found(tmp_path: Path) -> None:
    assert find_run(TINY, tmp_path) is None
    path = run_path(TINY, tmp_path)
    path.mkdir(parents=True)
    (path / runs.EXPERIMENT).write_text(experiment_to_json(TINY))
    assert find_run(TINY, tmp_path) is None
    assert not Run(path).complete and not Run(path).up_to_date
    (path / runs.MANIFEST).write_text(json.dumps({"code": training_code()}))
    assert find_run(TINY, tmp_path) == Run(path)
    assert Run(path).up_to_date


def test_training_imports_no_evaluation_and_no_plots() -> None:
    root = Path(provenance.__file__).parent
    for path in provenance.module_closure("sgnlib.training.loop"):
        assert path.relative_to(root).parts[0] not in {"evaluation", "plots"}
