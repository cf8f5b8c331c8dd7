from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from sgnlib.training.journal import FLUSH_EVERY, Journal, NonFiniteLoss
from tests.training.rows import TINY


def losses(**values: float) -> dict[str, torch.Tensor]:
    return {name: torch.tensor(value) for name, value in values.items()}


def lines(path: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "metrics.jsonl", TINY.domains)


def test_a_line_per_step(journal: Journal) -> None:
    journal.add(1, losses(L_G=0.5, L_1=1 / 3), lr=1e-3)
    journal.add(2, losses(L_G=0.25, L_2=2.0, D_2=0.125), lr=5e-4)
    assert lines(journal.path) == [], "fetched in groups"
    journal.flush()
    journal.flush()
    assert lines(journal.path) == [
        {"step": 1, "L_G": 0.5, "L_1": 0.3333333, "lr": 1e-3},
        {"step": 2, "L_G": 0.25, "L_2": 2.0, "D_2": 0.125, "lr": 5e-4},
    ]


def test_groups(journal: Journal) -> None:
    for step in range(1, FLUSH_EVERY + 3):
        journal.add(step, losses(L_G=1.0))
    assert len(lines(journal.path)) == FLUSH_EVERY


def test_going_on_from_the_lines_of_a_checkpoint(journal: Journal) -> None:
    journal.add(1, losses(L_G=1.0))
    journal.flush()
    kept = journal.text()
    journal.add(2, losses(L_G=2.0))
    journal.flush()
    with journal.path.open("a") as file:
        file.write('{"step": 3, "L_')  # torn by kill -9
    again = Journal(journal.path, TINY.domains, kept)
    again.add(2, losses(L_G=2.5))
    again.flush()
    assert [(line["step"], line["L_G"]) for line in lines(journal.path)] == [(1, 1.0), (2, 2.5)]


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("L_2", r"L_2 = nan \(domain 'ukiyoe', Adversarial\)"),
        ("L_3", r"L_3 = nan \(domain 'rain-princess', Perceptual\)"),
        ("D_2", r"D_2 = nan \(domain 'ukiyoe', Adversarial, its discriminator\)"),
    ],
)
def test_not_finite_names_step_and_domain(journal: Journal, name: str, named: str) -> None:
    journal.add(17, losses(L_G=1.0))
    journal.add(18, losses(L_G=1.0) | losses(**{name: float("nan")}))
    journal.add(19, losses(L_G=float("inf")))
    with pytest.raises(NonFiniteLoss, match=rf"step 18: {named}\."):
        journal.flush()
