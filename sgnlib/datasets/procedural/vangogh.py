"""Van Gogh: strokes that follow every form, a sky that turns, blue against yellow."""

from __future__ import annotations

import numpy as np

from sgnlib.datasets.procedural.colour import Canvas, Palette, colour
from sgnlib.datasets.procedural.noise import Field, fractal
from sgnlib.datasets.procedural.scene import Scene
from sgnlib.datasets.procedural.strokes import Brush, lay
from sgnlib.datasets.procedural.view import Material, View

M = Material

_THINGS = {
    M.WALL: "7c6c3c d8bc6c f8ecb0 | 4c6484 98b0c0 e0ecd8",
    M.ROOF: "5c1c14 b04020 e88440 | 1c3464 3c64a0 7ca4cc",
    M.WINDOW: "101c3c 1c3c6c 3c7ca0",
    M.SAIL: "c0b070 f0e4b0 fffbe0",
    M.HULL: "1c1c30 6c2c1c c0542c",
    M.TRUNK: "14142c 3c2c3c 8c6440",
}
NIGHT = Palette(
    sky="12246c 1c4ca4 4c8cc4 a4c8a4",
    sun="fff4a0",
    glow="f4d848",
    clouds="3c74b8 c8e4d8",
    haze="4474b0",
    veil=0.4,
    water="0c1c5c 1c4898 7cb8d0",
    mirror=0.5,
    land={
        M.ROCK: "0c1c50 24488c 5c90bc | 14245c 2c5c94 78a8b8",
        M.HILL: "0c2444 1c5474 4c9490 | 142c34 2c6454 88ac60",
        M.GRASS: "0c2c34 2c6c4c 94a848 | 1c3420 5c7c34 c8bc48",
        M.PATH: "6c5c3c b49c54 e8d484",
        M.LEAVES: "081c24 1c4c3c 5c8c44 | 0c2420 2c5c34 88a038",
        M.NEEDLES: "06141c 143834 3c6c48",
        **_THINGS,
    },
)
WHEAT = Palette(
    sky="1c5cb0 3c8ccc 84c4d8 d4e4b4",
    sun="fffad0",
    glow="fce46c",
    clouds="6ca8d4 f4f8ec",
    haze="6ca0cc",
    veil=0.45,
    water="14508c 2c84b0 8ccccc",
    mirror=0.45,
    land={
        M.ROCK: "1c3c7c 4c74b0 9cb8c8 | 2c3c74 5c6ca4 b0acbc",
        M.HILL: "1c4c3c 4c8454 a4b858 | 4c5c24 98983c dccc58",
        M.GRASS: "8c6414 dca41c fce04c | 6c6c1c b8a828 f4d844",
        M.PATH: "8c5430 cc8c4c f0c480",
        M.LEAVES: "0c2c1c 245c2c 7ca03c | 1c3c24 3c7c3c a8b848",
        M.NEEDLES: "0a2420 1c4c34 507c40",
        **_THINGS,
    },
)
OLIVES = Palette(
    sky="c89c20 ecc43c f8dc70 f4e8a8",
    sun="fffce0",
    glow="fff08c",
    clouds="d8b050 fcf4c4",
    haze="8cac9c",
    veil=0.5,
    water="1c4c74 3c849c a8ccA0",
    mirror=0.5,
    land={
        M.ROCK: "1c3468 3c68a0 8cb0c0 | 2c3c7c 5c78b0 a8b8cc",
        M.HILL: "1c4854 3c7c74 8cac74 | 34543c 6c8c48 b8bc5c",
        M.GRASS: "5c3018 b0682c e8b050 | 3c5030 7c8840 d0c060",
        M.PATH: "7c4c38 c08460 ecc49c",
        M.LEAVES: "0c2c30 2c645c 8cac80 | 142c28 3c6c48 a4b45c",
        M.NEEDLES: "0a2028 1c4848 4c7c60",
        **_THINGS,
    },
)
MOODS = (NIGHT, WHEAT, OLIVES)

