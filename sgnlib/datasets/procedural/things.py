"""What stands on the land and floats on the water, put into a view from far to near."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sgnlib.datasets.procedural.noise import Field
from sgnlib.datasets.procedural.scene import Boat, House, Scene, Tree, scale_at
from sgnlib.datasets.procedural.trees import put_tree
from sgnlib.datasets.procedural.view import Material, View


def stand(view: View, scene: Scene, rng: np.random.Generator, *, bare: bool) -> None:
    """Puts a scene's trees, houses and boats into a view, the farthest first.

    Args:
        view: With its land and sky.
        scene: What there is.
        rng: Makes branches and leaves.
        bare: Whether broad-leaved trees have lost their leaves.
    """
    things: list[Tree | House | Boat] = [*scene.trees, *scene.houses, *scene.boats]
    things.sort(key=lambda thing: thing.y)
    for thing, own in zip(things, rng.spawn(len(things)), strict=True):
        depth = 0.42 * (1 - scale_at(thing.y, scene.horizon)) ** 2
        if isinstance(thing, Tree):
            put_tree(view, thing, depth, scene.sunlit_from, own, bare=bare)
        elif isinstance(thing, House):
            _house(view, thing, depth, scene.sunlit_from)
        else:
            _boat(view, thing)


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


def _house(view: View, house: House, depth: float, sunlit_from: float) -> None:
    """A gable front, a side wall, a roof that juts out, a door and windows."""
    x0, x1, foot = house.x, house.x + house.width, house.y
    eaves, ridge = foot - house.height, foot - 1.75 * house.height
    middle = (x0 + x1) / 2
    corner = x1 if house.side > 0 else x0
    back = corner + house.side
    lift = 0.06 * house.height
    front_lit = 0.62 + 0.2 * (sunlit_from * np.sign(house.side) < 0)
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
