"""Unpaired batches as a pure function of (seed, step): nothing to store in a checkpoint."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from sgnlib.shapes import Images, Pixels


def to_images(pixels: Pixels) -> Images:
    """Maps 0..255 to [-1, 1]."""
    return pixels.float() / 127.5 - 1


def to_pixels(images: Images) -> Pixels:
    """Maps [-1, 1] to 0..255, rounding; values outside are clipped."""
    return ((images.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)


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

    def batch(self, step: int) -> dict[str, Images]:
        """The batches of one step, in [-1, 1]; the same step always gives the same images."""
        return {domain: self._draw(domain, step) for domain in self.pools}

    def _draw(self, domain: str, step: int) -> Images:
        pool = self.pools[domain]
        rng = np.random.default_rng((self.seed, zlib.crc32(domain.encode()), 1, step))
        room = np.array(pool.shape[2:]) - self.size + 1
        tops, lefts = rng.integers(0, room[:, None], (2, self.batch_size)).tolist()
        flips = rng.integers(0, 2, self.batch_size).tolist()
        crops = []
        for index, top, left, flip in zip(
            self._indices(domain, step), tops, lefts, flips, strict=True
        ):
            crop = pool[index, :, top : top + self.size, left : left + self.size]
            crops.append(crop.flip(-1) if flip else crop)
        return to_images(torch.stack(crops))

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
