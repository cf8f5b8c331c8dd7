"""Two style images of our own, in the places of Udnie and Rain Princess."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sgnlib.datasets.procedural.colour import OVERSAMPLING, Canvas, ramp, rgb, shrink
from sgnlib.datasets.procedural.noise import Field, fractal, smoothstep
from sgnlib.datasets.procedural.strokes import Brush, lay


def paint_style(name: str, size: int) -> NDArray[np.uint8]:
    """Paints a style image, as (1, 3, size, size).

    Raises:
        KeyError: No such style image.
    """
    return shrink(_STYLES[name](OVERSAMPLING * size), OVERSAMPLING)[None]


# ------------------------------------------------------- "udnie": a dance of curved, shaded facets

_GREYS = ("14161c 3c4048 8c9094", "585c64 9a9c9c d8d4c8", "2c3038 6c7078 b4b4b0", "a4a49c ece6d6")
_ACCENTS = (
    "7c2414 c8502c ec9c70",
    "14244c 3c5c9c a0b8dc",
    "7c5418 c89838 f0d488",
    "1c3040 5c7890 b8c8d0",
    "0c0e14 20242c 4c5058",
    "e8dcc4 fffaec",
    "5c1810 a03820 d87c50",
    "0c4c38 2c8460 8cbc98",
)


def _facets(size: int) -> Canvas:
    rng = np.random.default_rng(1913)
    x, y = _grid(size)
    image = _wedges(rng, x, y)
    for index in range(64):
        near = 1 - index / 80
        centre = np.array([0.5, 0.48]) + rng.normal(0, 0.25 * near + 0.04, 2)
        reach = rng.uniform(0.08, 0.22) * (0.4 + 0.75 * near)
        palette = _ACCENTS if rng.random() < 0.72 else _GREYS
        stops = rgb(palette[int(rng.integers(len(palette)))])
        mask = _facet(rng, x, y, centre, reach)
        turn = rng.uniform(0, 2 * np.pi)
        across = (x - centre[0]) * np.cos(turn) + (y - centre[1]) * np.sin(turn)
        fill = ramp(stops, (0.5 + 0.55 * across / reach).astype(np.float32))
        shadow = _near(mask, (0.012, 0.016))
        image *= (1 - 0.45 * shadow * (1 - mask))[..., None]
        image += mask[..., None] * (fill - image)
    canvas = fractal(rng, size, (40, 40), octaves=3, gain=0.9)
    wear = fractal(rng, size, (4, 4), octaves=4)
    return image * (1 + 0.025 * canvas + 0.04 * wear)[..., None]


def _wedges(rng: np.random.Generator, x: Field, y: Field) -> Canvas:
    """A ground of grey planes around a middle, each shaded from one edge to the other."""
    image = np.empty((*x.shape, 3), dtype=np.float32)
    image[:] = rgb("8c8c88")[0]
    for _ in range(11):
        turn = rng.uniform(0, 2 * np.pi)
        at = 0.5 + 0.3 * np.array([np.cos(turn), np.sin(turn)])
        across = (x - at[0]) * np.cos(turn) + (y - at[1]) * np.sin(turn)
        fill = ramp(rgb(_GREYS[int(rng.integers(4))]), (0.15 + 1.6 * across).astype(np.float32))
        tilt = turn + rng.uniform(0.7, 1.4) * rng.choice([-1, 1])
        side = (x - at[0]) * np.cos(tilt) + (y - at[1]) * np.sin(tilt)
        mask = _inside(np.minimum(across, side), x.shape[0])
        image += mask[..., None] * (fill - image)
    return image


def _facet(
    rng: np.random.Generator, x: Field, y: Field, centre: NDArray[np.float64], reach: float
) -> Field:
    """A crescent, a lens, a cut disc or a bent band: discs and half-planes that meet."""
    dx, dy = (x - centre[0]) / reach, (y - centre[1]) / reach
    turn = rng.uniform(0, 2 * np.pi)
    u = dx * np.cos(turn) + dy * np.sin(turn)
    v = dy * np.cos(turn) - dx * np.sin(turn)
    kind = rng.integers(4)
    if kind == 0:  # crescent or bent band
        away = rng.uniform(0.35, 0.8)
        inner = np.hypot(u - away, v) - rng.uniform(0.7, 0.95)
        distance = np.minimum(1 - np.hypot(u, v), inner)
    elif kind == 1:  # lens
        away = rng.uniform(0.6, 1.0)
        distance = 1.35 - np.maximum(np.hypot(u - away, v), np.hypot(u + away, v))
    elif kind == 2:  # disc cut by two lines
        cut = np.minimum(v + rng.uniform(0, 0.5), rng.uniform(0.1, 0.6) - 0.6 * u - 0.3 * v)
        distance = np.minimum(1 - np.hypot(u, v), cut)
    else:  # blade with one round side
        narrow = rng.uniform(0.25, 0.5)
        edge = np.minimum(narrow * (1.4 - u) - v, v + 0.15 + 0.3 * u * u)
        distance = np.minimum(1.3 - np.abs(u), edge)
    return _inside(distance * reach, x.shape[0])


def _inside(distance: NDArray[np.floating], size: int) -> Field:
    return np.clip(distance * size + 0.5, 0, 1).astype(np.float32)


def _near(mask: Field, shift: tuple[float, float]) -> Field:
    """The mask, moved right and down: where it throws its shadow."""
    down, right = (round(step * len(mask)) for step in shift)
    out = np.zeros_like(mask)
    out[down:, right:] = mask[: len(mask) - down, : len(mask) - right]
    return out


# ------------------------------------- "rain-princess": lamps and leaves on a wet avenue, by knife

_LEAVES = (
    "0c1c4c 14449c 2484c8",
    "0c3c6c 1c8ca4 7cd0d0",
    "b83c0c f07818 ffb838",
    "d88c10 fcc828 fff088",
    "7c1410 d02c18 f86c30",
    "0c2c24 2c6c34 9cb42c",
    "200c2c 4c1c54 944080",
    "0a0c1c 18203c 384868",
)
_KNIFE = np.array(
    [
        [0.00, 0.00, 0.00],
        [0.10, 0.06, 0.00],
        [-0.08, -0.06, -0.04],
        [0.00, 0.05, 0.12],
        [0.18, 0.16, 0.12],
        [-0.10, -0.02, 0.06],
    ],
    dtype=np.float32,
)
_BROAD = Brush(
    length=0.09, width=0.04, spacing=0.03, relief=0.06, bristles=0.08, blunt=20.0, follow=0.0
)
_SMALL = Brush(
    length=0.06, width=0.024, spacing=0.019, relief=0.12, bristles=0.1, blunt=20.0, follow=0.0
)
_WET = Brush(
    length=0.07,
    width=0.01,
    spacing=0.015,
    vary=0.4,
    relief=0.12,
    bristles=0.08,
    blunt=8.0,
    follow=0.0,
)
_LAMPS = ((0.13, 0.34, 0.024), (0.3, 0.4, 0.017), (0.7, 0.4, 0.017), (0.88, 0.33, 0.024))
_KERB = 0.56


def _avenue(size: int) -> Canvas:
    rng = np.random.default_rng(2010)
    x, y = _grid(size)
    leaves = _leaves(rng, x, y)
    turning = np.float32(1.5) * fractal(rng, size, (12, 12), octaves=2, gain=0.7)
    leaves = lay(leaves, _BROAD, turning, _KNIFE, rng)
    leaves = lay(leaves, _SMALL, turning + 0.5, _KNIFE, rng)
    trunks = _trunks(x, y)
    leaves += trunks[..., None] * (rgb("140c1c")[0] - leaves)
    for lamp_x, lamp_y, radius in _LAMPS:
        far = np.hypot(x - lamp_x, y - lamp_y)
        glow = np.exp(-far / (1.5 * radius)) * 0.75 + (far < 0.75 * radius)
        leaves += np.minimum(glow, 1)[..., None] * (rgb("fff8c8")[0] - leaves)
    wet = _reflections(rng, leaves, y)
    street = (y > _KERB)[..., None]
    image = np.where(street, wet, leaves)
    level = 0.08 * fractal(rng, size, (9, 5), octaves=2)
    return np.where(street, lay(image, _WET, level, 0.5 * _KNIFE, rng), image)


def _leaves(rng: np.random.Generator, x: Field, y: Field) -> Canvas:
    """Patches of pure colour, warm towards the light at the avenue's end, blue at the sides."""
    size = len(x)
    far = np.hypot((x - 0.5) / 0.9, y - 0.5)
    warm = smoothstep(0.5, 0.1, far.astype(np.float32))
    votes = [fractal(rng, size, (15, 15), octaves=2, gain=0.6) for _ in _LEAVES]
    for index in (2, 3, 4):
        votes[index] += 2.1 * warm - 0.35
    for index in (0, 1, 6, 7):
        votes[index] -= 2.2 * warm - 0.75
    choice = np.argmax(votes, axis=0)
    shade = 0.5 + 0.3 * fractal(rng, size, (10, 10), octaves=2)
    image = np.empty((*x.shape, 3), dtype=np.float32)
    for index, stops in enumerate(_LEAVES):
        chosen = choice == index
        image[chosen] = ramp(rgb(stops), shade[chosen])
    light = np.exp(-((far / 0.15) ** 2)).astype(np.float32)[..., None]
    return image + 0.8 * light * (rgb("fff0b8")[0] - image)


