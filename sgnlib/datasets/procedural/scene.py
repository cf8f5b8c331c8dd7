"""The grammar of scenes: what stands where, in units of the image's side, without any colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

TreeKind = Literal["round", "conifer", "cypress"]
WaterKind = Literal["none", "lake", "river", "sea"]
CloudKind = Literal["none", "heaps", "streaks"]


@dataclass(frozen=True)
class Sun:
    """A disc in the sky."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True)
class Ridge:
    """A range of mountains or hills: everything below its line.

    Attributes:
        base: Height of its foot, `rise` above it are the tops (y points down).
        waves: How many tops fit beside each other.
        roughness: Gain of the fractal line: 0.25 is a hill, 0.55 is rock.
        peak: (x, height, width) of one cone as of a volcano; height 0 is none.
        depth: 0 at the viewer, 1 at infinity.
    """

    base: float
    rise: float
    waves: int
    roughness: float
    peak: tuple[float, float, float]
    depth: float
    rocky: bool


@dataclass(frozen=True)
class Bend:
    """The course of a river or path from the horizon to the viewer.

    Attributes:
        to: Where it meets the lower edge.
        sway: How far it swings sideways.
        phase: Where it swings, radians.
    """

    to: float
    sway: float
    phase: float

    def at(self, near: NDArray[np.floating]) -> NDArray[np.floating]:
        """Its x where things appear `near` (0..1) times as large as at the lower edge."""
        swing = self.sway * near**0.8 * np.sin(self.phase + 4 / (near + 0.4))
        return 0.5 + (self.to - 0.5) * near**0.7 + swing


@dataclass(frozen=True)
class Water:
    """A lake between two shores, a river from the horizon to the viewer, or the sea.

    Attributes:
        top, bottom: Far and near shore.
        bend: Course of a river; a lake's middle is at `bend.to`.
        width: Half the width of a lake.
    """

    kind: WaterKind
    top: float
    bottom: float
    bend: Bend
    width: float


@dataclass(frozen=True)
class Tree:
    """A tree whose foot is at (x, y)."""

    kind: TreeKind
    x: float
    y: float
    height: float
    lean: float
    tint: float


@dataclass(frozen=True)
class House:
    """A house with a gable roof whose front's left foot is at (x, y)."""

    x: float
    y: float
    width: float
    height: float
    side: float
    tint: float


@dataclass(frozen=True)
class Boat:
    """A sailing boat whose hull floats at (x, y)."""

    x: float
    y: float
    height: float


@dataclass(frozen=True)
class Scene:
    """A landscape; `seed` makes the small things: outlines, leaves, ripples.

    Attributes:
        sunlit_from: -1 if the light comes from the left, 1 from the right, between: from above.
        cover: Share of clouds in the sky.
    """

    seed: int
    horizon: float
    sun: Sun | None
    sunlit_from: float
    clouds: CloudKind
    cover: float
    ridges: tuple[Ridge, ...]
    water: Water
    path: Bend | None
    trees: tuple[Tree, ...]
    houses: tuple[House, ...]
    boats: tuple[Boat, ...]


def draw_scene(rng: np.random.Generator) -> Scene:
    """Draws a scene: sky and sun first, then the land from far to near, then what stands on it."""
    horizon = rng.uniform(0.4, 0.62)
    sun_x = rng.uniform(0.1, 0.9)
    sun = Sun(sun_x, rng.uniform(0.1, horizon - 0.12), rng.uniform(0.035, 0.055))
    water = _water(rng, horizon)
    houses = _houses(rng, horizon, water)
    boats = () if water.kind in ("none", "river") else _boats(rng, water)
    return Scene(
        seed=int(rng.integers(2**31)),
        horizon=horizon,
        sun=sun if rng.random() < 0.6 else None,
        sunlit_from=float(np.clip(3 * (sun_x - 0.5), -1, 1)),
        clouds=rng.choice(["none", "heaps", "heaps", "streaks"]).item(),
        cover=rng.uniform(0.2, 0.6),
        ridges=_ridges(rng, horizon),
        water=water,
        path=_bend(rng) if rng.random() < 0.4 else None,
        trees=_trees(rng, horizon, water, houses),
        houses=houses,
        boats=boats,
    )


def _ridges(rng: np.random.Generator, horizon: float) -> tuple[Ridge, ...]:
    ridges = []
    mountains, hills = rng.choice([0, 1, 2], p=[0.25, 0.4, 0.35]), rng.integers(1, 3)
    cone = rng.random() < 0.35
    for index in range(mountains):
        peak = (rng.uniform(0.2, 0.8), rng.uniform(0.16, 0.26), rng.uniform(0.3, 0.45))
        ridges.append(
            Ridge(
                base=horizon + 0.02,
                rise=rng.uniform(0.12, 0.26) * (1 - 0.4 * index) * (0.35 if cone else 1),
                waves=int(rng.integers(2, 5)),
                roughness=rng.uniform(0.42, 0.55),
                peak=peak if cone and index == 0 else (0.5, 0.0, 0.3),
                depth=0.9 - 0.2 * index,
                rocky=True,
            )
        )
    for index in range(hills):
        ridges.append(
            Ridge(
                base=horizon + 0.02 + 0.02 * index,
                rise=rng.uniform(0.04, 0.11) * (1 - 0.3 * index),
                waves=int(rng.integers(1, 4)),
                roughness=rng.uniform(0.2, 0.35),
                peak=(0.5, 0.0, 0.3),
                depth=0.6 - 0.15 * index,
                rocky=False,
            )
        )
    return tuple(ridges)


