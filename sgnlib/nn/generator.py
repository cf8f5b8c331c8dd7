"""The generator G(x, S) of Table 4."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import torch
from torch import nn

from sgnlib.experiments import Experiment, Injection
from sgnlib.nn.blocks import ConvBlock, InstanceNorm, Norm, ReflectConv, ResidualBlock
from sgnlib.nn.conditioning import CCAM, CentralBias, NoGate, concat_sym
from sgnlib.shapes import Attention, Features, Images, NewFeatures, Sym


class Generator(nn.Module):
    """CycleGAN's residual generator with S injected, Table 4; any height and width in fours.

    Args:
        domains: Length of S.
        ngf: Channels of the first convolution; the trunk has four times as many.
        n_blocks: Number of residual blocks.
        injection: "ccam" (the paper's), "concat" or "cbn" (Fig. 8).
        reduction, gate_spread: Of the CCAMs.
    """

    def __init__(
        self,
        domains: int,
        *,
        ngf: int = 64,
        n_blocks: int = 9,
        injection: Injection = "ccam",
        reduction: int = 4,
        gate_spread: float = 0.0,
    ) -> None:
        super().__init__()
        self.domains = domains
        self.injection = injection
        plain: Norm = InstanceNorm
        norm: Norm = partial(CentralBias, domains) if injection == "cbn" else plain
        inputs = 3 + domains if injection == "concat" else 3
        wide, trunk = 2 * ngf, 4 * ngf

        # Differs: Table 4 prints zero padding (P:3) and stride 7 at the output; the authors'
        # code pads by reflection, and its output convolution has stride 1.
        self.stem = ConvBlock(ReflectConv(inputs, ngf, 7), plain)
        self.down = nn.ModuleList(
            [
                ConvBlock(nn.Conv2d(ngf, wide, 3, stride=2, padding=1), norm),
                ConvBlock(nn.Conv2d(wide, trunk, 3, stride=2, padding=1), norm),
            ]
        )
        self.blocks = nn.ModuleList([ResidualBlock(trunk, norm) for _ in range(n_blocks)])
        self.up = nn.ModuleList(
            [ConvBlock(_up(trunk, wide), plain), ConvBlock(_up(wide, ngf), plain)]
        )
        self.head = ReflectConv(ngf, 3, 7)
        widths = (ngf, trunk, trunk)
        self.gates = nn.ModuleList(
            [
                CCAM(domains, channels, reduction, gate_spread) if injection == "ccam" else NoGate()
                for channels in widths
            ]
        )

    def forward(self, images: Images, sym: Sym) -> Images:
        """Translates every image to the mix of domains that its S says.

        Raises:
            ValueError: Height or width is not a multiple of 4, or S has the wrong length.
        """
        return self.mix(self.enter(images, sym), sym)

    def enter(self, images: Images, sym: Sym) -> NewFeatures:
        """The first convolution's features; except with CONCAT they do not depend on S.

        Raises:
            ValueError: Height or width is not a multiple of 4, or S has the wrong length.
        """
        height, width = images.shape[2:]
        if height % 4 or width % 4:
            raise ValueError(f"height and width must be multiples of 4; got {height} x {width}")
        if sym.shape != (len(images), self.domains):
            raise ValueError(
                f"S must have shape ({len(images)}, {self.domains}), one row per image and one "
                f"column per domain; got {tuple(sym.shape)}"
            )
        return self.stem(concat_sym(images, sym) if self.injection == "concat" else images, sym)

    def mix(self, x: Features, sym: Sym) -> NewFeatures:
        """From the first convolution's features to the translated images."""
        for layers, gate in self._gated_stages():
            x = gate(_through(layers, x, sym), sym)
        x = _through(self.up, x, sym)
        # Three output channels leave most of a CPU's vector lanes idle; in this layout, fewer.
        return torch.tanh(self.head(x.contiguous(memory_format=torch.channels_last)))

    def attention(self, images: Images, sym: Sym) -> tuple[Attention, ...]:
        """The three CCAMs' attention maps while these images are translated (Fig. 10).

        Raises:
            ValueError: The generator has no CCAM.
        """
        if self.injection != "ccam":
            raise ValueError(f"only CCAM has attention maps; S enters by {self.injection!r} here")
        maps = []
        x = self.enter(images, sym)
        for layers, gate in self._gated_stages():
            x = _through(layers, x, sym)
            maps.append(gate.attention(x, sym))
            x = gate(x, sym)
        return tuple(maps)

    def _gated_stages(self) -> Iterator[tuple[Iterable[nn.Module], Any]]:
        return zip(((), self.down, self.blocks), self.gates, strict=True)


def build_generator(experiment: Experiment) -> Generator:
    """The generator of a row, with PyTorch's default initialisation."""
    return Generator(
        len(experiment.domains),
        ngf=experiment.ngf,
        n_blocks=experiment.n_blocks,
        injection=experiment.injection,
        reduction=experiment.reduction,
        gate_spread=experiment.gate_spread,
    )


def _up(channels: int, half: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(channels, half, 3, stride=2, padding=1, output_padding=1)


def _through(layers: Iterable[nn.Module], x: Features, sym: Sym) -> NewFeatures:
    for layer in layers:
        x = layer(x, sym)
    return x
