"""Trees, houses and boats: put into a view from far to near."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sgnlib.datasets.procedural.noise import Field
from sgnlib.datasets.procedural.scene import Boat, House, Scene, Tree
from sgnlib.datasets.procedural.view import Material, View


def stand(view: View, scene: Scene, rng: np.random.Generator, *, bare: bool) -> None:
    """Puts a scene's trees, houses and boats into a view, the farthest first.

    Args:
        view: With its land and sky.
        scene: What there is.
        rng: Makes branches and leaves.
        bare: Whether broad-leaved trees have lost their leaves.
    """
    things: list[tuple[float, Callable[[np.random.Generator], None]]] = []
    for tree in scene.trees:
        things.append((tree.y, lambda own, tree=tree: _tree(view, scene, tree, own, bare)))  # type: ignore[misc]
    for house in scene.houses:
        things.append((house.y, lambda own, house=house: _house(view, scene, house)))  # type: ignore[misc]
    for boat in scene.boats:
        things.append((boat.y, lambda own, boat=boat: _boat(view, boat)))  # type: ignore[misc]
    for (_, put), own in zip(
        sorted(things, key=lambda thing: thing[0]), rng.spawn(len(things)), strict=True
    ):
        put(own)


def _near(scene: Scene, y: float) -> float:
    return min(max((y - scene.horizon) / (1 - scene.horizon), 0.0), 1.0)


def _tree(view: View, scene: Scene, tree: Tree, rng: np.random.Generator, bare: bool) -> None:
    depth = 0.42 * (1 - _near(scene, tree.y)) ** 2
    _trunk(view, tree, depth, crown=0.12 if tree.kind == "cypress" else 0.5)
    if tree.kind == "conifer":
        _conifer(view, scene, tree, depth, rng)
    elif bare:
        _branches(view, tree, depth, rng)
    elif tree.kind == "cypress":
        _cypress(view, scene, tree, depth, rng)
    else:
        _crown(view, scene, tree, depth, rng)


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


def _crown(view: View, scene: Scene, tree: Tree, depth: float, rng: np.random.Generator) -> None:
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
        lit = 0.5 + 0.3 * scene.sunlit_from * dx - 0.3 * dy + np.float32(shade)
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


def _conifer(view: View, scene: Scene, tree: Tree, depth: float, rng: np.random.Generator) -> None:
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
        light=np.clip(0.62 + 0.25 * scene.sunlit_from * across - 0.4 * down + 0.1 * up, 0, 1),
        tint=tree.tint,
        rise=up,
        angle=np.pi / 2 - 0.9 * across,
    )


def _cypress(view: View, scene: Scene, tree: Tree, depth: float, rng: np.random.Generator) -> None:
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
        light=np.clip(0.38 + 0.28 * scene.sunlit_from * across + 0.1 * up, 0, 1),
        tint=-1.0,
        rise=up,
        angle=np.pi / 2 + 0.5 * np.sin(waves * 1.5 * up + 3 * across),
    )


def _branches(view: View, tree: Tree, depth: float, rng: np.random.Generator) -> None:
    """Forks of ever thinner branches."""
    direction = -np.pi / 2 + tree.lean
    tips = [(tree.x, tree.y - 0.0 * tree.height, direction, 0.34 * tree.height)]
    width = 0.026 * tree.height
    for _ in range(6):
        grown = []
        for x, y, heading, length in tips:
            x1, y1 = x + length * np.cos(heading), y + length * np.sin(heading)
            _limb(view, (x, y), (x1, y1), width, depth, tree.tint)
            for fork in (-1, 1):
                turn = fork * rng.uniform(0.2, 0.62)
                grown.append((x1, y1, heading + turn, length * rng.uniform(0.66, 0.84)))
        tips, width = grown, 0.64 * width


def _limb(
    view: View,
    start: tuple[float, float],
    end: tuple[float, float],
    width: float,
    depth: float,
    tint: float,
) -> None:
    half = max(width / 2, 0.0042)
    (x0, y0), (x1, y1) = start, end
    at = view.window(min(x0, x1) - half, min(y0, y1) - half, max(x0, x1) + half, max(y0, y1) + half)
    x, y = view.x[at] - np.float32(x0), view.y[at] - np.float32(y0)
    dx, dy = x1 - x0, y1 - y0
    square = dx * dx + dy * dy + 1e-9
    along = np.clip((x * dx + y * dy) / square, 0, 1)
    distance = (x - along * dx) ** 2 + (y - along * dy) ** 2
    view.put(
        distance < half * half,
        Material.TRUNK,
        at=at,
        item=False,
        depth=depth,
        light=0.45,
        tint=tint,
        angle=np.arctan2(dy, dx),
    )


def _polygon(
    view: View, points: list[tuple[float, float]]
) -> tuple[tuple[slice, slice], NDArray[np.bool_]]:
    """The window and mask of a convex polygon, whichever way round it is given."""
    xs, ys = zip(*points, strict=True)
    at = view.window(min(xs), min(ys), max(xs), max(ys))
    x, y = view.x[at], view.y[at]
    sides: list[Field] = []
    for (x0, y0), (x1, y1) in zip(points, points[1:] + points[:1], strict=True):
        sides.append((x - np.float32(x0)) * (y1 - y0) - (y - np.float32(y0)) * (x1 - x0))
    return at, np.all([s >= 0 for s in sides], axis=0) | np.all([s <= 0 for s in sides], axis=0)


def _house(view: View, scene: Scene, house: House) -> None:
    """A gable front, a side wall, a roof that juts out, a door and windows."""
    depth = 0.42 * (1 - _near(scene, house.y)) ** 2
    x0, x1, foot = house.x, house.x + house.width, house.y
    eaves, ridge = foot - house.height, foot - 1.75 * house.height
    middle = (x0 + x1) / 2
    corner = x1 if house.side > 0 else x0
    back = corner + house.side
    lift = 0.06 * house.height
    front_lit = 0.62 + 0.2 * (scene.sunlit_from * np.sign(house.side) < 0)
    side_lit = 1.24 - front_lit

    def part(
        points: list[tuple[float, float]],
        material: Material,
        light: float,
        rise: float = 0.5,
        angle: float = 0.0,
    ) -> None:
        at, mask = _polygon(view, points)
        view.put(
            mask,
            material,
            at=at,
            light=light,
            depth=depth,
            tint=house.tint,
            rise=rise,
            angle=angle,
        )

    side_wall = [(corner, foot), (back, foot - lift), (back, eaves), (corner, eaves)]
    part(side_wall, Material.WALL, side_lit - 0.12, rise=0.4)
    gable = [(x0, foot), (x0, eaves), (middle, ridge), (x1, eaves), (x1, foot)]
    part(gable, Material.WALL, front_lit, rise=0.5)
    out = 0.06 * house.width * np.sign(house.side)
    low = eaves + 0.12 * house.height
    roof = [
        (middle - out, ridge - 0.04 * house.height),
        (middle + house.side, ridge),
        (back + out, low),
        (corner + out, low),
    ]
    part(roof, Material.ROOF, side_lit + 0.05, rise=1.0, angle=0.9 * np.sign(house.side))
    other = x0 if house.side > 0 else x1
    edge = 0.07 * house.height
    verge = [
        (middle, ridge - edge), (middle, ridge + edge), (other - out, low), (other - 2 * out, low),
    ]  # fmt: skip
    part(verge, Material.ROOF, front_lit - 0.1, rise=1.0, angle=-0.9 * np.sign(house.side))
    _openings(view, house, part)


def _openings(view: View, house: House, part: Callable[..., None]) -> None:
    w, h = house.width, house.height
    pane_w, pane_h = 0.2 * w, 0.3 * h
    for share in (0.16, 0.64):
        left, top = house.x + share * w, house.y - 0.78 * h
        pane = [
            (left, top), (left + pane_w, top), (left + pane_w, top + pane_h), (left, top + pane_h),
        ]  # fmt: skip
        part(pane, Material.WINDOW, 0.4)
    left, top = house.x + 0.41 * w, house.y - 0.42 * h
    door = [(left, top), (left + 0.18 * w, top), (left + 0.18 * w, house.y), (left, house.y)]
    part(door, Material.WINDOW, 0.25)


def _boat(view: View, boat: Boat) -> None:
    h = boat.height
    for side, light in ((1, 0.75), (-1, 0.55)):
        sail = [
            (boat.x, boat.y - h),
            (boat.x + 0.02 * h * side, boat.y - 0.16 * h),
            (boat.x + (0.5 if side > 0 else 0.3) * h * side, boat.y - 0.2 * h),
        ]
        at, mask = _polygon(view, sail)
        view.put(mask, Material.SAIL, at=at, light=light, rise=0.5, angle=1.2, depth=0.2)
    hull = [
        (boat.x - 0.42 * h, boat.y - 0.14 * h),
        (boat.x + 0.5 * h, boat.y - 0.14 * h),
        (boat.x + 0.34 * h, boat.y),
        (boat.x - 0.3 * h, boat.y),
    ]
    at, mask = _polygon(view, hull)
    view.put(mask, Material.HULL, at=at, light=0.4, rise=0.0, angle=0.0, depth=0.2)
