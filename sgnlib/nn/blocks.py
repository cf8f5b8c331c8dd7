"""Layers that the generator (Table 4) is made of."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sgnlib.nn import gpu, winograd
from sgnlib.shapes import Features, NewFeatures, Sym


def instance_norm(x: Features) -> Features:
    """Instance norm without affine parameters (Table 4's IN).

    Group norm with one group per channel is the same function; on a CPU torch computes it faster.
    """
    return gpu.instance_norm(x) if x.is_cuda else F.group_norm(x, num_groups=x.shape[1])


class ReflectConv(nn.Conv2d):
    """Convolution that keeps height and width by reflection padding."""

    def __init__(self, inputs: int, outputs: int, side: int) -> None:
        super().__init__(inputs, outputs, side, padding=side // 2, padding_mode="reflect")
        self.margin = side // 2

    def _conv_forward(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        if winograd.pays(x, weight):
            return winograd.reflect_conv(x, weight, bias)
        return F.conv2d(self._pad(x), weight, bias)

    def _pad(self, x: Tensor) -> Tensor:
        if x.is_cuda:
            return gpu.reflect_pad(x, self.margin)
        with torch.autocast("cpu", enabled=False):  # it would widen the features to float32
            return F.pad(x, (self.margin,) * 4, mode="reflect")


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
        self.conv1 = ReflectConv(channels, channels, 3)
        self.norm1 = norm(channels)
        self.conv2 = ReflectConv(channels, channels, 3)
        self.norm2 = norm(channels)

    def forward(self, x: Features, sym: Sym) -> Features:
        """Features of the input's size; no ReLU after the addition."""
        inner = F.relu(self.norm1(self.conv1(x), sym))
        return x + self.norm2(self.conv2(inner), sym)
