"""The perceptual network of L_per: VGG16 without batch norm (supp. A.2), or its stated stand-in.

ImageNet weights come from torchvision, hash-checked. Where they are not to be had, the same
layout with seeded random weights serves: its Gram matrices still tell textures apart.
"""

from __future__ import annotations

import hashlib
import logging
import urllib.error
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from sgnlib import network
from sgnlib.experiments import Experiment
from sgnlib.shapes import Features, Images

log = logging.getLogger(__name__)

TAPS = {3: "relu1_2", 8: "relu2_2", 15: "relu3_3", 22: "relu4_3"}
"""Position in torchvision's `vgg16().features` and name of every output."""

RANDOM_SCALE = 4.3
"""Standard deviation of the random network's channels before their ReLU. It puts L_per of an
untranslated photo near 0.8, where the other losses are far from their corners, so that the three
pull equally at the generator."""

_CONFIG: list[int | str] = [64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512]
_RANDOM_SEED = 20191027
_FILE = "vgg16-397923af.pth"
"""torchvision's name for the weights; it carries the start of their SHA-256."""
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class VGGFeatures(nn.Module):
    """A plain VGG up to relu4_3, frozen, with outputs at the paper's four taps.

    Args:
        features: Convolutions, ReLUs and poolings.
        taps: Position in `features` and name of every output.
        kind: What this network is, for captions and tables.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, features: nn.Sequential, taps: Mapping[int, str], kind: str) -> None:
        super().__init__()
        self.features, self.taps, self.kind = features, dict(taps), kind
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(_STD).view(1, 3, 1, 1))

    def forward(self, images: Images, last: str = "relu4_3") -> dict[str, Features]:
        """Features of images in [-1, 1] at relu1_2, relu2_2, relu3_3 and relu4_3, up to `last`."""
        x = self.normalise(images)
        taps = {}
        for position, layer in enumerate(self.features):
            x = layer(x)
            if position in self.taps:
                taps[self.taps[position]] = x
                if self.taps[position] == last:
                    break
        return taps

    def normalise(self, images: Images) -> Images:
        """Images in [-1, 1] as the network's first layer wants them."""
        return ((images + 1) / 2 - self.mean) / self.std


class VGG16Features(VGGFeatures):
    """VGG16 itself, or its stand-in.

    Args:
        weights: "imagenet" (torchvision's) or "random" (seeded).
        width: The random network's channels as a share of VGG16's.
    """

    def __init__(self, weights: Literal["imagenet", "random"], width: float = 1.0) -> None:
        config = [c if isinstance(c, str) else max(1, int(c * width)) for c in _CONFIG]
        kinds = {
            "imagenet": "VGG16, ImageNet weights",
            "random": f"VGG16 layout, seeded random weights, width {width:g}",
        }
        super().__init__(nn.Sequential(*_layers(config)), TAPS, kinds[weights])
        if weights == "imagenet":
            if width != 1:
                raise ValueError(f"ImageNet weights have width 1; got width {width:g}")
            self.features.load_state_dict(_imagenet_state(self.features))
        else:
            # A narrower layer has larger Gram entries (they are divided by the channels):
            # sqrt(width) keeps the loss where it is at full width.
            _randomise(self, RANDOM_SCALE * width**0.5)
        self.eval().requires_grad_(False)


def resolve_features(experiment: Experiment) -> Experiment:
    """Settles `features="auto"`: ImageNet's weights where they are to be had, else random ones.

    The choice is logged, becomes part of the run's identity, and stands in its captions.
    """
    if experiment.features != "auto":
        return experiment
    if imagenet_available():
        return replace(experiment, features="imagenet", feature_width=1.0)
    log.warning(
        "ImageNet weights of VGG16 are neither cached nor downloadable; the perceptual loss uses "
        "a VGG16 with seeded random weights. Put %s into %s to use them.",
        _FILE,
        imagenet_file().parent,
    )
    return replace(experiment, features="random")


def imagenet_file() -> Path:
    """Where torchvision caches VGG16's ImageNet weights."""
    return Path(torch.hub.get_dir()) / "checkpoints" / _FILE


def imagenet_available() -> bool:
    """Whether the ImageNet weights are cached, or the server that has them answers.

    Offline, nobody asks.
    """
    return imagenet_file().is_file() or (not network.offline() and _server_answers())


@cache
def _server_answers() -> bool:
    try:
        with network.open_url(_weights().url, method="HEAD", timeout=5.0):
            return True
    except (urllib.error.URLError, OSError):
        return False


def _weights() -> Any:
    """torchvision's entry. Imported here: torchvision takes twice as long to import as torch."""
    from torchvision.models import VGG16_Weights

    return VGG16_Weights.IMAGENET1K_V1


def _layers(config: list[int | str]) -> Iterator[nn.Module]:
    """The convolutions and poolings of torchvision's `vgg16().features`, in its order."""
    channels = 3
    for entry in config:
        if isinstance(entry, str):
            yield nn.MaxPool2d(2)
        else:
            yield nn.Conv2d(channels, entry, 3, padding=1)
            yield nn.ReLU()
            channels = entry


def _imagenet_state(features: nn.Sequential) -> dict[str, Tensor]:
    file = imagenet_file()
    if file.is_file():
        _check_hash(file)
    else:  # torchvision downloads it
        network.ask(f"the download of VGG16's ImageNet weights, {_FILE},")
    state = _weights().get_state_dict(progress=True, check_hash=True, weights_only=True)
    return {name: state[f"features.{name}"] for name in features.state_dict()}


def _check_hash(file: Path) -> None:
    """torchvision checks the hash of a download, but not of a file it finds in its cache."""
    wanted = file.stem.rsplit("-", 1)[1]
    with file.open("rb") as stream:
        got = hashlib.file_digest(stream, "sha256").hexdigest()
    if not got.startswith(wanted):
        raise ValueError(
            f"{file} is damaged: SHA-256 starts with {got[:8]}, not {wanted}; delete it and "
            "start again to download it anew"
        )


def _randomise(network: VGG16Features, scale: float) -> None:
    """Random kernels whose every channel has mean 0 and a given deviation on natural spectra.

    Centring makes each channel fire on half of the picture. Without it, brightness dominates
    all channels and every Gram matrix looks the same.
    """
    rng = np.random.default_rng(_RANDOM_SEED)
    x = network.normalise(pink_noise(rng))
    with torch.no_grad():
        for layer in network.features:
            if isinstance(layer, nn.Conv2d):
                kernel = rng.standard_normal(tuple(layer.weight.shape), dtype=np.float32)
                layer.weight.copy_(torch.from_numpy(kernel))
                layer.bias.zero_()  # type: ignore[union-attr]
                response = layer(x)
                gain = scale / response.std(dim=(0, 2, 3))
                layer.weight.mul_(gain[:, None, None, None])
                layer.bias.copy_(-response.mean(dim=(0, 2, 3)) * gain)  # type: ignore[union-attr]
            x = layer(x)


def pink_noise(rng: np.random.Generator, n: int = 4, size: int = 64) -> Images:
    """Images in [-1, 1] whose amplitude falls with frequency, as natural images' does."""
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size)[None])
    frequency[0, 0] = np.inf
    noise = np.fft.fft2(rng.standard_normal((n, 3, size, size))) / frequency
    waves = np.fft.ifft2(noise).real
    waves /= waves.std(axis=(2, 3), keepdims=True)
    return torch.from_numpy(np.tanh(0.5 * waves)).float()