def _trunks(x: Field, y: Field) -> Field:
    """Trees left and right that stand the closer the farther away."""
    out = np.zeros_like(x)
    for at, width, foot in ((0.05, 0.03, 0.64), (0.22, 0.018, 0.6), (0.36, 0.01, 0.57)):
        for middle in (at, 1 - at):
            bent = middle + 0.05 * np.sin(7 * y + 20 * at + 3 * (middle > 0.5)) * (foot - y)
            out = np.maximum(out, (np.abs(x - bent) < width * (0.35 + 0.5 * y)) & (y < foot))
    return 0.8 * out


def _reflections(rng: np.random.Generator, leaves: Canvas, y: Field) -> Canvas:
    """What stands above the kerb, drawn down in long streaks that break up sideways."""
    size = len(y)
    shake = 0.012 * fractal(rng, size, (40, 6), octaves=2, gain=0.8)
    streak = fractal(rng, size, (2, 30), octaves=2, gain=0.7)
    up = np.clip(_KERB - 0.75 * (y - _KERB) + 0.03 * streak, 0, 0.999)
    rows = (up * size).astype(np.int64)
    columns = np.clip(np.arange(size) + (shake * size).astype(np.int64), 0, size - 1)
    mirrored = leaves[rows, columns]
    dark = rgb("0c1c44")[0]
    return dark + (mirrored - dark) * (0.75 + 0.35 * streak)[..., None].clip(0.1, 1.25)


def _grid(size: int) -> tuple[Field, Field]:
    pixel = ((np.arange(size) + 0.5) / size).astype(np.float32)
    x, y = np.meshgrid(pixel, pixel)
    return x, y


_STYLES = {"udnie": _facets, "rain-princess": _avenue}
STYLE_IMAGES = tuple(_STYLES)
