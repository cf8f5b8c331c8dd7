"""A lattice over the simplex and, by Kuhn's triangulation, the few nodes that surround an S."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise

from sgnlib.sym import grid, validate_sym

Node = tuple[int, ...]
"""One count per domain, together `divisions`: the point `node / divisions` of the simplex."""

SNAP = 1e-5
"""Lattice steps within which S counts as lying on a node, an edge or a face; the pad rounds S."""


def all_nodes(domains: int, divisions: int) -> list[Node]:
    """Every node, first domain first: 15 for three domains and four divisions, 35 for four."""
    counts = (grid(domains, divisions) * divisions).round().int()
    return [tuple(node) for node in counts.tolist()]


def surrounding(sym: Sequence[float], divisions: int) -> tuple[list[Node], list[float]]:
    """The nodes of the smallest cell that holds S, and S's barycentric weights among them.

    S is the weighted mean of the nodes, divided by `divisions`; so what is known at the nodes is
    interpolated linearly inside a cell and continuously across cells. At a node it is that node
    alone, on an edge between two nodes those two, inside a cell as many nodes as there are domains.

    Args:
        sym: A point of the simplex, of two or more domains.
        divisions: Steps from one corner to another, at least 1.

    Returns:
        Nodes, and their weights: positive, sum 1.

    Raises:
        ValueError: S is not on the simplex, or there are no divisions.
    """
    if divisions < 1:
        raise ValueError(f"a lattice needs at least 1 division; got {divisions}")
    point = validate_sym(sym, len(sym))
    # What is left of the mass after each domain but the last: divisions >= y_1 >= y_2 >= ... >= 0.
    # In these coordinates the lattice is that of the integers and the cells are Kuhn's simplices.
    total = sum(point)
    left = [divisions * (1 - done / total) for done in accumulate(point[:-1])]
    whole, fractions = _split(left)
    # From the cell's lowest node one unit step along each axis, largest fraction first. Ties keep
    # the order of the axes: so the steps never leave y_1 >= y_2 >= ...
    axes = sorted(range(len(left)), key=lambda axis: -fractions[axis])
    falling = [1.0, *(fractions[axis] for axis in axes), 0.0]
    nodes, weights = [], []
    for step in range(len(falling) - 1):
        if step:
            whole[axes[step - 1]] += 1
        if falling[step] > falling[step + 1]:
            nodes.append(_counts(whole, divisions))
            weights.append(falling[step] - falling[step + 1])
    return nodes, weights


def _split(values: Sequence[float]) -> tuple[list[int], list[float]]:
    """Whole parts and fractions; what is within SNAP of a whole number is that number."""
    whole = [int(value + SNAP) for value in values]
    fractions = [value - n for value, n in zip(values, whole, strict=True)]
    return whole, [fraction if fraction > SNAP else 0.0 for fraction in fractions]


def _counts(left: Sequence[int], divisions: int) -> Node:
    steps = [divisions, *left, 0]
    return tuple(before - after for before, after in pairwise(steps))
