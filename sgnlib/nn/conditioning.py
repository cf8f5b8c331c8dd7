"""How S enters the generator: CCAM (Sec. 3.2.1), and Fig. 8's CONCAT and CBN."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from sgnlib.nn.blocks import instance_norm
from sgnlib.shapes import Attention, Features, Images, NewFeatures, Sym


class CCAM(nn.Module):
    """Conditional channel attention, Eq. (5): X * sigmoid(MLP_m([AvgPool(X), MLP_e(S)])).

    Args:
        domains: Length of S.
        channels: Channels of X.
        reduction: MLP_m's hidden layer has channels / reduction units (Table 4: 4).
        spread: Standard deviation of MLP_m's last weights at the start; 0 for PyTorch's default.
    """

    def __init__(
        self, domains: int, channels: int, reduction: int = 4, spread: float = 0.0
    ) -> None:
        super().__init__()
        self.embed = nn.Linear(domains, channels)
        self.squeeze = nn.Linear(2 * channels, channels // reduction)
        self.excite = nn.Linear(channels // reduction, channels)
        if spread:
            nn.init.normal_(self.excite.weight, std=spread)

    def attention(self, x: Features, sym: Sym) -> Attention:
        """The channel attention map M of Eq. (5): one gate in (0, 1) per channel and image."""
        # Differs: Eq. (5) writes MLP_e(S) first; the authors' code concatenates it second.
        joint = torch.cat([x.mean(dim=(2, 3)), F.relu(self.embed(sym))], dim=1)
        return torch.sigmoid(self.excite(F.relu(self.squeeze(joint))))

    def forward(self, x: Features, sym: Sym) -> Features:
        """X with every channel scaled by its gate."""
        return x * self.attention(x, sym)[:, :, None, None]


class NoGate(nn.Module):
    """Stands in CCAM's places where S enters another way."""

    def forward(self, x: Features, sym: Sym) -> Features:
        """X as it is."""
        return x


class CentralBias(nn.Module):
    """CBN: instance norm plus a bias tanh(Linear(S)) per channel, as in SingleGAN (Sec. 5.3)."""

    def __init__(self, domains: int, channels: int) -> None:
        super().__init__()
        self.bias = nn.Linear(domains, channels)

    def forward(self, x: Features, sym: Sym) -> Features:
        """Normalised features, shifted per channel by less than 1."""
        return instance_norm(x) + torch.tanh(self.bias(sym))[:, :, None, None]


def concat_sym(images: Images, sym: Sym) -> NewFeatures:
    """CONCAT: S repeated over the image and appended to RGB, as in StarGAN (Secs. 3.2.1, 5.3).

    A constant plane, reflection-padded, adds a constant to every channel of the first
    convolution, and the instance norm after it removes that constant: the generator's output
    cannot depend on S. This is the paper's own explanation of why CONCAT fails, made exact.
    """
    planes = sym[:, :, None, None].expand(-1, -1, *images.shape[2:])
    return torch.cat([images, planes], dim=1)
