"""KID: the unbiased estimator, its interval, and the way to a domain."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sgnlib.evaluation.kid import kid, transfer_table
from sgnlib.training.runs import Run


def _brute_force(x: torch.Tensor, y: torch.Tensor) -> float:
    def k(a: torch.Tensor, b: torch.Tensor) -> float:
        return float((a.double() @ b.double() / len(a) + 1) ** 3)

    m, n = len(x), len(y)
    xx = sum(k(x[i], x[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    yy = sum(k(y[i], y[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    return xx + yy - 2 * sum(k(a, b) for a in x for b in y) / (m * n)


def _sample(n: int, channels: int, shift: float, seed: int) -> torch.Tensor:
    return torch.randn(n, channels, generator=torch.Generator().manual_seed(seed)) + shift


def test_the_value_is_the_definition_for_sets_of_different_size() -> None:
    x, y = _sample(7, 3, 0.0, 1), _sample(5, 3, 0.6, 2)
    assert kid(x, y).value == pytest.approx(_brute_force(x, y), rel=1e-9)


def test_order_of_images_and_of_sets_does_not_matter() -> None:
    x, y = _sample(9, 4, 0.0, 3), _sample(6, 4, 0.4, 4)
    shuffled = kid(x[torch.tensor([3, 0, 8, 1, 2, 7, 5, 6, 4])], y.flip(0))
    assert shuffled.value == pytest.approx(kid(x, y).value, rel=1e-12)
    assert kid(y, x).value == pytest.approx(kid(x, y).value, rel=1e-12)


def test_it_estimates_the_closed_form_of_two_normal_distributions_without_bias() -> None:
    # In one dimension the kernel (xy + 1)^3 compares moments: KID = 3 d1^2 + 3 d2^2 + d3^2.
    shift = 0.7
    truth = 3 * shift**2 + 3 * shift**4 + (shift**3 + 3 * shift) ** 2
    found = [
        kid(_sample(40, 1, 0, 2 * i), _sample(50, 1, shift, 2 * i + 1), 200) for i in range(40)
    ]
    values = np.array([k.value for k in found])
    assert values.mean() == pytest.approx(truth, abs=3 * values.std() / 40**0.5)
    covered = np.mean([k.low <= truth <= k.high for k in found])
    assert covered >= 0.8


def test_the_interval_holds_zero_for_one_distribution_and_not_for_two() -> None:
    same = kid(_sample(60, 16, 0, 11), _sample(60, 16, 0, 12))
    apart = kid(_sample(60, 16, 0, 11), _sample(60, 16, 0.5, 13))
    assert same.low < 0 < same.high
    assert apart.low > 0
    assert apart.low < apart.value < apart.high
    assert kid(_sample(60, 16, 0, 11), _sample(60, 16, 0.5, 13)) == apart


def test_too_few_images_are_refused() -> None:
    with pytest.raises(ValueError, match="got 3 and 9"):
        kid(_sample(3, 2, 0, 1), _sample(9, 2, 0, 2))


def test_the_way_to_a_domain_has_the_input_and_three_stops(run: Run) -> None:
    table = transfer_table(run, 1, count=12)
    assert list(table.index) == ["input", "0", "0.5", "1"]
    assert (table["low"] <= table["high"]).all()
    assert (table["seed"] == 0).all()
