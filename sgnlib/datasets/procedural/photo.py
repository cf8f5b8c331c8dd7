"""Photographs of painted scenes: fractal texture, haze, soft light; also summer and winter."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import uniform_filter

from sgnlib.datasets.procedural.colour import Canvas, Palette, colour, rgb
from sgnlib.datasets.procedural.noise import Field, fractal
from sgnlib.datasets.procedural.scene import Scene
from sgnlib.datasets.procedural.view import Material, View

M = Material

_ROUGHNESS = np.zeros(len(Material), dtype=np.float32)
for _material, _value in {
    M.ROCK: 0.2,
    M.HILL: 0.11,
    M.GRASS: 0.13,
    M.PATH: 0.07,
    M.LEAVES: 0.19,
    M.NEEDLES: 0.17,
    M.TRUNK: 0.12,
    M.WALL: 0.04,
    M.ROOF: 0.08,
}.items():
    _ROUGHNESS[_material] = _value

_SNOWY = _ROUGHNESS.copy()
_SNOWY[[M.HILL, M.GRASS, M.PATH]] = (0.1, 0.05, 0.05)

_BUILT = {
    M.WINDOW: "1c2026 30363e 4a5058",
    M.SAIL: "b0aca4 dcd8d0 f6f4ee",
    M.HULL: "2a1e18 4a382c 6a5444",
}
_TOWN = {
    M.WALL: "6a6258 a89c8c d8ccb8 | 5e5448 94806a c8b496",
    M.ROOF: "3a2a26 6e463a 9a6a58 | 2e3036 545860 80848c",
}

NOON = Palette(
    sky="4a78ac 86a9cc c4d3dc",
    sun="fffdf2",
    glow="f6f0dc",
    clouds="8c97a4 f4f5f4",
    haze="b4c3d0",
    veil=0.75,
    water="2c424c 4a6470 8ea4ac",
    mirror=0.62,
    land={
        M.ROCK: "38383a 6e6a66 a8a29a | 343230 645e54 9c9282",
        M.HILL: "222c20 4a583c 7c8660 | 302e20 645e3e 968c62",
        M.GRASS: "2c3420 5a6438 8a8e58 | 3e3a22 78704a a89c70",
        M.PATH: "5a5040 8c7e68 b8aa90",
        M.LEAVES: "141c10 38482a 6c7a48 | 1c1e10 4a4c2a 807e4c",
        M.NEEDLES: "0c1410 26382c 4c6050 | 101610 2e3a28 566448",
        M.TRUNK: "1c1612 463a30 76685a",
        **_TOWN,
        **_BUILT,
    },
)
HAZE = Palette(
    sky="9aa4aa b8bcbc d2d0c8",
    sun="faf6ea",
    glow="e8e2d2",
    clouds="9a9ea0 d4d4d0",
    haze="c0c2be",
    veil=1.05,
    water="525c60 78848a a4acae",
    mirror=0.6,
    land={
        M.ROCK: "484a4c 6e7070 949490",
        M.HILL: "343a34 565c50 7c7e6c | 3c3a32 625c4c 868070",
        M.GRASS: "34382a 5c5e46 86846a | 44402e 706850 9a927a",
        M.PATH: "5c564a 88806e aca494",
        M.LEAVES: "1c2018 40442f 6c6c50 | 24221a 4e4832 7a725a",
        M.NEEDLES: "161a18 323a36 525a54",
        M.TRUNK: "1e1a18 40382f 6a6056",
        **_TOWN,
        **_BUILT,
    },
)
DUSK = Palette(
    sky="3a4668 94728a f0a068",
    sun="fff0b8",
    glow="ffb060",
    clouds="4e4660 f0a486",
    haze="c08c7c",
    veil=0.72,
    water="1e2434 3c3c50 7c6c70",
    mirror=0.8,
    land={
        M.ROCK: "1c1c28 46404c 8c6e68",
        M.HILL: "12161a 2c2e30 5c5046 | 18161a 36302c 6a5644",
        M.GRASS: "14180f 32341e 66583a | 1c180f 40361e 765e3c",
        M.PATH: "322a28 5c4c44 927862",
        M.LEAVES: "08090a 1c1e16 443c26 | 0c0a0a 24201a 544228",
        M.NEEDLES: "06080a 14181a 30302a",
        M.TRUNK: "0a0808 221a18 4e3c32",
        M.WALL: "3c3638 6c5c58 b08c74 | 342e30 5e4e4a a07c64",
        M.ROOF: "1c1618 3a2a2a 6a4a40 | 16181e 2e3038 565458",
        M.WINDOW: "8a5c20 d8a048 ffd080",
        M.SAIL: "6a5c60 a88c80 e4c0a0",
        M.HULL: "0c0a0a 221c1c 403430",
    },
)
AUTUMN = Palette(
    sky="6484a6 9cb0be d8d4c6",
    sun="fff8e4",
    glow="f4e2ba",
    clouds="8a8c92 efeae0",
    haze="bcb8ae",
    veil=0.75,
    water="2c3436 505a58 8c8c80",
    mirror=0.68,
    land={
        M.ROCK: "383634 6a645c a09684",
        M.HILL: "2c2416 6a5228 a07c40 | 34200f 7a4a20 ac7438",
        M.GRASS: "34301a 6c6034 a08e50 | 403016 805e30 b48c4c",
        M.PATH: "544634 86725a b49c80",
        M.LEAVES: "2c1608 8a4a16 cc8a2c | 2a1208 7c3018 c06a2c",
        M.NEEDLES: "12160f 2e3822 546040",
        M.TRUNK: "181210 3e3028 6c5848",
        **_TOWN,
        **_BUILT,
    },
)
OVERCAST = Palette(
    sky="6a7480 8a929a b0b4b4",
    sun="f0f0ec",
    glow="c8cac8",
    clouds="5c646c c4c8c8",
    haze="a0a8ac",
    veil=0.8,
    water="2a3438 4a565c 7c888c",
    mirror=0.55,
    land={
        M.ROCK: "2c2e32 54565a 80827e",
        M.HILL: "1c241e 3c4636 626a52 | 26261e 4c4a38 726c54",
        M.GRASS: "222a1a 464e30 6e724c | 302e1e 5a543a 827a5a",
        M.PATH: "463f36 726858 988e7c",
        M.LEAVES: "0e140e 2a3622 525a3a | 16160e 363620 5e5a3a",
        M.NEEDLES: "0a0f0e 1e2a24 3c4a40",
        M.TRUNK: "14110f 362e28 5a5048",
        **_TOWN,
        **_BUILT,
    },
)
SUMMER = Palette(
    sky="1c66cc 4a98e8 a4d8f8",
    sun="fffff4",
    glow="fff8d4",
    clouds="a8c0dc ffffff",
    haze="a4ccec",
    veil=0.55,
    water="0c4a78 1c78a8 6cc0d8",
    mirror=0.5,
    land={
        M.ROCK: "3c444c 7c8488 bcbcb4 | 38403c 70786c aeae98",
        M.HILL: "12401c 2c7a2c 74b43c | 1c4a14 469028 9cc040",
        M.GRASS: "1a5a16 44a024 90d040 | 2c6414 68b028 bcdc50",
        M.PATH: "806438 b8985c e0c890",
        M.LEAVES: "0a3010 207420 6cb830 | 123a0c 388820 90c838",
        M.NEEDLES: "062414 145030 3c8848",
        M.TRUNK: "2a1c10 5c4028 946c48",
        M.WALL: "a08c74 dcccb0 fff8e8 | 9c7c58 dcb888 fce0b8",
        M.ROOF: "701c10 b83c24 e47048 | 60281c a45038 d08460",
        M.WINDOW: "1c3040 344c60 5c7c90",
        M.SAIL: "d0d4dc f4f4f4 ffffff",
        M.HULL: "5c1c10 94341c c46040",
    },
)
_SNOW = {
    M.HILL: "8c9cb8 ccd8e8 fafcfe | 7888a4 b8c8dc f4f8fc",
    M.GRASS: "8ca0c4 d8e2f0 fdfeff | 90a4c8 d4dfee fcfdff",
    M.PATH: "8890a4 b4bccc e4e8f0",
    M.LEAVES: "181c20 3a3c40 8c94a0",
    M.NEEDLES: "0c181e 2c404c ecf2fa",
    M.TRUNK: "141418 34323a 6c6c78",
    M.WALL: "54483e 8c7a6a c4b4a4 | 4c4040 806c68 b8a49c",
    M.ROOF: "a8b8d0 e4ebf6 ffffff",
    M.WINDOW: "a06c24 e0a850 ffd890",
    M.SAIL: "a0a8b8 d0d8e4 f4f8ff",
    M.HULL: "1c1c24 38363e 5c5c68",
}
FROST = Palette(
    sky="3c74b8 7cacdc c8dcf0",
    sun="fffcf4",
    glow="fdf4e8",
    clouds="a0b4d0 fafcff",
    haze="b8d0ec",
    veil=0.6,
    water="244464 4c7094 a0bcd4",
    mirror=0.5,
    land={M.ROCK: "2c3c58 7c94b8 f4f8fc | 34445c 8ca0c0 f0f4fa", **_SNOW},
)
SNOWFALL = Palette(
    sky="98a4b4 b4bec8 ccd4dc",
    sun="f8f4ec",
    glow="e4e0dc",
    clouds="8c98a8 ccd4dc",
    haze="c8d0da",
    veil=0.9,
    water="3c4c5c 647484 9caab8",
    mirror=0.4,
    land={M.ROCK: "3c4454 8490a0 e4eaf0 | 444a58 909aa8 dce2ea", **_SNOW},
)
DAWN = Palette(
    sky="6c88bc b8b4d0 f4c8bc f8dcc0",
    sun="fff4d8",
    glow="ffd8b0",
    clouds="9898bc fcdcd0",
    haze="d0c0d4",
    veil=0.65,
    water="34446c 646c94 c0a8b8",
    mirror=0.6,
    land={M.ROCK: "34385c 8484ac fce4dc | 3c4064 9090b4 f4dcd8", **_SNOW},
)
WINTERS = (FROST, SNOWFALL, DAWN)
MOODS = (NOON, HAZE, DUSK, AUTUMN, OVERCAST)
"""The light and seasons that photos are taken in; none is as green as SUMMER or as white as
WINTERS."""


def photo(view: View, scene: Scene, rng: np.random.Generator) -> Canvas:
    """A photo in one of many lights, rather muted."""
    return _expose(view, scene, MOODS[int(rng.integers(len(MOODS)))], rng, (1.0, 1.22))


def summer(view: View, scene: Scene, rng: np.random.Generator) -> Canvas:
    """A photo on a bright summer's day: blue above, green below."""
    return _expose(view, scene, SUMMER, rng, (0.96, 1.1))


