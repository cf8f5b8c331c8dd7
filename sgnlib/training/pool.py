"""The pool of earlier translations that discriminators learn from, CycleGAN's with S beside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sgnlib.shapes import Images, Rows, Sym


@dataclass(frozen=True)
class Swaps:
    """What a pool does with a batch, decided before the images exist.

    Rows 0 ... size - 1 are the pool's places; behind them lie the images of the batch.

    Attributes:
        take: Where each returned image lies: an old one, or one of the batch.
        put: Where each image of the batch goes; no two go to the same place.
        sym: S of the images returned.
    """

    take: Rows
    put: Rows
    sym: Sym


class ImagePool:
    """Keeps (image, S) pairs: a pooled fake must be weighted with the S that made it, Eq. (4).

    Decisions and S stay on the host; images lie on their device, behind them a row for every image
    of a batch, and are moved by index: nothing waits for the device.

    Args:
        size: Pairs to keep; 0 for none.
        batch_size: Images of every batch.
    """

    def __init__(self, size: int, batch_size: int) -> None:
        self.size = size
        self.batch_size = batch_size
        self._rows: Tensor | None = None
        self._sym: list[Tensor] = []

    def decide(self, sym: Sym, rng: np.random.Generator) -> Swaps:
        """Swaps about half of the new pairs against old ones, as CycleGAN's pool does.

        Until the pool is full, new pairs are stored and returned. Then each is, with probability
        1/2, exchanged for a random stored pair, else returned and not stored.

        Args:
            sym: S of the new translations, on the CPU.
            rng: Source of all decisions.
        """
        fresh = range(self.size, self.size + len(sym))
        lies = dict(zip(range(self.size), range(self.size), strict=True))
        take, returned = list(fresh), list(sym)
        for i, row in enumerate(fresh if self.size else ()):
            if len(self._sym) < self.size:
                lies[len(self._sym)] = row
                self._sym.append(sym[i].clone())
            elif rng.random() < 0.5:
                slot = int(rng.integers(self.size))
                take[i], lies[slot] = lies[slot], row
                returned[i], self._sym[slot] = self._sym[slot], sym[i].clone()
        put = list(fresh)
        for slot, row in lies.items():
            if row != slot:  # the last one put there; those before it were taken again
                put[row - self.size] = slot
        return Swaps(torch.tensor(take), torch.tensor(put), torch.stack(returned))

    def exchange(self, images: Images, take: Rows, put: Rows) -> Images:
        """Carries out decisions of `decide`, in their order.

        Args:
            images: The new translations; the caller sees to it that they carry no gradient.
            take, put: The decisions, on the images' device.
        """
        if self.size == 0:
            return images
        if self._rows is None:
            self._rows = self._empty(images)
        self._rows[self.size :] = images
        returned = self._rows[take]
        self._rows.index_copy_(0, put, images)
        return returned

    def state_dict(self) -> dict[str, Tensor]:
        """The stored pairs, for a checkpoint."""
        if self._rows is None:
            return {}
        return {"images": self._rows[: len(self._sym)].clone(), "sym": torch.stack(self._sym)}

    def load_state_dict(self, state: dict[str, Tensor], device: torch.device) -> None:
        """Takes over the pairs of a checkpoint."""
        if not state:
            return
        self._rows = self._empty(state["images"].to(device))
        self._rows[: len(state["sym"])] = state["images"]
        self._sym = list(state["sym"])

    def _empty(self, images: Tensor) -> Tensor:
        return images.new_zeros(self.size + self.batch_size, *images.shape[1:])
