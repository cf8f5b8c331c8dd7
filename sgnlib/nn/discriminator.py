"""CycleGAN's patch discriminator, which judges every patch of an image separately (Sec. 4)."""

from __future__ import annotations

from torch import nn

from sgnlib.experiments import Experiment
from sgnlib.nn.blocks import instance_norm
from sgnlib.shapes import Features, Images, Scores


class _Norm(nn.Module):
    def forward(self, x: Features) -> Features:
        return instance_norm(x)


class PatchDiscriminator(nn.Module):
    """PatchGAN with instance norm; weights N(0, 0.02) as in CycleGAN.

    Args:
        ndf: Channels of the first convolution.
        layers: Stride-2 convolutions; 3 make patches of 70x70 pixels, 2 of 34x34.
    """

    def __init__(self, ndf: int = 64, layers: int = 3) -> None:
        super().__init__()
        stages: list[nn.Module] = [nn.Conv2d(3, ndf, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
        channels = ndf
        for layer in range(1, layers + 1):
            wider = ndf * min(2**layer, 8)
            stride = 2 if layer < layers else 1
            stages += [
                nn.Conv2d(channels, wider, 4, stride=stride, padding=1),
                _Norm(),
                nn.LeakyReLU(0.2),
            ]
            channels = wider
        self.model = nn.Sequential(*stages, nn.Conv2d(channels, 1, 4, padding=1))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.normal_(module.weight, 0.0, 0.02)

    def forward(self, images: Images) -> Scores:
        """One unbounded score per patch; LSGAN draws it to 1 for real and 0 for fake."""
        return self.model(images)


def build_discriminator(experiment: Experiment) -> PatchDiscriminator:
    """The discriminator of a row; every adversarial domain has one of its own."""
    return PatchDiscriminator(experiment.ndf, experiment.d_layers)
