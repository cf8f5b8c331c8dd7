"""Laws of the simplex and of Eq. (1)."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sgnlib import sym


def test_draws_lie_on_the_simplex_and_follow_the_seed() -> None:
    draw = sym.sample_sym((0.5, 0.5, 0.5), 1000, np.random.default_rng(3))
    again = sym.sample_sym((0.5, 0.5, 0.5), 1000, np.random.default_rng(3))
    assert torch.equal(draw, again)
    assert draw.min() >= 0
    torch.testing.assert_close(draw.sum(dim=1), torch.ones(1000))


def test_draws_have_the_moments_of_the_dirichlet_distribution() -> None:
    alpha = np.array([0.5, 1.5, 3.0])
    draw = sym.sample_sym(tuple(alpha), 200_000, np.random.default_rng(0)).double().numpy()
    share = alpha / alpha.sum()
    variance = share * (1 - share) / (alpha.sum() + 1)
    np.testing.assert_allclose(draw.mean(axis=0), share, atol=2e-3)
    np.testing.assert_allclose(draw.var(axis=0), variance, rtol=2e-2)


@pytest.mark.parametrize("alpha", [(0.5, 0.0), (0.5, -1.0), (float("nan"), 1.0)])
def test_concentration_must_be_positive(alpha: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        sym.sample_sym(alpha, 2, np.random.default_rng(0))


def test_eq_1_weights_each_image_before_the_mean() -> None:
    losses = torch.tensor([[1.0, 10.0], [5.0, 2.0]])
    weights = torch.tensor([[0.9, 0.1], [0.2, 0.8]])
    # (0.9 + 1.0 + 1.0 + 1.6) / 2; weighting the batch means would give 4.35.
    torch.testing.assert_close(sym.sym_weighted(losses, weights), torch.tensor(2.25))


def test_validation_names_the_fault() -> None:
    assert sym.validate_sym([0.3, 0.2, 0.5], 3) == (0.3, 0.2, 0.5)
    assert sym.validate_sym([0, 1.5, 0], 3, extrapolate=True) == (0.0, 1.5, 0.0)
    with pytest.raises(ValueError, match=r"needs 3 values.*got 2"):
        sym.validate_sym([0.5, 0.5], 3)
    with pytest.raises(ValueError, match=r"must sum to 1.*sum 1.5"):
        sym.validate_sym([0, 1.5, 0], 3)
    with pytest.raises(ValueError, match="must not be negative"):
        sym.validate_sym([1.2, -0.2, 0], 3)
    with pytest.raises(ValueError, match="finite"):
        sym.validate_sym([float("nan"), 0.5, 0.5], 3, extrapolate=True)


@pytest.mark.parametrize("domains", [2, 3, 4, 5])
def test_named_points_are_points_of_the_simplex(domains: int) -> None:
    every = torch.cat(
        [
            sym.corners(domains),
            sym.edge_midpoints(domains),
            sym.centre(domains),
            sym.grid(domains, 4),
            sym.path(sym.corners(domains), 13),
        ]
    )
    assert every.min() >= 0
    torch.testing.assert_close(every.sum(dim=1), torch.ones(len(every)))


def test_counts_of_named_points() -> None:
    assert len(sym.edge_midpoints(4)) == 6
    assert len(sym.grid(3, 4)) == 15
    assert len(sym.grid(4, 2)) == 10
    assert torch.equal(sym.grid(3, 1), sym.corners(3))


def test_path_visits_its_waypoints_at_even_pace() -> None:
    way = sym.path(torch.tensor([[1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0]]), 9)
    torch.testing.assert_close(way[0], torch.tensor([1.0, 0, 0]))
    torch.testing.assert_close(way[2], torch.tensor([0.5, 0.5, 0]))
    torch.testing.assert_close(way[4], torch.tensor([0, 1.0, 0]))
    torch.testing.assert_close(way[-1], torch.tensor([0, 0, 1.0]))
    paces = (way[1:] - way[:-1]).norm(dim=1)
    torch.testing.assert_close(paces, paces[:1].expand_as(paces))


def test_plane_and_simplex_are_inverse_inside_and_outside() -> None:
    points = np.array([[0.2, 0.3, 0.5], [0, 1.5, -0.5], [1, 0, 0]])
    np.testing.assert_allclose(sym.from_plane(sym.to_plane(points)), points, atol=1e-12)
    np.testing.assert_allclose(sym.to_plane(np.array([1.0, 0, 0])), [0, 1], atol=1e-12)
    assert sym.to_plane(np.array([0, 1.0, 0]))[0] > 0, "the second corner follows clockwise"


def test_the_tour_meets_every_corner_and_ends_where_it_began() -> None:
    syms = sym.tour(3, 5)
    assert syms.shape == (16, 3)
    for frame, corner in ((0, 0), (5, 1), (10, 2), (15, 0)):
        torch.testing.assert_close(syms[frame], torch.eye(3)[corner])
    steps = (syms[1:] - syms[:-1]).norm(dim=1)
    torch.testing.assert_close(steps, steps[:1].expand(15))
