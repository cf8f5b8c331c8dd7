"""One smoke run of Model 1, shared by the tests of its measures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sgnlib.experiments import MODEL_1, Experiment, at_profile, hyper
from sgnlib.training.loop import train
from sgnlib.training.runs import Run


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the runs of these tests."""
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="session")
def row() -> Experiment:
    return replace(at_profile(MODEL_1, "smoke"), image_size=32)


@pytest.fixture(scope="session")
def run(runs: Path, row: Experiment) -> Run:
    """Model 1 at profile smoke: four steps, pictures mean nothing."""
    return train(row, runs=runs, progress=False, device="cpu")


@pytest.fixture(scope="session")
def other_run(runs: Path, row: Experiment) -> Run:
    """The same with another seed."""
    return train(replace(row, seed=1), runs=runs, progress=False, device="cpu")


@pytest.fixture(scope="session")
def hyper_run(runs: Path, row: Experiment) -> Run:
    """A hyper-parameter model that never trained its discriminator, of the same seed."""
    return train(hyper(row, (0.5, 0.0, 0.5)), runs=runs, progress=False, device="cpu")
