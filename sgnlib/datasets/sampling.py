"""Unpaired batches as a pure function of (seed, step): nothing to store in a checkpoint."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from sgnlib.shapes import Images, Pixels, Places, Pool


def to_images(pixels: Pixels) -> Images:
    """Maps 0..255 to [-1, 1]."""
    return pixels.float() / 127.5 - 1


def to_pixels(images: Images) -> Pixels:
    """Maps [-1, 1] to 0..255, rounding; values outside are clipped."""
    return ((images.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)


def crops(pool: Pool, places: Places, size: int) -> Pixels:
    """Square crops of a pool's images, one gather wherever the pool lies: no number is fetched.

    Args:
        pool: All images.
        places: Which crops, on the pool's device.
        size: Their side in pixels.
    """
    image, top, left, mirrored = places
    windows = pool.unfold(2, size, 1).unfold(3, size, 1)  # a view: every crop of every image
    cut = windows[image, :, top, left]
    return torch.where(mirrored[:, None, None, None] == 1, cut.flip(-1), cut)


class UnpairedSampler:
    """Draws a batch per domain: shuffled epochs, random crop, random flip (supp. A.2).

    Every domain goes through its own permutations, so nothing is paired. An incomplete batch at
    an epoch's end is dropped; a pool smaller than a batch is gone through several times instead.
    A domain's draws depend on its name, not on which other domains there are.

    Args:
        pools: Pixels of every domain, at least `size` wide and high.
        batch_size: Images per domain and step.
        size: Side of the square crops in pixels.
        seed: Together with the step, the only source of randomness.

    Raises:
        ValueError: A pool is empty or its images are smaller than the crop.
    """

    def __init__(
        self, pools: Mapping[str, Pixels], *, batch_size: int, size: int, seed: int
    ) -> None:
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1; got {batch_size}")
        for domain, pool in pools.items():
            if len(pool) == 0 or min(pool.shape[2:]) < size:
                raise ValueError(
                    f"domain {domain!r} has {len(pool)} images of {tuple(pool.shape[2:])} pixels; "
                    f"needed is at least one of at least {size}x{size}"
                )
        self.pools = dict(pools)
        self.batch_size = batch_size
        self.size = size
        self.seed = seed

    def places(self, domain: str, step: int) -> Places:
        """What a domain shows in one step: the same step always gives the same places."""
        pool = self.pools[domain]
        rng = np.random.default_rng((self.seed, zlib.crc32(domain.encode()), 1, step))
        room = np.array(pool.shape[2:]) - self.size + 1
        corners = rng.integers(0, room[:, None], (2, self.batch_size))
        flips = rng.integers(0, 2, self.batch_size)
        return torch.from_numpy(np.stack([self._indices(domain, step), *corners, flips]))

    def batch(self, step: int) -> dict[str, Images]:
        """The batches of one step, in [-1, 1]; the same step always gives the same images."""
        return {
            domain: to_images(crops(pool, self.places(domain, step), self.size))
            for domain, pool in self.pools.items()
        }

    def _indices(self, domain: str, step: int) -> list[int]:
        count = len(self.pools[domain])
        in_epoch = max(count - count % self.batch_size, 1) if count >= self.batch_size else count
        key = zlib.crc32(domain.encode())
        positions = range(step * self.batch_size, (step + 1) * self.batch_size)
        return [
            int(_permutation(self.seed, key, at // in_epoch, count)[at % in_epoch])
            for at in positions
        ]


@lru_cache(maxsize=32)
def _permutation(seed: int, key: int, epoch: int, count: int) -> NDArray[np.intp]:
    return np.random.default_rng((seed, key, 0, epoch)).permutation(count)
