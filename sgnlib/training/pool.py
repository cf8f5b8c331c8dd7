"""The pool of earlier translations that discriminators learn from, CycleGAN's with S beside."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from sgnlib.shapes import Images, Sym


class ImagePool:
    """Keeps (image, S) pairs: a pooled fake must be weighted with the S that made it, Eq. (4)."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._images: Tensor | None = None
        self._sym: Tensor | None = None
        self._kept = 0

    def query(self, images: Images, sym: Sym, rng: np.random.Generator) -> tuple[Images, Sym]:
        """Swaps about half of the new pairs against old ones, as CycleGAN's pool does.

        Until the pool is full, new pairs are stored and returned. Then each is, with probability
        1/2, exchanged for a random stored pair, else returned and not stored.

        Args:
            images: New translations; the caller sees to it that they carry no gradient.
            sym: Their S, on the CPU.
            rng: Source of all decisions.
        """
        if self.size == 0:
            return images, sym
        if self._images is None or self._sym is None:
            self._images = images.new_empty(self.size, *images.shape[1:])
            self._sym = sym.new_empty(self.size, *sym.shape[1:])
        images, sym = images.clone(), sym.clone()
        for i in range(len(images)):
            if self._kept < self.size:
                self._images[self._kept], self._sym[self._kept] = images[i], sym[i]
                self._kept += 1
            elif rng.random() < 0.5:
                slot = int(rng.integers(self.size))
                image, s = self._images[slot].clone(), self._sym[slot].clone()
                self._images[slot], self._sym[slot] = images[i], sym[i]
                images[i], sym[i] = image, s
        return images, sym

    def state_dict(self) -> dict[str, Tensor]:
        """The stored pairs, for a checkpoint."""
        if self._images is None or self._sym is None:
            return {}
        return {"images": self._images[: self._kept], "sym": self._sym[: self._kept]}

    def load_state_dict(self, state: dict[str, Tensor], device: torch.device) -> None:
        """Takes over the pairs of a checkpoint."""
        if not state:
            return
        kept, images, sym = len(state["sym"]), state["images"], state["sym"]
        self._images = images.new_empty(self.size, *images.shape[1:], device=device)
        self._sym = sym.new_empty(self.size, *sym.shape[1:])
        self._images[:kept], self._sym[:kept], self._kept = images, sym, kept
