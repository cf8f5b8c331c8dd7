"""Ukiyo-e: flat areas, dark outlines, graded bands (bokashi), the tone of the paper."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from sgnlib.datasets.procedural.colour import Canvas, Palette, ramp, rgb, table
from sgnlib.datasets.procedural.noise import Field, fractal, smoothstep
from sgnlib.datasets.procedural.scene import Scene
from sgnlib.datasets.procedural.view import Material, View

M = Material

PAPER = "f0e2c0"
INK = "1c2030"
_THINGS = {
    M.WALL: "d8c494 e8d8b0",
    M.ROOF: "7c6c50 8c7c5c | 54606c 647078",
    M.WINDOW: "3c3830 3c3830",
    M.SAIL: "f4e8cc f4e8cc",
    M.HULL: "6c4c34 8c6844",
    M.TRUNK: "5c4434 6c5440",
    M.PATH: "e4cc94 ecd8a8",
}
PRUSSIAN = Palette(
    sky="1c4074 8cacb8 ecdfc0 e8b48c",
    sun="c83c28",
    glow="ecdfc0",
    clouds="e0d4b4 f4ead0",
    haze=PAPER,
    veil=0.35,
    water="1c4878 2c5c88 4c7c9c",
    mirror=0.0,
    land={
        M.ROCK: "54708c 6c88a0 | 64747c 7c8c94",
        M.HILL: "5c7c60 7c9874 | 6c8464 8ca080",
        M.GRASS: "8c9c64 a8b47c | a89c64 c0b47c",
        M.LEAVES: "3c5c48 5c7c58 | 4c6444 6c8458",
        M.NEEDLES: "28483c 40604c",
        **_THINGS,
    },
)
VERMILION = Palette(
    sky="b0442c e09870 f0dcb4 f0e2c0",
    sun="b82c1c",
    glow="f0dcb4",
    clouds="e4d0ac f4e6c8",
    haze=PAPER,
    veil=0.35,
    water="3c6c7c 54848c 7ca49c",
    mirror=0.0,
    land={
        M.ROCK: "7c5c58 94706c | 6c6470 84787c",
        M.HILL: "7c8454 989c6c | 8c7c50 a89868",
        M.GRASS: "a89854 c4b470 | b09050 ccac6c",
        M.LEAVES: "4c5c3c 6c7c50 | a0543c b87050",
        M.NEEDLES: "34483c 4c604c",
        **_THINGS,
    },
)
VERDIGRIS = Palette(
    sky="3c6468 a0b8a4 e8dcb8 ecc8a4",
    sun="cc4c34",
    glow="e8dcb8",
    clouds="dcd0b0 f0e6cc",
    haze=PAPER,
    veil=0.35,
    water="2c5c70 447888 6c9ca0",
    mirror=0.0,
    land={
        M.ROCK: "6c7c88 84949c | 7c7878 948c88",
        M.HILL: "548078 70988c | 689078 88a890",
        M.GRASS: "94a470 b0bc88 | b8ac78 ccc090",
        M.LEAVES: "34605c 507c74 | c07c74 d89c90",
        M.NEEDLES: "244c4c 3c6460",
        **_THINGS,
    },
)
MOODS = (PRUSSIAN, VERMILION, VERDIGRIS)


def ukiyoe(view: View, scene: Scene, rng: np.random.Generator) -> Canvas:
    """A woodblock print: colour blocks, the key block's lines, wood grain and paper."""
    palette = MOODS[int(rng.integers(len(MOODS)))]
    grain = fractal(rng, view.size, (40, 2), octaves=2, gain=0.6)
    fibres = fractal(rng, view.size, (50, 50), octaves=2, gain=0.8)
    image = _blocks(view, scene, palette)
    image *= (1 + 0.022 * grain)[..., None]
    image += 0.92 * _lines(view, scene)[..., None] * (rgb(INK)[0] - image)
    paper = rgb(PAPER)[0]
    image = image + 0.08 * (paper - image)
    return image * (1 + 0.02 * fibres)[..., None] * rng.normal(1, 0.015, 3).astype(np.float32)


def _blocks(view: View, scene: Scene, palette: Palette) -> Canvas:
    """Every thing in one colour or two, with graded sky, water and feet of mountains."""
    sky = ramp(rgb(palette.sky), view.y[:, 0] / (scene.horizon + 0.02))
    image = np.broadcast_to(sky[:, None], (*view.y.shape, 3)).copy()
    clouds = _clouds(view)
    image[clouds] = rgb(palette.clouds)[1]
    if scene.sun is not None:
        square = (view.x - scene.sun.x) ** 2 + (view.y - scene.sun.y) ** 2
        disc = (square < (1.25 * scene.sun.radius) ** 2) & ~clouds
        image[disc] = rgb(palette.sun)[0]
    colours = table(tuple(sorted(palette.land.items()))).reshape(len(M), 8, 64, 3)
    ground = view.material == M.GRASS
    tint = np.where(ground, np.rint(7 * view.rise).astype(np.int64), 7 * (view.tint > 0))
    tone = np.where(view.light > 0.47, 63, 0)
    land = colours[view.material, tint, tone]
    mist = 0.75 * smoothstep(0.55, 0.0, view.rise) * np.isin(view.material, (M.ROCK, M.HILL))
    mist += palette.veil * view.depth
    land += np.minimum(mist, 0.85)[..., None] * (rgb(palette.haze)[0] - land)
    np.copyto(image, land, where=(view.material != M.SKY)[..., None])
    wet = view.material == M.WATER
    deep = np.clip((view.y - view.shore) / 0.4, 0, 1)
    graded = ramp(np.concatenate([rgb(palette.water)[::-1], rgb(palette.water)[:1]]), deep)
    graded += (0.75 * smoothstep(0.16, 0.0, deep))[..., None] * (rgb(PAPER)[0] - graded)
    np.copyto(image, graded, where=wet[..., None])
    foam = wet & _waves(view, scene)
    image[foam] += 0.7 * (rgb(PAPER)[0] - image[foam])
    return image


def _clouds(view: View) -> NDArray[np.bool_]:
    smooth = uniform_filter(view.cloud, round(0.05 * view.size), mode="nearest")
    return (smooth > 0.5) & (view.material == M.SKY)


def _waves(view: View, scene: Scene) -> NDArray[np.bool_]:
    """Curved lines that lie closer together towards the horizon."""
    near = np.clip((view.y - scene.horizon) / (1 - scene.horizon), 0.02, 1)
    phase = 9 * np.log(near) + 1.1 * np.sin(view.x * np.float32(9) / near**0.5) * near
    wave = phase - np.floor(phase)
    return (wave < 0.16) & (view.tint > -0.5)


def _lines(view: View, scene: Scene) -> Field:
    """The key block: where things meet, and thinner around clouds."""
    width = max(round(0.0075 * view.size), 1)
    ink = _edges(view.item, width)
    fine = max(width // 2, 1)
    return np.maximum(ink, 0.55 * _edges(_clouds(view), fine)).astype(np.float32)


def _edges(things: NDArray[np.generic], width: int) -> Field:
    edge = np.zeros(things.shape, dtype=bool)
    edge[:-width] |= things[width:] != things[:-width]
    edge[:, :-width] |= things[:, width:] != things[:, :-width]
    return edge.astype(np.float32)
