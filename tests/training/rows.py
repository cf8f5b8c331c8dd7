"""The smallest trainings that still have every part: for tests, and for processes they start."""

from __future__ import annotations

import zlib
from dataclasses import replace

import pytest

from sgnlib import experiments
from sgnlib.datasets.sampling import to_pixels
from sgnlib.experiments import Experiment
from sgnlib.shapes import Pixels
from sgnlib.training import runs, trainer
from tests import golden

TINY: Experiment = replace(experiments.smoke(experiments.MODEL_2), steps=5, pool_size=3)
"""Model 2 in miniature: 32 pixels, four channels, a pool that overflows at the second step."""


def tiny(row: Experiment, **changes: object) -> Experiment:
    """A row of the paper at the same sizes."""
    return replace(experiments.smoke(row), steps=5, pool_size=3, **changes)  # type: ignore[arg-type]


def use_waves(patch: pytest.MonkeyPatch) -> None:
    """Golden waves in place of the painted images: quick, and they never change."""
    patch.setattr(trainer, "load_images", _images)
    patch.setattr(trainer, "load_style", _style)
    patch.setattr(runs, "fingerprint", lambda name, folder: f"{name}, waves")


def _images(name: str, split: str, size: int, *, folder: str | None = None) -> Pixels:
    side = round(1.12 * size)
    return to_pixels(golden.image(zlib.crc32(name.encode()), 6, side, side))


def _style(name: str, size: int, *, file: str | None = None) -> Pixels:
    return to_pixels(golden.image(zlib.crc32(name.encode()), 1, size, size))
