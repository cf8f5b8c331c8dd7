"""How a training's steps are run: eagerly, from CUDA graphs, or compiled; what repays itself."""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from sgnlib.experiments import Experiment
from sgnlib.training.precision import Precision
from sgnlib.training.trainer import PACES, Pace, Trainer

log = logging.getLogger(__name__)

WARM, TIMED = 6, 10
"""Steps before the clock starts, the recording of a graph among them; steps that are timed."""

EXPECTED: dict[Pace, float] = {"eager": 0.0, "graphs": 10.0, "compiled": 120.0}
"""Seconds that trying a pace may cost, before it has been tried."""

BEST_GAIN = 0.5
"""The share of a step's time that a pace may save at best; less than its cost: it is not tried."""


@dataclass(frozen=True)
class Timing:
    """What a pace costs: seconds once, and seconds per step."""

    once: float
    step: float

    def total(self, steps: int) -> float:
        """Seconds for so many steps."""
        return self.once + steps * self.step


def choose_pace(
    asked: str, experiment: Experiment, device: torch.device, precision: Precision, steps: int
) -> Pace:
    """The pace of a training that has so many steps to go.

    "auto" is "eager" on a CPU, where compiling costs 15 to 130 seconds; on a GPU it is measured, on
    a Trainer that is thrown away. "compiled" may change last bits; the other two give the same.

    Raises:
        ValueError: There is no such pace.
    """
    if asked == "auto":
        if device.type != "cuda" or experiment.steps < WARM + TIMED:
            return "eager"
        return fastest(lambda pace: timing(experiment, device, precision, pace), steps)
    for pace in PACES:
        if asked == pace:
            return pace
    raise ValueError(f"no pace {asked!r}; there are auto, {', '.join(PACES)}")


def fastest(measure: Callable[[Pace], Timing], steps: int) -> Pace:
    """The pace that is done first with so many steps.

    What cannot repay the trial is not tried, and what fails is left out and logged.
    """
    best, least = PACES[0], measure(PACES[0])
    for pace in PACES[1:]:
        if BEST_GAIN * least.step * steps < EXPECTED[pace]:
            continue
        try:
            tried = measure(pace)
        except Exception as error:  # compilers fail in many ways; none may end a training
            log.warning("steps are not run at pace %r, it failed: %s", pace, error)
            continue
        log.info("%s: %.1f ms per step, %.0f s once", pace, 1e3 * tried.step, tried.once)
        if tried.total(steps) < least.total(steps):
            best, least = pace, tried
    return best


def timing(
    experiment: Experiment, device: torch.device, precision: Precision, pace: Pace
) -> Timing:
    """Times a few steps of a Trainer made for this."""
    trainer = Trainer(experiment, device, precision, pace)
    begun = time.perf_counter()
    for number in range(WARM):
        trainer.step(number)
    _wait(device)
    warm = time.perf_counter()
    for number in range(WARM, WARM + TIMED):
        trainer.step(number)
    _wait(device)
    step = (time.perf_counter() - warm) / TIMED
    del trainer
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
    return Timing(max(warm - begun - WARM * step, 0.0), step)


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
