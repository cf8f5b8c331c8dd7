from __future__ import annotations

import zlib

import pytest

from sgnlib.datasets.sampling import to_pixels
from sgnlib.shapes import Pixels
from sgnlib.training import trainer
from tests import golden


@pytest.fixture
def waves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Golden waves in place of the painted images: quick, and they never change."""

    def load_images(name: str, split: str, size: int, *, folder: str | None = None) -> Pixels:
        side = round(1.12 * size)
        return to_pixels(golden.image(zlib.crc32(name.encode()), 6, side, side))

    def load_style(name: str, size: int, *, file: str | None = None) -> Pixels:
        return to_pixels(golden.image(zlib.crc32(name.encode()), 1, size, size))

    monkeypatch.setattr(trainer, "load_images", load_images)
    monkeypatch.setattr(trainer, "load_style", load_style)
