from __future__ import annotations

import numpy as np
import pytest

from sgnlib.training.schedule import rate


@pytest.mark.parametrize("steps", [1, 2, 7, 400, 31_420])
def test_constant_then_linear_to_zero(steps: int) -> None:
    rates = np.array([rate(step, steps) for step in range(steps + 1)])
    half = steps // 2
    assert (rates[:half] == 1).all()
    np.testing.assert_allclose(np.diff(rates[half:]), -1 / (steps - half))
    assert rates[-1] == 0
    assert rates[-2] > 0


def test_values() -> None:
    assert [rate(step, 8) for step in range(9)] == [1, 1, 1, 1, 1, 0.75, 0.5, 0.25, 0]
