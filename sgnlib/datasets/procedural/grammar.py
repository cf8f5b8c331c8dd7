"""The grammar of scenes: which landscapes there are, and how often."""

from __future__ import annotations

import numpy as np

from sgnlib.datasets.procedural.scene import (
    Bend,
    Boat,
    House,
    Ridge,
    Scene,
    Sun,
    Tree,
    TreeKind,
    Water,
    river_width,
    scale_at,
)


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
        trees=_trees(rng, horizon, water),
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


def _on_land(
    rng: np.random.Generator, horizon: float, water: Water, nearest: float
) -> float | None:
    """Draws the height of a foot, more often far than near; None if there is only sea."""
    spans = [(horizon + 0.035, nearest)]
    if water.kind == "lake":
        spans = [(horizon + 0.035, water.top - 0.005), (water.bottom + 0.04, nearest)]
    elif water.kind == "sea":
        spans = [(water.bottom + 0.04, nearest)]
    spans = [(low, high) for low, high in spans if high > low + 0.005]
    if not spans:
        return None
    low, high = spans[int(rng.integers(len(spans)))]
    return float(low + (high - low) * rng.random() ** 1.5)


def _in_river(water: Water, horizon: float, x: float, y: float, margin: float) -> bool:
    if water.kind != "river":
        return False
    near = np.array([scale_at(y, horizon)])
    return bool((np.abs(x - water.bend.at(near)) < river_width(near) + margin).all())


def _houses(rng: np.random.Generator, horizon: float, water: Water) -> tuple[House, ...]:
    """A hamlet: houses side by side, about equally far."""
    count = int(rng.choice([0, 1, 2, 3, 4], p=[0.35, 0.25, 0.2, 0.1, 0.1]))
    x, foot = rng.uniform(0.1, 0.7), _on_land(rng, horizon, water, 0.85)
    if foot is None:
        return ()
    houses = []
    for _ in range(count):
        y = foot - 0.01 * rng.random()
        size = 0.07 + 0.26 * scale_at(y, horizon)
        house = House(
            x=x,
            y=y,
            width=size * rng.uniform(0.7, 1.1),
            height=size * rng.uniform(0.5, 0.8),
            side=size * rng.uniform(0.4, 0.9) * rng.choice([-1, 1]),
            tint=rng.uniform(-1, 1),
        )
        if not _in_river(water, horizon, x + size / 2, y, size):
            houses.append(house)
        x += rng.uniform(-0.25, 0.3)
    return tuple(sorted(houses, key=lambda house: house.y))


def _trees(rng: np.random.Generator, horizon: float, water: Water) -> tuple[Tree, ...]:
    """Groves, single trees, and sometimes a large one that frames the view."""
    kinds: list[TreeKind] = ["round", "conifer", "cypress"]
    main, other = rng.permutation(3)[:2].tolist()
    trees: list[Tree] = []

    def plant(x: float, y: float, height: float) -> None:
        kind = kinds[main if rng.random() < 0.8 else other]
        lean, tint = rng.uniform(-0.12, 0.12), rng.uniform(-1, 1)
        if not _in_river(water, horizon, x, y, 0.2 * height):
            trees.append(Tree(kind, x, y, height, lean, tint))

    for _ in range(int(rng.integers(0, 3))):
        x, foot = rng.uniform(0, 1), _on_land(rng, horizon, water, 0.85)
        for _ in range(int(rng.integers(2, 8))):
            if foot is None:
                break
            y = foot - 0.012 * rng.random()
            near = scale_at(y, horizon)
            height = (0.07 + 0.4 * near) * rng.uniform(0.7, 1.3)
            plant(x + rng.normal() * (0.05 + 0.1 * near), y, height)
    for _ in range(int(rng.integers(0, 4))):
        alone = _on_land(rng, horizon, water, 0.9)
        if alone is not None:
            height = (0.09 + 0.5 * scale_at(alone, horizon)) * rng.uniform(0.8, 1.2)
            plant(rng.uniform(0, 1), alone, height)
    if rng.random() < 0.45:
        x = float(rng.choice([rng.uniform(0.0, 0.16), rng.uniform(0.84, 1.0)]))
        plant(x, rng.uniform(0.93, 1.02), rng.uniform(0.55, 0.85))
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
