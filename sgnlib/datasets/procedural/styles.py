"""Two style images of our own, in the places of Udnie and Rain Princess."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

STYLE_IMAGES = ("udnie", "rain-princess")


def paint_style(name: str, size: int) -> NDArray[np.uint8]:
    """Paints a style image, as (1, 3, size, size)."""
    rng = np.random.default_rng(len(name))
    noise = ndimage.gaussian_filter(rng.standard_normal((size, size, 3)), (3, 3, 0))
    return np.clip(128 + 800 * noise, 0, 255).astype(np.uint8).transpose(2, 0, 1)[None]