def _water(rng: np.random.Generator, horizon: float) -> Water:
    kind = rng.choice(["none", "lake", "river", "sea"], p=[0.3, 0.3, 0.15, 0.25]).item()
    top = horizon + rng.uniform(0.04, 0.08)
    bottom = {
        "lake": rng.uniform(top + 0.15, 0.92),
        "river": 1.1,
        "sea": rng.choice([rng.uniform(0.78, 0.95), 1.2]),
        "none": top,
    }[kind]
    if kind == "sea":
        top = horizon + 0.03
    return Water(kind, top, float(bottom), _bend(rng), rng.uniform(0.3, 0.7))


def _bend(rng: np.random.Generator) -> Bend:
    return Bend(rng.uniform(0.2, 0.8), rng.uniform(0.05, 0.2), rng.uniform(0, 2 * np.pi))


def scale_at(y: float, horizon: float) -> float:
    """How large things at height y appear: 0 at the horizon, 1 at the lower edge."""
    return max(y - horizon, 0.0) / (1 - horizon)


def _on_land(rng: np.random.Generator, horizon: float, water: Water, nearest: float) -> float:
    """Draws the height of a foot, more often far than near; -1 where there is no land."""
    far = horizon + 0.035
    shares = [(far, nearest)]
    if water.kind in ("lake", "sea"):
        shares = [(far, water.top - 0.005), (water.bottom + 0.03, nearest)]
        if water.kind == "sea":
            shares = shares[1:]
    spans = [(low, high) for low, high in shares if high > low + 0.01]
    if not spans:
        return -1.0
    low, high = spans[int(rng.integers(len(spans)))]
    return float(low + (high - low) * rng.random() ** 1.5)


def _houses(rng: np.random.Generator, horizon: float, water: Water) -> tuple[House, ...]:
    houses = []
    x = rng.uniform(0.1, 0.7)
    y = _on_land(rng, horizon, water, 0.85)
    for _ in range(int(rng.choice([0, 1, 2, 3, 4], p=[0.35, 0.25, 0.2, 0.1, 0.1]))):
        size = 0.07 + 0.26 * scale_at(y, horizon)
        if y > 0 and not _in_river(water, horizon, x + size / 2, y, size):
            houses.append(
                House(
                    x=x,
                    y=y,
                    width=size * rng.uniform(0.7, 1.1),
                    height=size * rng.uniform(0.5, 0.8),
                    side=size * rng.uniform(0.4, 0.9) * rng.choice([-1, 1]),
                    tint=rng.uniform(-1, 1),
                )
            )
        x += rng.uniform(-0.25, 0.3)
        y += 0.02 * rng.uniform(-1, 1) if y > 0 else 0.0
    return tuple(sorted(houses, key=lambda house: house.y))


def river_width(near: NDArray[np.floating]) -> NDArray[np.floating]:
    """Half the width of the river where things appear `near` times as large."""
    return 0.015 + 0.14 * near**1.7


def _in_river(water: Water, horizon: float, x: float, y: float, margin: float) -> bool:
    if water.kind != "river":
        return False
    near = np.array(scale_at(y, horizon))
    return bool(abs(x - water.bend.at(near)) < river_width(near) + margin)


def _trees(
    rng: np.random.Generator, horizon: float, water: Water, houses: tuple[House, ...]
) -> tuple[Tree, ...]:
    kinds: list[TreeKind] = ["round", "conifer", "cypress"]
    main, other = rng.permutation(3)[:2]
    trees: list[Tree] = []

    def plant(x: float, y: float, height: float) -> None:
        kind = kinds[main if rng.random() < 0.8 else other]
        lean, tint = rng.uniform(-0.12, 0.12), rng.uniform(-1, 1)
        if y > 0 and not _in_river(water, horizon, x, y, 0.2 * height):
            trees.append(Tree(kind, x, y, height, lean, tint))

    for _ in range(int(rng.integers(0, 3))):  # groves
        x, y = rng.uniform(0, 1), _on_land(rng, horizon, water, 0.85)
        for _ in range(int(rng.integers(2, 8))):
            height = (0.07 + 0.4 * scale_at(y, horizon)) * rng.uniform(0.7, 1.3)
            plant(x + rng.normal() * (0.05 + 0.1 * scale_at(y, horizon)), y, height)
            y = y + abs(rng.normal()) * 0.008 if y > 0 else y
    for _ in range(int(rng.integers(0, 4))):  # single ones
        y = _on_land(rng, horizon, water, 0.9)
        plant(rng.uniform(0, 1), y, (0.09 + 0.5 * scale_at(y, horizon)) * rng.uniform(0.8, 1.2))
    if rng.random() < 0.45:  # one that frames the view
        x = rng.choice([rng.uniform(0.0, 0.16), rng.uniform(0.84, 1.0)])
        plant(float(x), rng.uniform(0.93, 1.02), rng.uniform(0.55, 0.85))
    return tuple(sorted(trees, key=lambda tree: tree.y))


def _boats(rng: np.random.Generator, water: Water) -> tuple[Boat, ...]:
    boats = []
    low, high = water.top + 0.02, min(water.bottom, 0.95) - 0.03
    for _ in range(int(rng.choice([0, 1, 2, 3], p=[0.45, 0.3, 0.15, 0.1]))):
        if high > low:
            y = rng.uniform(low, high)
            height = 0.06 + 0.35 * (y - water.top) * rng.uniform(0.7, 1.1)
            boats.append(Boat(rng.uniform(0.1, 0.9), y, height))
    return tuple(sorted(boats, key=lambda boat: boat.y))
