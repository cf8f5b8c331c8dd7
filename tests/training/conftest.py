from __future__ import annotations

import pytest

from tests.training.rows import use_waves


@pytest.fixture
def waves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trains on golden waves."""
    use_waves(monkeypatch)
