"""First, simple painters; they only differ in palette and texture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

PALETTE = {
    "photo": ((150, 180, 210), (90, 110, 80), 0.5, 0.04),
    "vangogh": ((40, 80, 170), (220, 180, 40), 1.2, 0.3),
    "ukiyoe": ((225, 210, 175), (60, 90, 130), 0.0, 0.02),
    "monet": ((200, 190, 215), (150, 180, 150), 0.8, 0.25),
    "summer": ((90, 160, 240), (60, 150, 40), 0.5, 0.05),
    "winter": ((200, 210, 225), (235, 240, 250), 0.5, 0.05),
}


def paint_images(domain: str, seeds: range, size: int) -> NDArray[np.uint8]:
    return np.stack([_paint(domain, seed, size) for seed in seeds])


def _paint(domain: str, seed: int, size: int) -> NDArray[np.uint8]:
    rng = np.random.default_rng((list(PALETTE).index(domain), seed))
    sky, ground, blur, grain = PALETTE[domain]
    x, y = np.meshgrid(np.linspace(0, 1, size), np.linspace(0, 1, size))
    ridge = 0.5 + 0.2 * np.sin(6 * rng.random() + (2 + 5 * rng.random()) * x)
    land = np.clip((y - ridge) * size, 0, 1)[..., None]
    noise = ndimage.gaussian_filter(rng.standard_normal((size, size, 3)), (blur, blur, 0))
    image = (1 - land) * np.array(sky) * (1 - 0.3 * y[..., None]) + land * np.array(ground)
    image = image + 255 * grain * noise
    return np.clip(image, 0, 255).astype(np.uint8).transpose(2, 0, 1)


def paint_style(name: str, size: int) -> NDArray[np.uint8]:
    rng = np.random.default_rng(len(name))
    noise = ndimage.gaussian_filter(rng.standard_normal((size, size, 3)), (3, 3, 0))
    return np.clip(128 + 800 * noise, 0, 255).astype(np.uint8).transpose(2, 0, 1)[None]
