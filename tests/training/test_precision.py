from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from sgnlib.experiments import MODEL_1, Experiment, laptop, quick, smoke
from sgnlib.training import precision as module
from sgnlib.training.precision import PRECISIONS, Precision, choose_precision
from sgnlib.training.trainer import Trainer
from tests.training.rows import TINY

CPU = torch.device("cpu")


def with_instructions(monkeypatch: pytest.MonkeyPatch, there: bool) -> None:
    monkeypatch.setattr(module, "has_bfloat16", lambda device: there)


@pytest.mark.parametrize("profile", [smoke, quick, laptop])
def test_narrow_rows_have_the_same_numbers_on_every_cpu(
    profile: Callable[[Experiment], Experiment], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_instructions(monkeypatch, True)
    assert choose_precision("auto", profile(MODEL_1), CPU) == "float32"
    assert choose_precision("bfloat16", profile(MODEL_1), CPU) == "bfloat16"


@pytest.mark.parametrize(("there", "chosen"), [(True, "bfloat16"), (False, "float32")])
def test_wide_rows_take_what_the_machine_has(
    there: bool, chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_instructions(monkeypatch, there)
    assert choose_precision("auto", MODEL_1, CPU) == chosen
    assert choose_precision("auto", smoke(MODEL_1), torch.device("cuda")) == chosen
    assert choose_precision("float32", MODEL_1, CPU) == "float32"


def test_unknown_precision() -> None:
    with pytest.raises(ValueError, match="'half'; there are auto, float32, bfloat16"):
        choose_precision("half", MODEL_1, CPU)


@pytest.mark.usefixtures("waves")
def test_bfloat16_changes_losses_less_than_another_seed() -> None:
    rows = [replace(TINY, ngf=8, learning_rate=2e-4, seed=seed) for seed in range(3)]
    exact, mixed = (
        torch.tensor([[list(step.values()) for step in _losses(row, kind)] for row in rows])
        for kind in PRECISIONS
    )
    error, spread = (mixed - exact).abs().mean(dim=0), exact.std(dim=0)
    assert (error < 0.1 * spread).all(), error / spread


def _losses(row: Experiment, precision: Precision) -> list[dict[str, Tensor]]:
    trainer = Trainer(row, CPU, precision)
    return [trainer.step(number) for number in range(3)]


@pytest.mark.usefixtures("waves")
def test_float32_stays_where_it_counts() -> None:
    mixed = Trainer(TINY, CPU, "bfloat16")
    seen: set[torch.dtype] = set()
    mixed.networks.generator.blocks[0].norm1.register_forward_hook(
        lambda layer, args, out: seen.add(out.dtype)
    )
    assert {loss.dtype for loss in mixed.step(0).values()} == {torch.float32}
    assert seen == {torch.bfloat16}
    for module_ in (mixed.networks.generator, *mixed.networks.discriminators.values()):
        assert all(p.dtype == torch.float32 for p in module_.parameters())
    moments = mixed.state_dict()["optimisers"][0]["state"][0]
    assert moments["exp_avg"].dtype == torch.float32
    assert mixed.pool.state_dict()["images"].dtype == torch.float32
