"""Monet: small dabs of broken colour, light without outlines, violet shadows."""

from __future__ import annotations

import numpy as np

from sgnlib.datasets.procedural.colour import Canvas, Palette, colour
from sgnlib.datasets.procedural.noise import fractal
from sgnlib.datasets.procedural.scene import Scene
from sgnlib.datasets.procedural.strokes import Brush, lay
from sgnlib.datasets.procedural.view import Material, View

M = Material

_THINGS = {
    M.WALL: "9484a4 d4c4b8 fcf0e0 | 8488b0 c4c0c8 f8ece0",
    M.ROOF: "844c60 bc6c64 e8a488 | 545c90 8088ac bcbccc",
    M.WINDOW: "4c4c78 6c6c90 9c9cb0",
    M.SAIL: "d0c8c8 f8f0e0 fffdf4",
    M.HULL: "343464 5c4c70 98808c",
    M.TRUNK: "443c60 685c78 a09094",
}
MORNING = Palette(
    sky="8ca0c0 a8b4cc d0c4cc f0d4b8",
    sun="ff8c50",
    glow="fcb484",
    clouds="94a0bc ecdcd8",
    haze="b4b8d0",
    veil=0.85,
    water="6c84a4 8ca4bc c8ccd0",
    mirror=0.75,
    land={
        M.ROCK: "7080a8 98a4c4 c4c4d4 | 7c80a4 a4a0bc ccc4cc",
        M.HILL: "607c8c 88a4a4 b4c4b4 | 6c7c90 98a4a8 c8c8b8",
        M.GRASS: "647c74 8ca488 c4cca4 | 74788c a49ca0 d4c4b0",
        M.PATH: "988c98 bcacac e0d0c4",
        M.LEAVES: "2c4c60 547c78 98b090 | 344c6c 607c84 a8b098",
        M.NEEDLES: "243c58 446474 7c988c",
        **_THINGS,
    },
)
POPPIES = Palette(
    sky="7ca8dc a0c4e8 c8dcec ecE8e0",
    sun="fffbe8",
    glow="fff0d0",
    clouds="b0b4d4 fffaf4",
    haze="b0c4e0",
    veil=0.7,
    water="5c90b4 84b0c8 c4dcdc",
    mirror=0.7,
    land={
        M.ROCK: "7484b4 a4a8cc d4ccd8 | 8488b0 b0a8c4 dcd0d0",
        M.HILL: "5c9080 84b490 bcd4a0 | 7090a0 98b4a8 d0d8ac",
        M.GRASS: "5c9058 94bc6c d4dc94 | 9c8c5c d49c80 f0c49c",
        M.PATH: "a89488 d0b8a4 f0dcc8",
        M.LEAVES: "245448 589450 b0cc70 | 30506c 648c6c bccc80",
        M.NEEDLES: "204854 447460 84a474",
        **_THINGS,
    },
)
EVENING = Palette(
    sky="7c84b0 b49cb4 e8b49c f8d48c",
    sun="fff4b8",
    glow="ffdc90",
    clouds="8c84a8 f4ccac",
    haze="b4a4bc",
    veil=0.75,
    water="5c6894 8088a8 d4b4a8",
    mirror=0.8,
    land={
        M.ROCK: "545c94 8480ac c4a4ac | 64649c 988cac d4b0a0",
        M.HILL: "4c6480 788894 bca890 | 5c6888 90888c ccb080",
        M.GRASS: "506858 8c9460 d0bc6c | 686c60 a88c64 e4b470",
        M.PATH: "8c7480 c09c90 ecc8a0",
        M.LEAVES: "2c4060 546c68 9c9c64 | 3c4060 706864 b49468",
        M.NEEDLES: "243858 445c68 7c8870",
        **_THINGS,
    },
)
LILIES = Palette(
    sky="90c0c4 b0d4cc d4e4cc f0ecd4",
    sun="fffbe0",
    glow="fcf4cc",
    clouds="a8b8d0 fcf8f0",
    haze="acc8d4",
    veil=0.75,
    water="4c8890 74a8a8 b4d0bc",
    mirror=0.65,
    land={
        M.ROCK: "7c90b8 a4b4cc ccd0d8 | 8890b4 b4b0c4 d8d0d0",
        M.HILL: "549078 80b494 b4d0a4 | 5c8c90 88b0a8 bcd0b0",
        M.GRASS: "4c8864 80b074 c0d48c | 648c94 98b498 d8dca4",
        M.PATH: "9c9c9c c0bcb0 e4dccc",
        M.LEAVES: "1c544c 4c8c58 9cc470 | 284c70 5c8878 b0c880",
        M.NEEDLES: "184450 3c7068 78a078",
        **_THINGS,
    },
)
MOODS = (MORNING, POPPIES, EVENING, LILIES)

# Broken colour: beside the true tone a rosy, a violet, a blue, a green and a yellow one.
_JITTER = np.array(
    [
        [0.00, 0.00, 0.00],
        [0.07, -0.02, 0.00],
        [0.02, -0.05, 0.06],
        [-0.07, 0.00, 0.07],
        [-0.06, 0.05, -0.03],
        [0.07, 0.06, -0.06],
        [0.08, 0.08, 0.06],
        [-0.07, -0.07, -0.03],
    ],
    dtype=np.float32,
)
UNDER = Brush(length=0.045, width=0.024, spacing=0.025, blunt=3.0, follow=0.2)
OVER = Brush(
    length=0.027, width=0.015, spacing=0.0185, vary=0.4, relief=0.07, blunt=2.5, follow=0.2
)


def monet(view: View, scene: Scene, rng: np.random.Generator) -> Canvas:
    """Two layers of dabs over the scene in one of his lights."""
    palette = MOODS[int(rng.integers(len(MOODS)))]
    drift = fractal(rng, view.size, (4, 4), octaves=3)
    speckle = fractal(rng, view.size, (20, 16), octaves=2, gain=0.8)
    image = colour(view, scene, palette, texture=0.12 * speckle)
    image *= rng.normal(1, 0.02, 3).astype(np.float32)
    calm = np.isin(view.material, (M.WATER, M.PATH))
    angle = (0.5 * view.angle + drift) * np.where(calm, 0.15, 0.7).astype(np.float32)
    under = lay(image, UNDER, angle, 0.8 * _JITTER, rng, inside=view.item)
    mixed = 0.5 * (under + image)
    return lay(mixed, OVER, angle, 0.85 * _JITTER, rng)
