"""Every domain by name: the embedded painted ones, or images of one's own."""

from __future__ import annotations

import hashlib
import importlib.util
from functools import cache
from pathlib import Path

import numpy as np
import torch

from sgnlib.datasets import folders, procedural
from sgnlib.datasets.cache import cached
from sgnlib.datasets.folders import Split
from sgnlib.provenance import code_digest
from sgnlib.shapes import Pixels

DOMAINS = procedural.DOMAINS
"""The embedded domains: photo, vangogh, ukiyoe, monet, summer, winter."""

STYLE_IMAGES = procedural.STYLE_IMAGES
"""The embedded style images: stand-ins for Udnie and Rain Princess."""

SIZES = (32, 256)
"""Smallest and largest image size of embedded images."""

COUNTS = ((100, 200, 60), (160, 100, 30), (256, 40, 12))
"""(up to this image size, training images, test images) per embedded domain."""

UNSEEN = (
    ("china", "sklearn", "datasets/images/china.jpg"),
    ("flower", "sklearn", "datasets/images/flower.jpg"),
    ("coffee", "skimage", "data/coffee.png"),
    ("rocket", "skimage", "data/rocket.jpg"),
    ("chelsea", "skimage", "data/chelsea.png"),
    ("astronaut", "skimage", "data/astronaut.png"),
)
"""(name, package, file) of real photographs that ship inside packages we depend on."""


def stored_size(split: Split, size: int) -> int:
    """Side of a split's pixels: room for random crops in training, the paper's 286 for 256."""
    return round(size * 286 / 256) if split == "train" else size


def load_images(domain: str, split: Split, size: int, *, folder: str | None = None) -> Pixels:
    """All images of a domain's split: from the cache, or painted or read now.

    Training images are 286/256 times as wide and high as `size`, test images as `size`.

    Args:
        domain: One of `DOMAINS`, or any name if there is a folder.
        split: "train" or "test"; no image is in both.
        size: Side of the crops that a network sees.
        folder: Images of one's own; see `folders.list_images` for the layouts.

    Raises:
        KeyError: No such domain.
        ValueError: A size that is not allowed; an image that cannot be used.
        FileNotFoundError: No such folder.
    """
    side = stored_size(split, size)
    if folder is not None:
        _check_size(size, largest=None)
        path = Path(folder).expanduser()
        name = f"{domain}-{split}-{side}-{fingerprint(domain, folder)}"
        return cached(name, lambda: folders.FolderImages(path, split, side, smallest=size))
    if domain not in DOMAINS:
        raise KeyError(f"no domain {domain!r}; there are {', '.join(DOMAINS)}, or give a folder")
    _check_size(size, largest=SIZES[1])
    count = image_count(split, size)
    name = f"{domain}-{split}-{count}x{side}-{fingerprint(domain)}"
    return cached(name, lambda: procedural.paint_images(domain, split, count, side))


def image_count(split: Split, size: int) -> int:
    """How many images an embedded domain has at that image size."""
    train, test = next(counts for most, *counts in COUNTS if size <= most)
    return train if split == "train" else test


def load_style(name: str, size: int, *, file: str | None = None) -> Pixels:
    """A style image as a batch of one, `size` wide and high.

    Args:
        name: One of `STYLE_IMAGES`, or any name if there is a file.
        size: Side in pixels.
        file: An image of one's own; its central square is taken.

    Raises:
        KeyError: No such style image.
        ValueError: A size that is not allowed; an image that cannot be used.
        FileNotFoundError: No such file.
    """
    if file is not None:
        _check_size(size, largest=None)
        path = Path(file).expanduser()
        return torch.from_numpy(folders.read_image(path, size, smallest=size)[None].copy())
    if name not in STYLE_IMAGES:
        known = ", ".join(STYLE_IMAGES)
        raise KeyError(f"no style image {name!r}; there are {known}, or give a file")
    _check_size(size, largest=SIZES[1])
    return cached(f"{name}-{size}-{fingerprint(name)}", lambda: procedural.paint_style(name, size))


def fingerprint(domain: str, folder: str | None = None) -> str:
    """Eight hex digits that change with the images of a domain or with a style image.

    Args:
        domain: Name of a domain or style image.
        folder: Folder or file with images of one's own.

    Raises:
        KeyError: No such domain or style image.
        FileNotFoundError: No such folder or file.
    """
    if folder is not None:
        made_by = folders.content(Path(folder).expanduser())
    elif domain in DOMAINS or domain in STYLE_IMAGES:
        made_by = f"{_painters_code()} {COUNTS}"
    else:
        known = ", ".join((*DOMAINS, *STYLE_IMAGES))
        raise KeyError(f"no images {domain!r}; there are {known}, or give a folder or file")
    return hashlib.sha256(f"{domain} {made_by}".encode()).hexdigest()[:8]


def unseen_photos(size: int) -> tuple[Pixels, tuple[str, ...]]:
    """Real photographs that no model was trained on, and their names; see `UNSEEN`.

    Raises:
        FileNotFoundError: A package was installed without its photographs.
    """
    photos = []
    for name, package, file in UNSEEN:
        spec = importlib.util.find_spec(package)
        path = Path(spec.origin).parent / file if spec and spec.origin else Path(package) / file
        if not path.is_file():
            raise FileNotFoundError(
                f"{path}, the photo {name!r}, is missing; it ships inside the package's wheel: "
                "install that again"
            )
        photos.append(folders.read_image(path, size, smallest=32))
    return torch.from_numpy(np.stack(photos)), tuple(name for name, _, _ in UNSEEN)


@cache
def _painters_code() -> str:
    return code_digest("sgnlib.datasets.procedural")


def _check_size(size: int, largest: int | None) -> None:
    if size < SIZES[0] or (largest is not None and size > largest):
        allowed = f"at least {SIZES[0]}" + (f", at most {largest}" if largest else "")
        raise ValueError(f"image size is {size}; allowed is {allowed} pixels")
