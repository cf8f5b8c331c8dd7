"""The smallest trainings that still have every part: for tests, and for processes they start."""

from __future__ import annotations

from dataclasses import replace

from sgnlib import experiments
from sgnlib.experiments import Experiment

TINY: Experiment = replace(experiments.smoke(experiments.MODEL_2), steps=5, pool_size=3)
"""Model 2 in miniature: 32 pixels, four channels, a pool that overflows at the second step."""


def tiny(row: Experiment, **changes: object) -> Experiment:
    """A row of the paper at the same sizes."""
    return replace(experiments.smoke(row), steps=5, pool_size=3, **changes)  # type: ignore[arg-type]
