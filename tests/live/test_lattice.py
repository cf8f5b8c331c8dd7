"""The lattice over the simplex: its nodes around S, and their weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from sgnlib.live.lattice import SNAP, all_nodes, surrounding
from sgnlib.sym import grid

DOMAINS = (2, 3, 4, 5)


def points(domains: int, count: int = 400) -> list[tuple[float, ...]]:
    """Random S, some of them on faces and edges; in float32, as a browser or a tensor has them."""
    rng = np.random.default_rng(domains)
    drawn = rng.dirichlet([0.4] * domains, size=count)
    drawn[::3, rng.integers(domains)] = 0
    drawn[1::5, : domains - 2] = 0
    drawn /= drawn.sum(axis=1, keepdims=True)
    return [tuple(row) for row in drawn.astype(np.float32).astype(float).tolist()]


def interpolated(
    sym: Sequence[float], divisions: int, values: dict[tuple[int, ...], float]
) -> float:
    nodes, weights = surrounding(sym, divisions)
    return sum(w * values[node] for node, w in zip(nodes, weights, strict=True))


@pytest.mark.parametrize("divisions", [1, 4, 7])
@pytest.mark.parametrize("domains", DOMAINS)
def test_s_is_the_weighted_mean_of_few_nodes(domains: int, divisions: int) -> None:
    for sym in points(domains):
        nodes, weights = surrounding(sym, divisions)
        assert 1 <= len(nodes) <= domains
        assert len(set(nodes)) == len(nodes)
        assert all(min(node) >= 0 and sum(node) == divisions for node in nodes)
        assert min(weights) > 0
        assert sum(weights) == pytest.approx(1, abs=1e-12)
        mean = np.array(weights) @ np.array(nodes) / divisions
        np.testing.assert_allclose(mean, sym, atol=domains * SNAP)


@pytest.mark.parametrize("domains", DOMAINS)
def test_a_cell_is_as_small_as_a_step(domains: int) -> None:
    for sym in points(domains):
        nodes = np.array(surrounding(sym, 6)[0])
        assert (nodes.max(axis=0) - nodes.min(axis=0)).max() <= 1


@pytest.mark.parametrize("domains", DOMAINS)
def test_at_a_node_it_is_that_node_alone(domains: int) -> None:
    for divisions in (1, 3, 4, 10):
        for row in grid(domains, divisions):
            node = tuple(round(s * divisions) for s in row.tolist())
            assert surrounding(row.tolist(), divisions) == ([node], [1.0])


def test_where_a_domain_has_no_weight_no_node_has_it() -> None:
    for sym in points(4):
        for node in surrounding(sym, 5)[0]:
            assert all(count == 0 for count, s in zip(node, sym, strict=True) if s == 0)


@pytest.mark.parametrize("domains", DOMAINS)
def test_what_is_interpolated_is_continuous(domains: int) -> None:
    rng = np.random.default_rng(9)
    values = {node: float(rng.uniform(-1, 1)) for node in all_nodes(domains, 4)}
    for start, end in zip(points(domains, 40), points(domains, 41)[1:], strict=True):
        walk = np.linspace(start, end, 200)
        along = [interpolated(sym.tolist(), 4, values) for sym in walk]
        # A step's change is at most the steepest slope (2 per lattice step) times its length.
        steepest = 2 * 4 * np.abs(np.array(end) - start).sum() / 199
        assert np.abs(np.diff(along)).max() <= steepest + 1e-5


def test_nodes_are_those_of_the_grid() -> None:
    for domains, divisions, count in ((3, 4, 15), (4, 4, 35), (2, 6, 7)):
        nodes = torch.tensor(all_nodes(domains, divisions))
        assert len(nodes) == count
        torch.testing.assert_close(nodes / divisions, grid(domains, divisions))


def test_what_is_no_place_in_the_lattice_is_refused() -> None:
    with pytest.raises(ValueError, match="not be negative"):
        surrounding((1.5, -0.5, 0.0), 4)
    with pytest.raises(ValueError, match=r"sum 0\.9"):
        surrounding((0.5, 0.2, 0.2), 4)
    with pytest.raises(ValueError, match="at least 1 division; got 0"):
        surrounding((0.5, 0.5), 0)
