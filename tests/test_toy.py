"""The toy problem: its functions, the exact optimum, the draws, and that training works."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from sgnlib import toy
from sgnlib.toy import BEST, HYPER, S_IN, SYM, WEIGHTS, FreshProtocol, PaperProtocol, ToyNetwork

GRID = (2 * torch.arange(20_001, dtype=torch.float64) + 1) / 20_001 - 1

# L*, L_r, L_c of the best function of x, from a computation of its own on 20,001 points.
OPTIMUM = {
    (1.0, 0.0): (0.0000, 0.0000, 0.2151),
    (0.75, 0.25): (0.0476, 0.0065, 0.1710),
    (0.5, 0.5): (0.0802, 0.0358, 0.1247),
    (0.25, 0.75): (0.0834, 0.1615, 0.0573),
    (0.0, 1.0): (0.0000, 0.4275, 0.0000),
}


def test_the_problem_is_that_of_the_supplement() -> None:
    x = torch.tensor([-1.0, -0.5, 0.5, 1.0], dtype=torch.float64)
    assert toy.g(x).tolist() == pytest.approx([0.32, 0.76, 0.29, 0.88])
    assert toy.h(x).tolist() == pytest.approx([0.6, 0.55, 0.45, 0.4])
    assert toy.label(x).tolist() == [1, 0, 1, 0]
    assert toy.g(GRID).min() > 0 and toy.g(GRID).max() < 1
    borders = GRID[1:][toy.label(GRID).diff() != 0]
    assert borders.tolist() == pytest.approx([-0.839, 0.0, 0.739], abs=1e-3)


@pytest.mark.parametrize("sym", WEIGHTS)
def test_exact_optimum(sym: tuple[float, float]) -> None:
    weights = torch.tensor([sym], dtype=torch.float64)
    parts = toy.losses(toy.optimum(GRID, weights), GRID).mean(dim=0)
    found = [float((parts * weights).sum()), *parts.tolist()]
    assert found == pytest.approx(OPTIMUM[sym], abs=6e-5)


@pytest.mark.parametrize("sym", [(1.0, 0.0), (0.97, 0.03), (0.62, 0.38), (0.1, 0.9), (0.0, 1.0)])
def test_no_output_beats_the_optimum_anywhere(sym: tuple[float, float]) -> None:
    x, weights = GRID[::200], torch.tensor([sym], dtype=torch.float64)
    least = (toy.losses(toy.optimum(x, weights), x) * weights).sum(dim=1)
    outputs = torch.linspace(0, 1, 2001, dtype=torch.float64)
    every = torch.stack([(toy.losses(y.expand(len(x)), x) * weights).sum(dim=1) for y in outputs])
    assert (every - least).min() > -1e-12
    assert (every.min(dim=0).values - least).max() < 1e-5


def test_losses_of_logits_are_those_of_the_output() -> None:
    generator = torch.Generator().manual_seed(3)
    logits = 4 * torch.randn(len(GRID), generator=generator, dtype=torch.float64)
    torch.testing.assert_close(
        toy.losses_of_logits(logits, GRID), toy.losses(logits.sigmoid(), GRID)
    )


def test_what_each_model_sees_and_is_weighted_with() -> None:
    drawn = torch.tensor([[0.3, 0.7], [0.9, 0.1]])
    constant = torch.tensor([[0.75, 0.25]] * 2)
    middle = torch.full((2, 2), 0.5)
    for model, expected in ((SYM, (drawn, drawn)), (HYPER[1], (constant, constant)),
                            (S_IN, (drawn, middle)), (BEST, (drawn, drawn))):  # fmt: skip
        for found, wanted in zip(model.conditions(drawn), expected, strict=True):
            assert torch.equal(found, wanted), model.name


def test_an_epoch_of_the_paper_is_the_whole_data_set_in_a_new_order() -> None:
    protocol = PaperProtocol()
    x, sym = protocol.draw(seed=4, epoch=7)
    again, later = protocol.draw(seed=4, epoch=7), protocol.draw(seed=4, epoch=8)
    assert x.shape == (16, 16) and len(set(x.flatten().tolist())) == 256
    assert torch.equal(x, again[0]) and torch.equal(sym, again[1])
    assert not torch.equal(x, later[0])
    assert torch.equal(x.flatten().sort().values, later[0].flatten().sort().values)
    torch.testing.assert_close(sym.sum(dim=2), torch.ones(16, 16))


def test_fresh_draws_cover_x_and_follow_the_same_law_of_s() -> None:
    x, sym = FreshProtocol(batch_size=400).draw(seed=1, epoch=0)
    cells = ((x + 1) / 2 * 400).floor()
    assert all(sorted(step.tolist()) == list(range(400)) for step in cells)
    torch.testing.assert_close(sym.sum(dim=2), torch.ones(16, 400))
    s = sym[..., 0].double()
    beta = np.random.default_rng(0).beta(0.5, 0.5, 200_000)
    assert [float(s.mean()), float(s.var())] == pytest.approx([0.5, 0.125], abs=2e-3)
    for level in (0.02, 0.3, 0.9):
        assert float((s < level).float().mean()) == pytest.approx((beta < level).mean(), abs=5e-3)
    assert abs(np.corrcoef(x.flatten(), s.flatten())[0, 1]) < 0.05


def test_learning_rates() -> None:
    steps = (0, 3199, 3200, 6399, 6400, 7999)
    assert [PaperProtocol().learning_rate(s) for s in steps] == [1e-2, 1e-2, 1e-3, 1e-3, 1e-4, 1e-4]
    fresh = FreshProtocol()
    assert fresh.learning_rate(0) == 0
    assert fresh.learning_rate(4000) == pytest.approx(5e-3)
    assert fresh.learning_rate(7999) < 1e-8


def test_weights_come_from_the_seed_alone() -> None:
    one = [p.detach() for p in ToyNetwork(64, seed=5).parameters()]
    torch.manual_seed(1)
    two, other = ToyNetwork(64, seed=5), ToyNetwork(64, seed=6)
    assert sum(p.numel() for p in one) == 3 * 64 + 64 + 2 * (64 * 64 + 64) + 64 + 1
    assert all(torch.equal(a, b) for a, b in zip(one, two.parameters(), strict=True))
    assert not torch.equal(one[0], next(iter(other.parameters())))
    assert float(one[0].abs().max()) <= 3**-0.5 and float(one[2].abs().max()) <= 1 / 8


def test_a_short_training_learns_both_corners() -> None:
    torch.set_num_threads(1)
    short = FreshProtocol(batch_size=128, steps=320)
    network = toy.train(replace(BEST, protocol=short))
    x = GRID[::20].float()
    with torch.no_grad():
        regression, classification = (
            toy.losses(network(x, torch.tensor([sym]).expand(len(x), 2)), x).mean(dim=0)[k]
            for k, sym in enumerate(((1.0, 0.0), (0.0, 1.0)))
        )
    assert float(regression) < 0.01 and float(classification) < 0.03
