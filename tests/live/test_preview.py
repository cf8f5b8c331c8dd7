"""Blends of pictures at lattice nodes: exact at nodes, near elsewhere, finer where not near."""

from __future__ import annotations

import numpy as np
import pytest

from sgnlib.live.preview import FINEST, Preview, cells, coarse_nodes, mixed


def bent(sym: np.ndarray, strength: float) -> np.ndarray:
    """A picture that depends on S, not linearly if strength is not 0."""
    value = 200 * sym[0] + strength * np.sin(6 * sym[1])
    return np.full((2, 2, 3), round(float(np.clip(value, 0, 255))), dtype=np.uint8)


def filled(strength: float, domains: int = 3) -> Preview:
    preview = Preview(domains)
    while (node := preview.next_node((1.0,) + (0.0,) * (domains - 1))) is not None:
        preview.add(node, bent(np.array(node) / FINEST, strength))
    return preview


@pytest.mark.parametrize(("domains", "nodes", "number"), [(2, 5, 4), (3, 15, 16), (4, 35, 64)])
def test_the_coarse_lattice(domains: int, nodes: int, number: int) -> None:
    assert len(coarse_nodes(domains)) == nodes
    found = cells(domains, 4)
    assert len(found) == len(set(found)) == number


def test_blends_are_exact_where_the_picture_is_linear() -> None:
    preview = filled(0)
    assert preview.complete
    for sym in np.random.default_rng(0).dirichlet((1, 1, 1), size=50):
        blend = preview.blend(sym.tolist())
        assert blend is not None
        assert abs(int(blend[0, 0, 0]) - 200 * sym[0]) <= 1.5


def test_no_blend_outside_or_before_its_nodes_are_there() -> None:
    assert Preview(3).blend((1.0, 0.0, 0.0)) is None
    preview = filled(0)
    assert preview.blend((0.0, 1.5, 0.0)) is None
    assert preview.blend((1.2, -0.2, 0.0)) is None


def test_cells_that_are_not_near_are_refined_and_only_those() -> None:
    straight, curved = filled(0), filled(120)
    for preview in (straight, curved):
        strength = 120 if preview is curved else 0
        preview.fill(lambda sym, strength=strength: bent(np.array(sym), strength))
    assert len(straight) == 15
    assert len(curved) > 15

    def worst(preview: Preview) -> float:
        points = np.random.default_rng(1).dirichlet((1, 1, 1), size=200)
        blends = [preview.blend(sym.tolist()) for sym in points]
        return max(
            abs(int(blend[0, 0, 0]) - int(bent(sym, 120)[0, 0, 0]))
            for sym, blend in zip(points, blends, strict=True)
            if blend is not None
        )

    assert worst(curved) < worst(filled(120)) / 2


def test_the_nearest_missing_node_comes_first() -> None:
    assert Preview(3).next_node((0.02, 0.95, 0.03)) == (0, FINEST, 0)


def test_weights_in_256ths_lose_nothing() -> None:
    white, black = (np.full((1, 1, 3), value, dtype=np.uint8) for value in (255, 0))
    third = np.full(3, 1 / 3)
    assert (mixed([white, white, white], third) == 255).all()
    assert (mixed([white, black], np.array([0.25, 0.75])) == 64).all()
