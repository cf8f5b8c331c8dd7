"""Gates: closed ones are counted, alike ones recognised."""

from __future__ import annotations

import pytest
import torch

from sgnlib.evaluation.gates import closed_table, corner_gates, correlation_table
from sgnlib.evaluation.images import eval_photos
from sgnlib.training.runs import Run


def test_closed_channels_are_counted_per_ccam_and_corner() -> None:
    first = torch.tensor([[[0.04, 0.5, 0.9, 0.01]], [[0.2, 0.04, 0.9, 0.9]]])
    second = torch.full((2, 1, 8), 0.06)
    table = closed_table((first, second))
    assert list(table["closed"]) == [0.5, 0.25, 0.0, 0.0]
    assert list(table["CCAM"]) == [1, 1, 2, 2]
    assert list(closed_table((second,), threshold=0.07)["closed"]) == [1.0, 1.0]
    assert table["smallest gate"][0] == pytest.approx(0.01)


def test_correlation_is_pearson_over_channels() -> None:
    a = torch.tensor([[0.1, 0.4, 0.3, 0.9]])
    table = correlation_table((torch.stack([a, 0.05 + a / 2, 1 - a]),))
    assert list(table["corners"]) == ["0-1", "0-2", "1-2"]
    torch.testing.assert_close(
        torch.tensor(table["correlation"].to_list()), torch.tensor([1.0, -1.0, -1.0])
    )


def test_gates_of_a_run_have_a_row_per_corner_and_depend_on_it(run: Run) -> None:
    gates = corner_gates(run.generator(), eval_photos(run.experiment, 2))
    assert [tuple(layer.shape) for layer in gates] == [(3, 2, 4), (3, 2, 16), (3, 2, 16)]
    assert all((layer > 0).all() and (layer < 1).all() for layer in gates)
    assert max(float((layer[0] - layer[2]).abs().max()) for layer in gates) > 1e-4
