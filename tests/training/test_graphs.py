"""The step between draws and losses: no host in it, and the same when it is replayed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from sgnlib import experiments
from sgnlib.experiments import Experiment
from sgnlib.training import trainer as module
from sgnlib.training.graphs import WARM_UP, Graphs, Named
from sgnlib.training.trainer import Losses, Trainer
from tests.training.rows import TINY, tiny
from tests.training.test_trainer import same

CPU = torch.device("cpu")
pytestmark = pytest.mark.usefixtures("waves")
CORNERS = replace(tiny(experiments.FIG_7_SINGLEGAN), steps=30)


class NoHost(TorchFunctionMode):
    """Fails where a number leaves its device: there the host would wait for a GPU."""

    FETCHES = frozenset(
        {"item", "tolist", "numpy", "__bool__", "__float__", "__int__", "__index__", "cpu"}
        | {"nonzero", "unique", "masked_select", "equal", "allclose", "__contains__"}
    )

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> object:
        name = getattr(func, "__name__", "")
        assert name not in self.FETCHES, f"the step fetches a number: {name}"
        return func(*args, **(kwargs or {}))


class StandIn:
    """Stands in for a GPU's recorder: its graphs do the work and write to the same places."""

    def __init__(self) -> None:
        self.recorded = 0

    def aside(self, work: Callable[[], Named]) -> Named:
        return work()

    def record(self, work: Callable[[], Named]) -> tuple[Callable[[], None], Named]:
        self.recorded += 1
        names: list[str] = []
        values = torch.full((9,), torch.nan)

        def replay() -> None:
            named, new = work()
            names[:] = named
            values.resize_(len(new)).copy_(new)

        return replay, (names, values)


class Broken(StandIn):
    def record(self, work: Callable[[], Named]) -> tuple[Callable[[], None], Named]:
        raise RuntimeError("operation not permitted when stream is capturing")


def as_on_a_gpu(row: Experiment) -> Trainer:
    """A trainer whose learning rate is a tensor, so that it comes from the copied draws."""
    trainer = Trainer(row, CPU)
    for optimiser in trainer._optimisers:
        optimiser.param_groups[0]["lr"] = torch.tensor(row.learning_rate)
    return trainer


def by_graphs(row: Experiment, steps: int, recorder: StandIn) -> tuple[Trainer, list[Losses]]:
    trainer = as_on_a_gpu(row)
    run = Graphs(trainer.update, recorder)
    return trainer, [run(trainer.draw(number)) for number in range(steps)]


def eagerly(row: Experiment, steps: int) -> tuple[Trainer, list[Losses]]:
    trainer = as_on_a_gpu(row)
    return trainer, [trainer.step(number) for number in range(steps)]


def numbers(losses: list[Losses]) -> list[dict[str, float]]:
    return [{name: float(value) for name, value in step.items()} for step in losses]


@pytest.mark.parametrize(
    "row", [TINY, CORNERS, tiny(experiments.TABLE_3_HYPER[2])], ids=lambda row: row.name
)
def test_a_step_fetches_no_number(row: Experiment) -> None:
    trainer = Trainer(row, CPU)
    for number in range(3):
        draws = trainer.draw(number)
        with NoHost():
            trainer.update(draws)


def test_fetching_would_be_noticed() -> None:
    for fetch in (Tensor.item, Tensor.tolist, float, bool):
        with pytest.raises(AssertionError, match="fetches"), NoHost():
            fetch(torch.ones(1))


@pytest.mark.parametrize("row", [replace(TINY, steps=9), CORNERS], ids=lambda row: row.name)
def test_replayed_steps_are_the_eager_ones(row: Experiment) -> None:
    """To the bit, losses of earlier steps too; corners need a graph for every kind of step."""
    recorder = StandIn()
    one, losses = by_graphs(row, row.steps, recorder)
    other, expected = eagerly(row, row.steps)
    assert same(one, other)
    assert numbers(losses) == numbers(expected)
    assert recorder.recorded == (1 if row.name == TINY.name else 2)


def test_first_steps_warm_up() -> None:
    recorder = StandIn()
    by_graphs(TINY, WARM_UP, recorder)
    assert recorder.recorded == 0


def test_where_recording_fails_steps_run_eagerly(caplog: pytest.LogCaptureFixture) -> None:
    one, losses = by_graphs(TINY, 5, Broken())
    other, expected = eagerly(TINY, 5)
    assert same(one, other) and numbers(losses) == numbers(expected)
    assert caplog.text.count("without CUDA graphs") == 1
    assert "not permitted" in caplog.text and logging.WARNING in {r.levelno for r in caplog.records}


def test_images_that_do_not_fit_on_the_device_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    fitting, _ = eagerly(TINY, 3)
    some = {"photo": lambda pools: {"photo": pools["photo"]}, "none": lambda pools: {}}
    for there in some.values():
        monkeypatch.setattr(module, "resident", lambda pools, device, there=there: there(pools))
        trainer = as_on_a_gpu(TINY)
        run = Graphs(trainer.update, StandIn())
        for number in range(3):
            draws = trainer.draw(number)
            assert draws.pixels
            run(draws)
        assert same(trainer, fitting)
