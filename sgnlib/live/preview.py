"""Pictures at the nodes of a lattice over the simplex, and their blends: a frame in no time.

Over the simplex the picture changes smoothly, so a blend of the pictures at the surrounding nodes
is nearly the exact one. Where it is not, the lattice is made finer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache

import numpy as np

from sgnlib.live.backends import Picture, psnr
from sgnlib.live.lattice import all_nodes, surrounding

Node = tuple[int, ...]
"""A point of the finest lattice: integers that sum to `FINEST`."""

LEVELS = (4, 8, 16)
"""Divisions of the simplex's edges: 15 nodes for three domains, then finer where needed."""
FINEST = LEVELS[-1]

LEAST_PSNR = 45.0
"""dB to the exact picture below which a cell is refined."""


class Preview:
    """The pictures of one photo that are there so far.

    Args:
        domains: Length of S.
    """

    def __init__(self, domains: int) -> None:
        self.domains = domains
        self.pictures: dict[Node, Picture] = {}
        self._wanted = set(coarse_nodes(domains))
        self._unchecked = set(cells(domains, LEVELS[0]))

    def __len__(self) -> int:
        return len(self.pictures)

    @property
    def complete(self) -> bool:
        """Whether every node of the coarse lattice has its picture."""
        return all(node in self.pictures for node in coarse_nodes(self.domains))

    def blend(self, sym: Sequence[float]) -> Picture | None:
        """The picture at S from those around it; None outside the simplex or before they exist."""
        if min(sym) < -1e-6 or abs(sum(sym) - 1) > 1e-4:
            return None
        for divisions in reversed(LEVELS):
            nodes, weights = around(sym, divisions)
            if all(node in self.pictures for node in nodes):
                return mixed([self.pictures[node] for node in nodes], weights)
        return None

    @staticmethod
    def place(node: Node) -> list[float]:
        """The S of a node."""
        return [n / FINEST for n in node]

    def next_node(self, sym: Sequence[float]) -> Node | None:
        """The missing node nearest to S; None if nothing is missing."""
        at = np.asarray(sym) * FINEST
        return min(self._wanted, key=lambda node: float(np.sum((at - node) ** 2)), default=None)

    def add(self, node: Node, picture: Picture) -> None:
        """Stores a node's picture."""
        self.pictures[node] = picture
        self._wanted.discard(node)

    def next_cell(self) -> tuple[Node, ...] | None:
        """A cell whose blend nobody has checked yet, once its nodes have pictures."""
        ready = (c for c in self._unchecked if all(node in self.pictures for node in c))
        return next(ready, None)

    def fill(self, picture: Callable[[Sequence[float]], Picture]) -> None:
        """Makes all nodes, checks all cells, and makes what they ask for.

        Args:
            picture: The exact picture at an S.
        """
        anywhere = (1.0,) + (0.0,) * (self.domains - 1)
        while True:
            while (node := self.next_node(anywhere)) is not None:
                self.add(node, picture(self.place(node)))
            if (cell := self.next_cell()) is None:
                return
            self.check(cell, picture((np.mean(cell, axis=0) / FINEST).tolist()))

    def check(self, cell: tuple[Node, ...], exact: Picture) -> float:
        """Compares the blend at a cell's centroid with the exact picture; may ask for more nodes.

        Returns:
            The blend's PSNR in dB.
        """
        self._unchecked.discard(cell)
        equal = np.full(len(cell), 1 / len(cell))
        likeness = psnr(mixed([self.pictures[node] for node in cell], equal), exact)
        if likeness < LEAST_PSNR:
            finer = LEVELS[LEVELS.index(_level(cell)) + 1 :]
            inside = [c for c in cells(self.domains, finer[0]) if _within(c, cell)] if finer else []
            self._unchecked.update(inside)
            self._wanted.update(n for c in inside for n in c if n not in self.pictures)
        return likeness


def around(sym: Sequence[float], divisions: int) -> tuple[list[Node], np.ndarray]:
    """The nodes around S in a lattice of the given divisions, with S's weights on them."""
    nodes, weights = surrounding(sym, divisions)
    return [_scaled(node, divisions) for node in nodes], np.asarray(weights)


def mixed(pictures: Sequence[Picture], weights: np.ndarray) -> Picture:
    """The weighted mean of pictures, weights summing to 1, in 16-bit integers: 256ths."""
    parts = np.round(weights * 256).astype(int)
    parts[np.argmax(parts)] += 256 - parts.sum()
    total = np.full(pictures[0].shape, 128, dtype=np.uint16)
    for picture, part in zip(pictures, parts.tolist(), strict=True):
        if part:
            total += picture * np.uint16(part)
    return (total >> 8).astype(np.uint8)


@cache
def coarse_nodes(domains: int) -> tuple[Node, ...]:
    """All nodes of the coarse lattice."""
    return tuple(_scaled(node, LEVELS[0]) for node in all_nodes(domains, LEVELS[0]))


@cache
def cells(domains: int, divisions: int) -> tuple[tuple[Node, ...], ...]:
    """All cells of a lattice, each by its corners: for three domains triangles."""
    return tuple(_cells(domains, divisions))


def _cells(domains: int, divisions: int) -> Iterator[tuple[Node, ...]]:
    # A cell's centroid has coordinates in multiples of 1 / (domains x divisions).
    fine = domains * divisions
    for point in all_nodes(domains, fine):
        nodes, weights = around([n / fine for n in point], divisions)
        if len(nodes) == domains and np.ptp(weights) < 1e-4:
            yield tuple(sorted(nodes))


def _level(cell: tuple[Node, ...]) -> int:
    step = np.abs(np.subtract(cell[0], cell[1])).max()
    return FINEST // int(step)


def _within(small: tuple[Node, ...], large: tuple[Node, ...]) -> bool:
    centroid = np.mean(small, axis=0) / FINEST
    nodes, _ = around(centroid.tolist(), _level(large))
    return set(nodes) <= set(large)


def _scaled(node: Sequence[int], divisions: int) -> Node:
    return tuple(int(n) * (FINEST // divisions) for n in node)
