"""Trees: round crowns, conifers, cypresses, and what winter leaves of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sgnlib.datasets.procedural.scene import Tree
from sgnlib.datasets.procedural.view import Material, View


def put_tree(
    view: View,
    tree: Tree,
    depth: float,
    sunlit_from: float,
    rng: np.random.Generator,
    *,
    bare: bool,
) -> None:
    """Puts a tree into a view: its trunk, then its crown, needles, flame or bare branches."""
    _trunk(view, tree, depth, crown=0.12 if tree.kind == "cypress" else 0.5)
    if tree.kind == "conifer":
        _conifer(view, tree, depth, sunlit_from, rng)
    elif bare:
        _branches(view, tree, depth, rng)
    elif tree.kind == "cypress":
        _cypress(view, tree, depth, sunlit_from, rng)
    else:
        _crown(view, tree, depth, sunlit_from, rng)


def _trunk(view: View, tree: Tree, depth: float, crown: float) -> None:
    half = 0.026 * tree.height + 0.002
    at = view.window(
        tree.x - 3 * half - 0.1 * tree.height,
        tree.y - crown * tree.height,
        tree.x + 3 * half + 0.1 * tree.height,
        tree.y,
    )
    up = (tree.y - view.y[at]) / tree.height
    across = (view.x[at] - tree.x - tree.lean * up * tree.height) / (half * (1.3 - 0.9 * up))
    view.put(
        np.abs(across) < 1,
        Material.TRUNK,
        at=at,
        depth=depth,
        light=0.5 - 0.25 * across,
        tint=tree.tint,
        angle=np.pi / 2,
    )


def _crown(
    view: View, tree: Tree, depth: float, sunlit_from: float, rng: np.random.Generator
) -> None:
    """A cloud of balls of leaves; every pixel shows the ball that reaches farthest forward."""
    count = 16
    turn = rng.uniform(0, 2 * np.pi, count)
    out = np.sqrt(rng.uniform(0, 1, count))
    centre_x = tree.x + tree.lean * 0.6 * tree.height + 0.27 * tree.height * out * np.cos(turn)
    centre_y = tree.y - 0.66 * tree.height + 0.22 * tree.height * out * np.sin(turn)
    radius = tree.height * rng.uniform(0.09, 0.17, count)
    shades = rng.uniform(-0.08, 0.08, count)
    reach = 0.5 * tree.height
    at = view.window(
        tree.x - reach, tree.y - 1.1 * tree.height, tree.x + reach, tree.y - 0.15 * tree.height
    )
    x, y = view.x[at], view.y[at]
    front = np.full(x.shape, -1.0, dtype=np.float32)
    light = np.zeros(x.shape, dtype=np.float32)
    angle = np.zeros(x.shape, dtype=np.float32)
    for cx, cy, r, shade in zip(centre_x, centre_y, radius, shades, strict=True):
        dx, dy = (x - np.float32(cx)) / np.float32(r), (y - np.float32(cy)) / np.float32(r)
        bulge = 1 - dx * dx - dy * dy
        ahead = bulge > np.maximum(front, 0)
        np.copyto(front, bulge, where=ahead)
        lit = 0.5 + 0.3 * sunlit_from * dx - 0.3 * dy + np.float32(shade)
        np.copyto(light, lit, where=ahead)
        np.copyto(angle, np.arctan2(dx, -dy), where=ahead)
    height = (tree.y - y) / tree.height
    view.put(
        front > 0,
        Material.LEAVES,
        at=at,
        depth=depth,
        light=np.clip(light + 0.45 * (height - 0.66), 0, 1),
        tint=tree.tint,
        rise=np.clip(height, 0, 1),
        angle=angle,
    )


def _conifer(
    view: View, tree: Tree, depth: float, sunlit_from: float, rng: np.random.Generator
) -> None:
    """A cone of drooping tiers with ragged ends."""
    tiers = 7
    ragged = rng.uniform(-1, 1, (2, tiers + 1)).astype(np.float32)
    at = view.window(
        tree.x - 0.26 * tree.height,
        tree.y - tree.height,
        tree.x + 0.26 * tree.height,
        tree.y - 0.1 * tree.height,
    )
    up = np.clip((tree.y - view.y[at]) / tree.height, 0, 1)
    dx = (view.x[at] - tree.x - 0.3 * tree.lean * up * tree.height) / tree.height
    along = (1 - up) / 0.9 * tiers - np.abs(dx) * 5
    tier = np.clip(along.astype(np.int64), 0, tiers)
    down = along - tier
    side = (dx > 0).astype(np.int64)
    half = 0.22 * (1 - up) * (0.62 + 0.38 * down) * (1 + 0.2 * ragged[side, tier]) + 0.004
    across = dx / np.maximum(half, 1e-3)
    view.put(
        (np.abs(across) < 1) & (along > -0.5),
        Material.NEEDLES,
        at=at,
        depth=depth,
        light=np.clip(0.62 + 0.25 * sunlit_from * across - 0.4 * down + 0.1 * up, 0, 1),
        tint=tree.tint,
        rise=up,
        angle=np.pi / 2 - 0.9 * across,
    )


def _cypress(
    view: View, tree: Tree, depth: float, sunlit_from: float, rng: np.random.Generator
) -> None:
    """A slender flame."""
    phase, waves = rng.uniform(0, 2 * np.pi), rng.uniform(7, 11)
    at = view.window(
        tree.x - 0.2 * tree.height,
        tree.y - tree.height,
        tree.x + 0.2 * tree.height,
        tree.y - 0.04 * tree.height,
    )
    up = np.clip((tree.y - view.y[at]) / tree.height, 0, 1)
    sway = 0.25 * tree.lean * up + 0.012 * np.sin(waves * up + phase)
    dx = (view.x[at] - tree.x) / tree.height - sway
    half = 0.13 * np.minimum(up * 5, 1) ** 0.5 * (1 - up) ** 0.75 * 1.35 + 1e-3
    half = half * (1 + 0.14 * np.sin(3 * waves * up + phase + 4 * np.sign(dx)))
    across = dx / half
    view.put(
        np.abs(across) < 1,
        Material.LEAVES,
        at=at,
        depth=depth,
        light=np.clip(0.38 + 0.28 * sunlit_from * across + 0.1 * up, 0, 1),
        tint=-1.0,
        rise=up,
        angle=np.pi / 2 + 0.5 * np.sin(waves * 1.5 * up + 3 * across),
    )


def _branches(view: View, tree: Tree, depth: float, rng: np.random.Generator) -> None:
    """Forks of ever thinner branches, all of one thickness at once."""
    x, y = np.array([tree.x]), np.array([tree.y])
    heading = np.array([-np.pi / 2 + tree.lean])
    length, width = np.array([0.34 * tree.height]), 0.026 * tree.height
    mask = np.zeros(view.size * view.size, dtype=bool)
    for _ in range(6):
        dx, dy = length * np.cos(heading), length * np.sin(heading)
        _limbs(view, mask, (x, y), (dx, dy), max(width, 0.0084))
        turn = rng.uniform(0.2, 0.62, (2, len(x))) * [[-1], [1]]
        shrink = rng.uniform(0.66, 0.84, (2, len(x)))
        x, y = np.tile(x + dx, 2), np.tile(y + dy, 2)
        heading, length = (heading + turn).reshape(-1), (length * shrink).reshape(-1)
        width *= 0.64
    view.put(
        mask.reshape(view.size, view.size),
        Material.TRUNK,
        depth=depth,
        light=0.45,
        tint=tree.tint,
    )


def _limbs(
    view: View,
    mask: NDArray[np.bool_],
    start: tuple[NDArray[np.float64], NDArray[np.float64]],
    reach: tuple[NDArray[np.float64], NDArray[np.float64]],
    width: float,
) -> None:
    """Marks straight limbs of equal width in a flat mask, by dots closer than pixels."""
    (x, y), (dx, dy) = start, reach
    length = np.hypot(dx, dy) + 1e-9
    along = np.linspace(0, 1, int(length.max() * view.size / 0.7) + 2)
    across = np.linspace(-0.5, 0.5, int(width * view.size / 0.7) + 2) * width
    dots_x = x[:, None, None] + dx[:, None, None] * along[:, None]
    dots_y = y[:, None, None] + dy[:, None, None] * along[:, None]
    columns = ((dots_x - (dy / length)[:, None, None] * across) * view.size).astype(np.int64)
    rows = ((dots_y + (dx / length)[:, None, None] * across) * view.size).astype(np.int64)
    seen = (columns >= 0) & (columns < view.size) & (rows >= 0) & (rows < view.size)
    mask[rows[seen] * view.size + columns[seen]] = True
