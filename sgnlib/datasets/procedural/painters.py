"""One scene, six painters."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sgnlib.datasets.procedural.colour import OVERSAMPLING, Canvas, shrink
from sgnlib.datasets.procedural.grammar import draw_scene
from sgnlib.datasets.procedural.monet import monet
from sgnlib.datasets.procedural.photo import photo, summer, winter
from sgnlib.datasets.procedural.scene import Scene
from sgnlib.datasets.procedural.things import stand
from sgnlib.datasets.procedural.ukiyoe import ukiyoe
from sgnlib.datasets.procedural.vangogh import vangogh
from sgnlib.datasets.procedural.view import View, land_and_sky

Painter = Callable[[View, Scene, np.random.Generator], Canvas]

PAINTERS: dict[str, Painter] = {
    "photo": photo,
    "vangogh": vangogh,
    "ukiyoe": ukiyoe,
    "monet": monet,
    "summer": summer,
    "winter": winter,
}
DOMAINS = tuple(PAINTERS)


def paint(domain: str, scene: Scene, size: int) -> NDArray[np.uint8]:
    """Paints a scene in the manner of a domain, as (3, size, size)."""
    rng_land, rng_things, rng_paint = np.random.default_rng(scene.seed).spawn(3)
    view = View(OVERSAMPLING * size)
    land_and_sky(view, scene, rng_land)
    stand(view, scene, rng_things, bare=domain == "winter")
    return shrink(PAINTERS[domain](view, scene, rng_paint), OVERSAMPLING)


def paint_images(
    domain: str, split: Literal["train", "test"], count: int, size: int
) -> NDArray[np.uint8]:
    """Paints the scenes of a domain's split, as (count, 3, size, size).

    Every domain and split has seeds of its own: no scene is in two of them.
    """
    key = zlib.crc32(f"{domain} {split}".encode())
    scenes = (draw_scene(np.random.default_rng((key, index))) for index in range(count))
    return np.stack([paint(domain, scene, size) for scene in scenes])