_JITTER = np.array(
    [
        [0.00, 0.00, 0.00],
        [0.09, 0.08, 0.01],
        [-0.09, -0.07, -0.03],
        [-0.05, 0.03, 0.09],
        [0.12, 0.09, -0.05],
        [-0.05, -0.08, 0.03],
        [0.02, 0.07, 0.03],
        [0.15, 0.14, 0.08],
    ],
    dtype=np.float32,
)
UNDER = Brush(length=0.13, width=0.034, spacing=0.034, relief=0.1, bristles=0.05)
FINE = Brush(length=0.05, width=0.014, spacing=0.017, relief=0.2, bristles=0.05)
OVER = Brush(length=0.095, width=0.021, spacing=0.032, relief=0.22, bristles=0.07)


def vangogh(view: View, scene: Scene, rng: np.random.Generator) -> Canvas:
    """Two layers of thick strokes over the scene in one of his moods."""
    palette = MOODS[int(rng.integers(len(MOODS)))]
    view.angle, halo = _flow(view, scene, rng)
    view.light = np.clip(0.5 + 1.25 * (view.light - 0.5), 0, 1)
    image = colour(view, scene, palette)
    sky = (view.material == M.SKY)[..., None]
    image = image * (1 + 0.22 * halo[..., None] * sky)
    image *= rng.normal(1, 0.03, 3).astype(np.float32)
    plain = image
    image = lay(image, UNDER, view.angle, _JITTER, rng)
    image = _contours(view, image)
    painted = lay(image, OVER, view.angle, _JITTER, rng, inside=view.item)
    built = np.isin(view.material, (M.WALL, M.ROOF, M.WINDOW, M.SAIL, M.HULL))
    fine = lay(plain, FINE, view.angle, 0.6 * _JITTER, rng, inside=view.item, only=built)
    return np.where(built[..., None], _contours(view, fine), painted)


def _flow(view: View, scene: Scene, rng: np.random.Generator) -> tuple[Field, Field]:
    """The direction of the brush, and rings of light and dark around the sky's eddies."""
    drift = fractal(rng, view.size, (3, 2), octaves=2, gain=0.4)
    flow_x, flow_y = 0.5 + 0 * drift, 0.35 * drift
    rings = np.zeros_like(drift)
    eddies = [
        (rng.uniform(0.05, 0.95), rng.uniform(0, scene.horizon - 0.05), rng.uniform(0.06, 0.14), s)
        for s in rng.choice([-1, 1], 4).tolist()
    ]
    if scene.sun is not None:
        eddies.append((scene.sun.x, scene.sun.y, 0.13, 1))
    for x, y, radius, spin in eddies:
        dx, dy = view.x - np.float32(x), view.y - np.float32(y)
        distance = np.sqrt(dx * dx + dy * dy) + 1e-4
        pull = 3 * np.exp(-((distance / radius) ** 2) / 1.5)
        flow_x = flow_x - spin * pull * dy / distance
        flow_y = flow_y + spin * pull * dx / distance
        rings += np.minimum(pull, 1) * np.cos(distance * np.float32(2 * np.pi / 0.062))
    sky = view.material == M.SKY
    angle = np.where(sky, np.arctan2(flow_y, flow_x), view.angle + 0.3 * drift)
    return angle.astype(np.float32), rings.astype(np.float32)


def _contours(view: View, image: Canvas) -> Canvas:
    """Prussian blue along the edges of things."""
    reach = max(round(0.005 * view.size), 1)
    edge = np.zeros(view.item.shape, dtype=bool)
    edge[reach:] |= view.item[reach:] != view.item[:-reach]
    edge[:, reach:] |= view.item[:, reach:] != view.item[:, :-reach]
    ink = np.array([0.05, 0.08, 0.22], dtype=np.float32)
    return image + 0.7 * edge[..., None].astype(np.float32) * (ink - image)
