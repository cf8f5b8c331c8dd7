"""Which images show the same: equal bytes, or so alike that only size or compression differ."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.fft import dctn
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

SIDE = 32
"""Side of the thumbnails that are compared."""

BITS = 6
"""Hashes of 64 bits that differ in so many at most are looked at more closely."""

DIFFERENCE = 4.0
"""Mean absolute difference of two thumbnails' values (0 to 255) up to which they show the same.
Copies at half the size and JPEG quality 75 stay below 2.5, the repeats in summer2winter_yosemite
below 1.5; other photos of the same view, and other prints of the same photo, begin at 8."""

Thumbnail = NDArray[np.uint8]


def thumbnail(image: Image.Image) -> Thumbnail:
    """An RGB image as (32, 32, 3)."""
    return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BOX, reducing_gap=None))


def perceptual_hashes(thumbnails: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """64 bits per thumbnail: which of the 8x8 lowest frequencies lie above their median.

    Args:
        thumbnails: (n, 32, 32, 3).
    """
    grey = thumbnails.astype(np.float32).mean(axis=-1)
    low = dctn(grey, axes=(1, 2))[:, :8, :8].reshape(len(grey), 64)
    low[:, 0] = 0  # brightness says nothing
    bits = low > np.median(low, axis=1, keepdims=True)
    return np.packbits(bits, axis=1).view(np.uint64)[:, 0]


def alike(thumbnails: NDArray[np.uint8]) -> Iterator[tuple[int, int]]:
    """Pairs (i, j), i < j, of thumbnails that show the same."""
    hashes = perceptual_hashes(thumbnails)
    for i in range(len(hashes) - 1):
        near = np.flatnonzero(np.bitwise_count(hashes[i + 1 :] ^ hashes[i]) <= BITS) + i + 1
        if len(near):
            gaps = np.abs(thumbnails[near].astype(np.int16) - thumbnails[i]).mean(axis=(1, 2, 3))
            yield from ((i, int(j)) for j in near[gaps <= DIFFERENCE])


def groups(digests: list[str], thumbnails: NDArray[np.uint8]) -> list[list[int]]:
    """Indices of images that show the same, two or more in each group, in their order."""
    first: dict[str, int] = {}
    pairs = [(first.setdefault(digest, i), i) for i, digest in enumerate(digests)]
    pairs += alike(thumbnails)
    rows, columns = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
    graph = coo_array((np.ones(len(rows), bool), (rows, columns)), shape=(len(digests),) * 2)
    _, labels = connected_components(graph, directed=False)
    members: dict[int, list[int]] = {}
    for index, label in enumerate(labels.tolist()):
        members.setdefault(label, []).append(index)
    return [group for group in members.values() if len(group) > 1]
