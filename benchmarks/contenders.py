"""Our training step as a contender, in every number format; who takes turns with whom."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from unittest import mock

import torch

from benchmarks import authors
from benchmarks.timing import Times, now
from sgnlib.datasets.sampling import to_pixels
from sgnlib.experiments import Experiment
from sgnlib.shapes import Pixels
from sgnlib.training import trainer
from sgnlib.training.precision import PRECISIONS, has_bfloat16
from sgnlib.training.runtime import repeatable
from sgnlib.training.trainer import PACES, Trainer

log = logging.getLogger(__name__)

Build = Callable[[], Trainer]

OURS = "ours, "
"""How the names of our variants begin."""


def variants(row: Experiment, device: torch.device, *, emulated: bool = False) -> dict[str, Build]:
    """The ways in which this device can train a row, by name.

    Args:
        row: What to train.
        device: Where.
        emulated: Number formats too that the device has no instructions for.
    """
    formats = PRECISIONS if emulated or has_bfloat16(device) else PRECISIONS[:1]
    ways: dict[str, tuple[str, ...]] = {one: (one,) for one in formats}
    if device.type == "cuda":  # a CPU's short trainings do not repay a compiler
        ways |= {f"{formats[-1]}, {pace}": (formats[-1], pace) for pace in PACES[1:]}
    return {f"{OURS}{name}": partial(Trainer, row, device, *way) for name, way in ways.items()}


def way(name: str) -> dict[str, str]:
    """The precision and the pace that a name of `variants` stands for, as `train` takes them."""
    precision, _, pace = name.removeprefix(OURS).partition(", ")
    return {"precision": precision, "pace": pace or PACES[0]}


class Ours:
    """A training that takes turns, under the settings that `train` makes.

    Args:
        name: For the table.
        row: What it trains.
        build: Makes its trainer in the first turn, which thereby is its set-up.
        device: Whose clock counts.
    """

    def __init__(self, name: str, row: Experiment, build: Build, device: torch.device) -> None:
        self.times = Times(name)
        self._row, self._build, self._device = row, build, device
        self._trainer: Trainer | None = None
        self._done = 0

    def turn(self, steps: int) -> None:
        """Makes some steps and looks at the clock."""
        begun = now(self._device)
        with repeatable(self._row, self._device):
            if self._trainer is None:
                self._trainer = self._build()
            for _ in range(steps):
                self._trainer.step(self._done)
                self._done += 1
        self.times.note(now(self._device) - begun, steps)


def compete(
    row: Experiment,
    builds: Mapping[str, Build],
    device: torch.device,
    *,
    folder: Path | None = None,
    rounds: int,
    steps: int,
) -> list[Times]:
    """Everybody's times; in every round each takes one turn, so that a busy moment meets them all.

    Who fails, for want of memory or of a compiler, is left out; the log says why.

    Args:
        row: Whose sizes the authors' script takes.
        builds: Our trainers, by name.
        device: Where.
        folder: The authors' checkout; without it, or where their script cannot have the row's
            sizes, they are left out.
        rounds: Turns that count; one before them warms up.
        steps: Training steps per turn.
    """
    ours = [Ours(name, row, build, device) for name, build in builds.items()]
    turns = _turns(ours, rounds + 1, steps)
    with random_images():
        theirs = _lead(folder, row, device, turns, steps) if folder else []
        for _ in turns:  # without them, or from where they failed
            pass
    times = [*theirs, *(one.times for one in ours)]
    ours.clear()  # their memory is for the next ones
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
    return times


def _lead(
    folder: Path, row: Experiment, device: torch.device, turns: Iterator[None], steps: int
) -> list[Times]:
    """The authors' times, where their script has the row's sizes and runs."""
    authors.find(folder)
    if not authors.runs(row):
        return []
    try:
        return [authors.lead(folder, row, device, turns, steps)]
    except Exception as error:  # it is of another time than today's packages
        log.warning("the authors' script is left out: %s", error)
        return []


def fastest(times: Iterable[Times]) -> str:
    """The name of our variant with the least time per step."""
    return min((one for one in times if one.name.startswith(OURS)), key=lambda one: one.step).name


def _turns(ours: list[Ours], rounds: int, steps: int) -> Iterator[None]:
    """Waits, then gives each of ours a turn; so many times. Who fails leaves the list."""
    for _ in range(rounds):
        yield
        for one in list(ours):
            try:
                one.turn(steps)
            except Exception as error:  # compilers and drivers fail in many ways
                log.warning("%s is left out: %s", one.times.name, error)
                ours.remove(one)


@contextmanager
def random_images() -> Iterator[None]:
    """Random images in place of painted ones: a step takes as long, and nobody waits for them."""
    with (
        mock.patch.object(trainer, "load_images", _pool),
        mock.patch.object(trainer, "load_style", _style),
    ):
        yield


def _pool(name: str, split: str, size: int, *, folder: str | None = None) -> Pixels:
    return _pixels(64, round(size * 286 / 256))


def _style(name: str, size: int, *, file: str | None = None) -> Pixels:
    return _pixels(1, size)


def _pixels(count: int, side: int) -> Pixels:
    source = torch.Generator().manual_seed(count)
    return to_pixels(torch.rand((count, 3, side, side), generator=source) * 2 - 1)
