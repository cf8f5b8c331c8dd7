"""A scene seen: for every pixel which material, how far, how lit; painters take it from here."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from sgnlib.datasets.procedural.noise import Field, fractal, fractal_line, smoothstep
from sgnlib.datasets.procedural.scene import Bend, Ridge, Scene, river_width


class Material(IntEnum):
    """What a pixel shows."""

    SKY = 0
    ROCK = 1
    HILL = 2
    GRASS = 3
    PATH = 4
    WATER = 5
    LEAVES = 6
    NEEDLES = 7
    TRUNK = 8
    WALL = 9
    ROOF = 10
    WINDOW = 11
    SAIL = 12
    HULL = 13


class View:
    """The fields of a view, (size, size) each; things are put into it from back to front.

    Attributes:
        material: Material per pixel.
        item: A number per thing; outlines run where it changes.
        depth: 0 at the viewer, 1 at infinity.
        light: Form and shade, 0 dark, 0.5 neutral, 1 lit.
        tint: -1 .. 1, one of the colours a thing of that material may have.
        rise: 0 at a thing's foot, 1 at its top.
        angle: Direction in which a brush would follow the form, radians.
        cloud, cloud_light: Opacity and shade of clouds, in the sky only.
        shore: Row of the far shore per column, as a share of the height.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        pixel = ((np.arange(size) + 0.5) / size).astype(np.float32)
        self.x, self.y = np.meshgrid(pixel, pixel)
        self.material = np.zeros((size, size), dtype=np.uint8)
        self.item = np.zeros((size, size), dtype=np.int16)
        self.depth = np.ones((size, size), dtype=np.float32)
        self.light = np.full((size, size), 0.5, dtype=np.float32)
        self.tint = np.zeros((size, size), dtype=np.float32)
        self.rise = np.zeros((size, size), dtype=np.float32)
        self.angle = np.zeros((size, size), dtype=np.float32)
        self.cloud = np.zeros((size, size), dtype=np.float32)
        self.cloud_light = np.zeros((size, size), dtype=np.float32)
        self.shore = np.zeros(size, dtype=np.float32)
        self.items = 0

    def near(self, horizon: float) -> Field:
        """How large things on the ground appear: 0 at the horizon, 1 at the lower edge."""
        return np.clip((self.y - np.float32(horizon)) / np.float32(1 - horizon), 0, 1)

    def window(self, left: float, top: float, right: float, bottom: float) -> tuple[slice, slice]:
        """The rows and columns of the pixels in a rectangle of scene units."""
        edges = np.array([top, bottom, left, right]) * self.size
        low, high, first, last = np.clip(np.rint(edges), 0, self.size).astype(int).tolist()
        return slice(low, high), slice(first, last)

    def put(
        self,
        mask: NDArray[np.bool_],
        material: Material,
        *,
        at: tuple[slice, slice] = (slice(None), slice(None)),
        item: bool = True,
        **fields: NDArray[np.floating] | float,
    ) -> None:
        """Puts a thing in front of what is there.

        Args:
            mask: Where it covers, of the shape of `at`.
            material: What it is made of.
            at: Rows and columns.
            item: Whether it is a thing of its own, or a part of the one before.
            fields: New values of `depth`, `light`, `tint`, `rise` or `angle`.
        """
        self.items += item
        np.copyto(self.material[at], np.uint8(material), where=mask)
        np.copyto(self.item[at], np.int16(self.items), where=mask)
        for name, value in fields.items():
            np.copyto(getattr(self, name)[at], np.asarray(value, dtype=np.float32), where=mask)


def land_and_sky(view: View, scene: Scene, rng: np.random.Generator) -> None:
    """Puts clouds, mountains, hills, ground, water and path of a scene into an empty view."""
    _clouds(view, scene, rng)
    for ridge in scene.ridges:
        _ridge(view, ridge, scene.sunlit_from, rng)
    _ground(view, scene, rng)
    _water(view, scene, rng)
    if scene.path is not None:
        _path(view, scene.path, scene.horizon)


def shifted(field: Field, down: int, right: int) -> Field:
    """The field moved by whole pixels; its edge values fill the gap."""
    rows = np.clip(np.arange(len(field)) - down, 0, len(field) - 1)
    columns = np.clip(np.arange(len(field)) - right, 0, len(field) - 1)
    return field[rows[:, None], columns]


