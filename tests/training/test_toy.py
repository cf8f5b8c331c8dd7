"""Many models at once come to what each comes to alone; stored runs are loaded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from sgnlib import toy
from sgnlib.sym import sym_weighted
from sgnlib.toy import BEST, HYPER, S_IN, SYM, FreshProtocol, ToyModel, ToyNetwork
from sgnlib.training import toy as stacked
from sgnlib.training import toy_runs
from sgnlib.training.toy import Stack, train_together

SHORT = FreshProtocol(batch_size=24, steps=48)
ROWS = [
    replace(SYM, seed=3),
    replace(HYPER[1], seed=1),
    replace(S_IN, seed=2, width=9),
    replace(SYM, seed=3, width=5),
]


@pytest.fixture
def float64(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """How many models share a product decides how it rounds, differently on every CPU."""
    epoch = stacked._epoch
    monkeypatch.setattr(stacked, "_epoch", lambda *which: [part.double() for part in epoch(*which)])
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def _difference(one: ToyNetwork, other: ToyNetwork) -> float:
    pairs = zip(one.parameters(), other.parameters(), strict=True)
    return max(float((a - b).detach().abs().max()) for a, b in pairs)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.name}-{row.width}")
def test_a_model_in_the_stack_is_the_model_alone(row: ToyModel) -> None:
    together = train_together(ROWS, epochs=2)[row]
    alone = toy.train(row, steps=32)
    start = ToyNetwork(row.width, row.seed)
    assert _difference(together, alone) < 1e-5 < 0.02 < _difference(start, alone)


def test_the_same_for_our_best_training() -> None:
    rows = [replace(BEST, seed=seed, protocol=SHORT) for seed in (4, 7)]
    for row, network in train_together(rows).items():
        assert _difference(network, toy.train(row)) < 1e-5


def test_what_else_is_in_the_stack_makes_no_difference(float64: None) -> None:
    few = train_together(ROWS[:1], epochs=2)[ROWS[0]]
    many = train_together([*(replace(SYM, seed=s) for s in range(9, 14)), ROWS[0]], epochs=2)
    assert _difference(few, many[ROWS[0]]) < 1e-12


def test_neither_does_the_number_of_threads_which_stays_what_it_was() -> None:
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        one = train_together(ROWS, epochs=1)
        torch.set_num_threads(2)
        two = train_together(ROWS, epochs=1)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)
    assert all(_difference(one[row], two[row]) == 0 for row in ROWS)


def test_backward_by_hand_is_autograd() -> None:
    row = replace(SYM, seed=8, width=6)
    stack, network = Stack([replace(SYM, seed=1, width=7), row], 24), ToyNetwork(6, 8)
    (inputs, *loss), *_ = zip(*stacked._epoch(stack.rows, SHORT, 0), strict=True)
    delta = stacked._loss_derivative(stack.forward(inputs), *loss)
    stack.backward(inputs, delta)
    x, sym = (part[0] for part in SHORT.draw(8, 0))
    logits = network.logits(x, sym)
    sym_weighted(toy.losses_of_logits(logits, x), sym).backward()
    for (weight, bias), layer in zip(stack.gradients, network.layers, strict=True):
        inside, outside = layer.in_features, layer.out_features
        mine = weight[1, :inside, :outside].T, bias[1, 0, :outside]
        torch.testing.assert_close(mine[0], layer.weight.grad, atol=1e-7, rtol=1e-4)
        torch.testing.assert_close(mine[1], layer.bias.grad, atol=1e-7, rtol=1e-4)
        assert not weight[1, inside:].any() and not weight[1, :, outside:].any()


def test_dust_is_dropped_and_nothing_else() -> None:
    average = torch.tensor([1e-29, -3e-31, 2e-40, 0.5])
    stacked._drop_dust(average)
    assert average.tolist() == pytest.approx([1e-29, 0, 0, 0.5], rel=1e-5, abs=0)


def test_rows_of_two_protocols_make_no_stack() -> None:
    with pytest.raises(ValueError, match="rows of one protocol; got 2"):
        train_together([SYM, BEST])


# ------------------------------------------------------------------------------------ stored runs


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SGN_DATA", str(tmp_path))
    return tmp_path


def test_a_run_that_exists_is_loaded(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [replace(row, protocol=SHORT) for row in ROWS]
    first = toy_runs.trained("t", rows, progress=False)
    monkeypatch.setattr(toy_runs, "train_together", lambda *_: pytest.fail("trained again"))
    again = toy_runs.trained("t", rows, progress=False)
    assert all(_difference(first[row], again[row]) == 0 for row in rows)
    assert toy_runs.run_path("t", rows[:2]) != toy_runs.run_path("t", rows)


def test_a_damaged_run_is_trained_again(data: Path) -> None:
    rows = [replace(SYM, width=4, protocol=SHORT)]
    first = toy_runs.trained("t", rows, progress=False)
    file = toy_runs.run_path("t", rows) / toy_runs.WEIGHTS_FILE
    content = bytearray(file.read_bytes())
    content[-3] ^= 1
    file.write_bytes(content)
    again = toy_runs.trained("t", rows, progress=False)
    assert _difference(first[rows[0]], again[rows[0]]) == 0
    assert file.read_bytes() != content


def test_rows_of_table_1_and_fig_9() -> None:
    seeds = range(10)
    table, figure = toy_runs.table_1_rows(seeds), toy_runs.fig_9_rows(seeds)
    best = toy_runs.best_rows(seeds)
    assert len(set(table)) == 70 and {row.width for row in table} == {64}
    assert len(set(figure)) == 4 * 6 * 5 and len(set(best)) == 5
    steps = {row.protocol.epochs * row.protocol.epoch_steps for row in [*table, *figure, *best]}
    assert steps == {8000}
    for rows in (toy_runs.table_1_rows(range(1), "smoke"), toy_runs.best_rows(range(1), "smoke")):
        assert max(row.protocol.epochs * row.protocol.epoch_steps for row in rows) <= 320
