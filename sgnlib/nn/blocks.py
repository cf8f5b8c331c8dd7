"""Layers that the generator (Table 4) is made of."""

from __future__ import annotations

from collections.abc import Callable

import torch.nn.functional as F
from torch import nn

from sgnlib.shapes import Features, NewFeatures, Sym


def instance_norm(x: Features) -> Features:
    """Instance norm without affine parameters (Table 4's IN).

    Group norm with one group per channel is the same function; torch computes it faster.
    """
    return F.group_norm(x, num_groups=x.shape[1])


class InstanceNorm(nn.Module):
    """Instance norm that takes S as the other norms do, and does not use it."""

    def __init__(self, channels: int) -> None:
        super().__init__()

    def forward(self, x: Features, sym: Sym) -> Features:
        """Normalises every channel of every image to mean 0 and variance 1."""
        return instance_norm(x)


Norm = Callable[[int], nn.Module]
"""Makes the norm for a number of channels; its forward takes features and S."""


class ConvBlock(nn.Module):
    """Convolution (given), norm, ReLU: the line "Convolution, IN, ReLU" of Table 4."""

    def __init__(self, conv: nn.Conv2d | nn.ConvTranspose2d, norm: Norm) -> None:
        super().__init__()
        self.conv = conv
        self.norm = norm(conv.out_channels)

    def forward(self, x: Features, sym: Sym) -> NewFeatures:
        """Features of the convolution's output size."""
        return F.relu(self.norm(self.conv(x), sym))


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions, each normalised, added to the input (Table 4)."""

    def __init__(self, channels: int, norm: Norm) -> None:
        super().__init__()
        # Differs: Table 4 prints P:1; the authors' code pads by reflection, and so do we.
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect")
        self.norm1 = norm(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect")
        self.norm2 = norm(channels)

    def forward(self, x: Features, sym: Sym) -> Features:
        """Features of the input's size; no ReLU after the addition."""
        inner = F.relu(self.norm1(self.conv1(x), sym))
        return x + self.norm2(self.conv2(inner), sym)