def _clouds(view: View, scene: Scene, rng: np.random.Generator) -> None:
    if scene.clouds == "none":
        return
    heaps = scene.clouds == "heaps"
    billows = fractal(rng, view.size, (4, 3) if heaps else (9, 2), octaves=5, gain=0.55)
    fade = smoothstep(scene.horizon + 0.02, scene.horizon - 0.16, view.y)
    threshold = 0.9 - 2.2 * scene.cover
    view.cloud = fade * smoothstep(threshold, threshold + (0.7 if heaps else 1.8), billows)
    step = max(view.size // 32, 1)
    above = shifted(billows, step, -round(step * scene.sunlit_from))
    view.cloud_light = np.clip(0.62 + 0.55 * (billows - above), 0, 1)


def _ridge(view: View, ridge: Ridge, sunlit_from: float, rng: np.random.Generator) -> None:
    line = fractal_line(rng, view.size, ridge.waves, octaves=6, gain=ridge.roughness)
    relief = fractal(rng, view.size, (4, 7), octaves=5, gain=0.6)
    x, (peak_x, peak_height, peak_width) = view.x[0], ridge.peak
    profile = ridge.rise * (0.5 + 0.35 * line)
    slope = np.maximum(1 - np.abs(x - peak_x) / peak_width, 0)
    cone = peak_height * np.minimum(slope**1.6 * 1.25, 1)
    top = ridge.base - np.maximum(profile, 0.15 * ridge.rise) - cone
    rise = (ridge.base - view.y) / np.maximum(ridge.base - top, 0.02)
    steep = np.gradient(top) * view.size
    step = max(view.size // 48, 1)
    gullies = relief - shifted(relief, 0, -step)
    strength = (0.75, 0.3) if ridge.rocky else (0.1, 0.3)
    facing = strength[0] * sunlit_from * gullies + strength[1] * steep * sunlit_from
    view.put(
        view.y > top,
        Material.ROCK if ridge.rocky else Material.HILL,
        depth=ridge.depth,
        light=np.clip(0.5 + facing + 0.06 * relief, 0, 1),
        tint=np.clip(0.7 * relief, -1, 1),
        rise=np.clip(rise, 0, 1),
        angle=np.arctan(0.8 * steep) + 0.25 * relief,
    )


def _ground(view: View, scene: Scene, rng: np.random.Generator) -> None:
    line = scene.horizon + 0.02 + 0.008 * fractal_line(rng, view.size, 3)
    patches = fractal(rng, view.size, (9, 3), octaves=3, gain=0.5)
    grain = fractal(rng, view.size, (24, 12), octaves=3, gain=0.8)
    near = view.near(scene.horizon)
    view.put(
        view.y > line,
        Material.GRASS,
        depth=0.42 * (1 - near) ** 2,
        light=np.clip(0.55 + 0.08 * patches + 0.06 * grain - 0.12 * near, 0, 1),
        tint=np.clip(0.8 * patches, -1, 1),
        rise=1 - near,
        angle=0.5 * patches * near + 0.35 * (view.x - 0.5),
    )


def _water(view: View, scene: Scene, rng: np.random.Generator) -> None:
    water = scene.water
    if water.kind == "none":
        return
    wobble = fractal_line(rng, view.size, 3, octaves=5)
    view.shore = (water.top + 0.006 * wobble).astype(np.float32)
    ripples = fractal(rng, view.size, (36, 5), octaves=3, gain=0.7)
    near = view.near(scene.horizon)
    if water.kind == "river":
        course = water.bend.at(near) + 0.012 * wobble[:, None] * near
        mask = np.abs(view.x - course) < river_width(near)
        view.shore[:] = scene.horizon + 0.02
    else:
        mask = (view.y > view.shore) & (view.y < water.bottom + 0.02 * wobble)
        if water.kind == "lake":
            down = np.clip((view.y - water.top) / (water.bottom - water.top), 0, 1)
            width = water.width * (4 * down * (1 - down)) ** 0.3 + 0.015 * wobble[:, None]
            mask &= np.abs(view.x - water.bend.to) < width
    view.put(
        mask & (view.material == Material.GRASS),
        Material.WATER,
        light=np.clip(0.5 + 0.25 * ripples * (0.3 + 0.7 * near), 0, 1),
        tint=ripples,
        angle=0.06 * ripples,
    )


def _path(view: View, path: Bend, horizon: float) -> None:
    near = view.near(horizon)
    on_path = np.abs(view.x - path.at(near)) < 0.004 + 0.06 * near
    view.put(
        on_path & (view.material == Material.GRASS),
        Material.PATH,
        light=np.clip(view.light + 0.12, 0, 1),
        angle=float(np.pi / 2 - 0.6 * np.sign(path.to - 0.5)),
    )