def winter(view: View, scene: Scene, rng: np.random.Generator) -> Canvas:
    """A photo in the snow: frost, snowfall or a pink dawn."""
    _freeze(view, rng)
    snow = np.isin(view.material, (M.HILL, M.GRASS, M.PATH))
    view.light += np.float32(0.45) * snow * (0.72 - view.light)
    palette = WINTERS[int(rng.integers(len(WINTERS)))]
    image = _expose(view, scene, palette, rng, (0.9, 1.03), _SNOWY)
    return _snow(image, rng) if palette is SNOWFALL else image


def _freeze(view: View, rng: np.random.Generator) -> None:
    """Ice floes with snow on them cover about a third of the water."""
    floes = fractal(rng, view.size, (22, 5), octaves=4, gain=0.6)
    view.put(
        (view.material == M.WATER) & (floes > 0.45),
        M.GRASS,
        light=np.clip(0.5 + 0.3 * (floes - 0.45), 0, 0.9),
        tint=-0.5,
    )


def _snow(image: Canvas, rng: np.random.Generator) -> Canvas:
    """Flakes in the air, the near ones large and soft."""
    size = len(image)
    fall = np.zeros((size, size), dtype=np.float32)
    for count, radius in ((160, 0.006), (45, 0.011)):
        for x, y in rng.uniform(0, 1, (count, 2)).tolist():
            row, column, reach = int(y * size), int(x * size), max(round(radius * size), 1)
            fall[row : row + reach, column : column + reach] = 0.85
    soft = uniform_filter(fall, max(round(0.006 * size), 1))
    return image + soft[..., None] * (rgb("fbfcff")[0] - image)


def _expose(
    view: View,
    scene: Scene,
    palette: Palette,
    rng: np.random.Generator,
    brightness: tuple[float, float],
    roughness: Field = _ROUGHNESS,
) -> Canvas:
    image = colour(view, scene, palette, texture=_texture(view, roughness, rng))
    exposure = rng.uniform(*brightness) * rng.normal(1, 0.025, 3).astype(np.float32)
    vignette = 1 - rng.uniform(0.1, 0.35) * ((view.x - 0.5) ** 2 + (view.y - 0.5) ** 2)
    grain = 0.025 * rng.standard_normal(view.y.shape, dtype=np.float32)
    return image * exposure * vignette[..., None] + grain[..., None]


def _texture(view: View, roughness: Field, rng: np.random.Generator) -> Field:
    """Leaves, stones and grass: fine where things are near."""
    coarse = fractal(rng, view.size, (26, 20), octaves=4, gain=0.95)
    fine = fractal(rng, view.size, (110, 40), octaves=2, gain=1.0)
    near = np.clip(1 - 2.2 * view.depth, 0, 1)
    return roughness[view.material] * (fine + near * (coarse - fine)) * (1.25 - view.depth)
