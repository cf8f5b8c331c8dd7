"""All that chance decides in one step, in two small tensors that travel to the device at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from sgnlib.shapes import Pixels, Places, Rows, Sym
from sgnlib.training.pool import Swaps

Kind: TypeAlias = tuple[tuple[int, ...], tuple[int, ...]]
"""What a step computes: active domains of the generator's update and of the discriminators'."""


@dataclass(frozen=True)
class Draws:
    """One step's random decisions and its learning rate.

    Attributes:
        indices: Places of every domain's crops, four rows each; two rows for the image pool.
        numbers: S of the new translations, S of those that the discriminators see, learning rate.
        kind: Which domains have a weight other than zero; known on the host only.
        rate: The learning rate, on the host.
        pixels: Crops of the domains, by number, whose images do not lie on the device.
    """

    indices: Int64[Tensor, "rows batch"]
    numbers: Float[Tensor, " count"]
    kind: Kind
    rate: float
    pixels: Mapping[int, Pixels] = field(default_factory=dict)

    def places(self, domain: int) -> Places:
        """Which crops a domain shows; domains count as for `pack`."""
        return self.indices[4 * domain : 4 * domain + 4]

    @property
    def take(self) -> Rows:
        """`Swaps.take`."""
        return self.indices[-2]

    @property
    def put(self) -> Rows:
        """`Swaps.put`."""
        return self.indices[-1]

    @property
    def sym(self) -> Sym:
        """S of the new translations."""
        return self._syms[0]

    @property
    def fake_sym(self) -> Sym:
        """S of the translations that the discriminators see."""
        return self._syms[1]

    @property
    def rate_there(self) -> Float[Tensor, ""]:
        """The learning rate, on the device."""
        return self.numbers[-1]

    def to(self, device: torch.device) -> Draws:
        """The same on a device; the host does not wait for the copies."""
        if device.type == "cpu":
            return self
        there = [t.pin_memory().to(device, non_blocking=True) for t in self._tensors]
        pixels = dict(zip(self.pixels, there[2:], strict=True))
        return replace(self, indices=there[0], numbers=there[1], pixels=pixels)

    def copy_(self, other: Draws) -> None:
        """Takes over another step's decisions of the same kind, in place."""
        for mine, new in zip(self._tensors, other._tensors, strict=True):
            mine.copy_(new, non_blocking=True)

    @property
    def _syms(self) -> Tensor:
        return self.numbers[:-1].view(2, self.indices.shape[1], -1)

    @property
    def _tensors(self) -> list[Tensor]:
        return [self.indices, self.numbers, *self.pixels.values()]


def pack(
    places: Sequence[Places],
    sym: Sym,
    swaps: Swaps,
    *,
    kind: Kind,
    rate: float,
    pixels: Mapping[int, Pixels],
) -> Draws:
    """The decisions of a step in as few tensors as possible.

    Args:
        places: Of every domain that is drawn.
        sym: S of the new translations.
        swaps: What the image pool does with them.
        kind, rate, pixels: See `Draws`.
    """
    indices = torch.cat([*places, torch.stack([swaps.take, swaps.put])])
    numbers = torch.cat([sym.flatten(), swaps.sym.flatten(), torch.tensor([rate])])
    return Draws(indices, numbers, kind, rate, pixels)
