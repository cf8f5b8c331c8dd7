"""A data folder of its own for every test, and few images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sgnlib.datasets import catalog


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where caches go during a test."""
    monkeypatch.setenv("SGN_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """Embedded domains of three training and two test images."""
    monkeypatch.setattr(catalog, "COUNTS", ((256, 3, 2),))
    return 3, 2


def save_image(path: Path, width: int = 60, height: int = 50, seed: int = 0) -> Path:
    """Writes an image of coloured noise in the format of the path's suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8)).save(path)
    return path
