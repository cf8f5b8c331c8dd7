"""Every domain by name: the embedded painted ones, or a folder of one's own."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

from sgnlib.datasets import procedural
from sgnlib.datasets.cache import cached
from sgnlib.shapes import Pixels

DOMAINS = procedural.DOMAINS
"""The embedded domains."""

STYLE_IMAGES = procedural.STYLE_IMAGES
"""The embedded style images."""

SIZES = (32, 256)
"""Smallest and largest image size."""

COUNTS = ((80, 240, 60), (128, 120, 40), (256, 48, 16))
"""(up to this size, training images, test images) per domain."""


def stored_size(split: str, size: int) -> int:
    """Side of the pixels of a split: 1.12 x size for training, as 286 to the paper's 256."""
    return round(1.12 * size) if split == "train" else size


def load_images(
    domain: str, split: Literal["train", "test"], size: int, *, folder: str | None = None
) -> Pixels:
    """All images of a domain's split, square, from the cache or painted now."""
    if domain not in DOMAINS:
        raise KeyError(f"no domain {domain!r}; there are {', '.join(DOMAINS)}")
    side = stored_size(split, size)
    train, test = next((a, b) for most, a, b in COUNTS if size <= most)
    count = train if split == "train" else test
    name = f"{domain}-{split}-{side}-{fingerprint(domain)}"
    return cached(name, lambda: procedural.paint_images(domain, split, count, side))


def load_style(name: str, size: int, *, file: str | None = None) -> Pixels:
    """A style image, square."""
    if name not in STYLE_IMAGES:
        raise KeyError(f"no style image {name!r}; there are {', '.join(STYLE_IMAGES)}")
    return cached(f"{name}-{size}-{fingerprint(name)}", lambda: procedural.paint_style(name, size))


def fingerprint(domain: str, folder: str | None = None) -> str:
    """Eight hex digits that change with the images of a domain or style image."""
    digest = hashlib.sha256(domain.encode())
    for source in sorted(Path(procedural.__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:8]
