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
    M.WALL: "a494a8 d8c8c0 f8ece0 | 9c98b4 ccc4cc f4e8e4",
    M.ROOF: "8c6478 bc8480 e0b09c | 74789c 9c9cb8 c8c4d0",
    M.WINDOW: "5c5c80 7c7c98 a4a4b4",
    M.SAIL: "d0c8c8 f0e8dc fffbf0",
    M.HULL: "44406c 6c5c7c a08c94",
    M.TRUNK: "544c6c 786c80 a89898",
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
        M.LEAVES: "44606c 688c84 a0b498 | 4c5c74 74888c acb4a0",
        M.NEEDLES: "3c5468 5c7880 88a094",
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
        M.LEAVES: "3c6c5c 6ca06c b4cc84 | 486470 789c7c c0cc90",
        M.NEEDLES: "345c60 588474 90ac84",
        **_THINGS,
    },
)
EVENING = Palette(
    sky="a08cc0 d0a0b8 f4b8a0 fcd89c",
    sun="fff0b0",
    glow="ffdc94",
    clouds="a890bc fcd0b4",
    haze="c8a8c4",
    veil=0.8,
    water="7c74a8 a890b4 e4bcb0",
    mirror=0.8,
    land={
        M.ROCK: "7068a4 9c88b8 d4acb8 | 8070a4 b090b0 e0b4a8",
        M.HILL: "6c7498 988ca4 d4b09c | 7c7498 ac90a0 e0b890",
        M.GRASS: "7c8078 b0a07c e4c488 | 8c7488 c49484 f4c08c",
        M.PATH: "9c8098 c8a4a0 f0ccb0",
        M.LEAVES: "4c5480 787c84 bcac80 | 5c5080 8c7488 cca484",
        M.NEEDLES: "44507c 646c80 9c9484",
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
        M.LEAVES: "346858 5c9468 a4c480 | 3c6078 6c9488 b4c88c",
        M.NEEDLES: "2c5860 508078 84a884",
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
UNDER = Brush(length=0.05, width=0.027, spacing=0.026, blunt=3.0)
OVER = Brush(length=0.03, width=0.016, spacing=0.018, vary=0.4, relief=0.06, blunt=2.5)


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
    return lay(mixed, OVER, angle, _JITTER, rng)
