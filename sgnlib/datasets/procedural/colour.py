"""Palettes, and how a view takes on their colours: sky, sun, clouds, land, haze, reflections."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sgnlib.datasets.procedural.noise import Field
from sgnlib.datasets.procedural.scene import Scene
from sgnlib.datasets.procedural.view import Material, View

Canvas = NDArray[np.float32]
"""Colours (size, size, 3) in 0..1."""

OVERSAMPLING = 2
"""Painted pixels per pixel and direction."""

_TINTS, _LIGHTS = 8, 64


@dataclass(frozen=True)
class Palette:
    """The colours of a painter's mood, as hex digits.

    Attributes:
        sky: Colours from the zenith to the horizon.
        sun, glow: The disc and the light around it.
        clouds: Shade and light.
        haze: What far things fade into; `veil` is the share at infinity.
        water, mirror: Its own colour, and how much of it is reflection.
        land: Per material "dark middle light | dark middle light": the two ends of its tint.
    """

    sky: str
    sun: str
    glow: str
    clouds: str
    haze: str
    veil: float
    water: str
    mirror: float
    land: dict[Material, str] = field(hash=False)


@lru_cache(maxsize=1024)
def rgb(colours: str) -> Canvas:
    """Reads "ff8800 204060 ..." as an array (n, 3) in 0..1."""
    values = [[int(code[i : i + 2], 16) / 255 for i in (0, 2, 4)] for code in colours.split()]
    array = np.array(values, dtype=np.float32)
    array.flags.writeable = False
    return array


def ramp(stops: Canvas, at: Field) -> Canvas:
    """Colours at 0..1 along evenly spaced stops."""
    place = np.clip(at, 0, 1) * (len(stops) - 1)
    first = np.minimum(place.astype(np.int64), len(stops) - 2)
    share = (place - first).astype(np.float32)[..., None]
    return stops[first] * (1 - share) + stops[first + 1] * share


def colour(view: View, scene: Scene, palette: Palette, *, texture: Field | None = None) -> Canvas:
    """Gives a view the colours of a palette.

    Args:
        view: What is seen.
        scene: For horizon and sun.
        palette: All colours.
        texture: Added to the light of every pixel of the land.
    """
    light = view.light if texture is None else view.light + texture
    image = _sky(view, scene, palette)
    land = _land(view, light, palette)
    veil = (palette.veil * view.depth)[..., None]
    land += veil * (rgb(palette.haze)[0] - land)
    np.copyto(image, land, where=(view.material != Material.SKY)[..., None])
    return _reflect(view, image, palette)


def _sky(view: View, scene: Scene, palette: Palette) -> Canvas:
    rows = ramp(rgb(palette.sky), view.y[:, 0] / (scene.horizon + 0.03))
    image = np.broadcast_to(rows[:, None], (*view.y.shape, 3)).copy()
    if scene.sun is not None:
        square = (view.x - scene.sun.x) ** 2 + (view.y - scene.sun.y) ** 2
        distance = np.sqrt(square)
        glow = (0.75 * np.exp(-distance / 0.13))[..., None].astype(np.float32)
        image += glow * (rgb(palette.glow)[0] - image)
        disc = np.clip((scene.sun.radius - distance) * 120 + 0.5, 0, 1)[..., None]
        image += disc * (rgb(palette.sun)[0] - image)
    if scene.clouds != "none":
        clouds = ramp(rgb(palette.clouds), view.cloud_light)
        image += (0.95 * view.cloud)[..., None] * (clouds - image)
    return image


def _land(view: View, light: Field, palette: Palette) -> Canvas:
    tint = np.rint((view.tint + 1) * (0.5 * (_TINTS - 1))).astype(np.int32)
    shade = np.rint(np.clip(light, 0, 1) * (_LIGHTS - 1)).astype(np.int32)
    index = (view.material.astype(np.int32) * _TINTS + tint.clip(0, _TINTS - 1)) * _LIGHTS + shade
    return table(tuple(sorted(palette.land.items())))[index]


@lru_cache(maxsize=64)
def table(land: tuple[tuple[Material, str], ...]) -> Canvas:
    """All colours of all materials, tints and lights, one row each."""
    out = np.zeros((len(Material), _TINTS, _LIGHTS, 3), dtype=np.float32)
    lights = np.linspace(0, 1, _LIGHTS, dtype=np.float32)
    tints = np.linspace(0, 1, _TINTS, dtype=np.float32)[:, None, None]
    for material, text in land:
        cold, _, warm = text.partition("|")
        first = ramp(rgb(cold), lights)
        last = ramp(rgb(warm), lights) if warm else first
        out[material] = first * (1 - tints) + last * tints
    return out.reshape(-1, 3)


def _reflect(view: View, image: Canvas, palette: Palette) -> Canvas:
    """Mirrors what stands above the far shore in the water, broken by ripples."""
    rows, columns = np.nonzero(view.material == Material.WATER)
    if len(rows) == 0:
        return image
    shore = view.shore[columns]
    down = view.y[rows, 0] - shore
    ripple = view.tint[rows, columns] * (0.1 + down)
    up = shore - 0.9 * down + 0.06 * ripple
    sources = np.clip((up * view.size).astype(np.int64), 0, view.size - 1)
    beside = np.clip(columns + (0.05 * ripple * view.size).astype(np.int64), 0, view.size - 1)
    # near water seen from above mirrors less
    share = (palette.mirror * np.clip(1.05 - 0.5 * down, 0, 1))[:, None]
    own = ramp(rgb(palette.water), view.light[rows, columns])
    image[rows, columns] = own  # the shore is uneven: a ripple may mirror water
    mirrored = image[sources, beside]
    image[rows, columns] = own + share * (mirrored - own)
    return image


def shrink(image: Canvas, factor: int) -> NDArray[np.uint8]:
    """Averages blocks of pixels and turns (h, w, 3) in 0..1 into (3, h, w) in 0..255."""
    size = len(image) // factor
    rows = image.reshape(size, factor, size * factor, 3).sum(axis=1)
    small = rows.reshape(size, size, factor, 3).sum(axis=2) * np.float32(255 / factor**2)
    return np.rint(np.clip(small, 0, 255)).astype(np.uint8).transpose(2, 0, 1)
