"""Other perceptual networks than torchvision's VGG16, from a file of the user's.

Any plain VGG with the layers up to conv4_3 will do, of any widths: VGG19, one distilled to a
sixteenth of its size, or VGG16's own weights where torchvision's file is not to be had.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from torch import Tensor, nn

from sgnlib.experiments import Experiment
from sgnlib.nn.blocks import ReflectConv
from sgnlib.nn.vgg import RANDOM_SCALE, VGG16Features, VGGFeatures, pink_noise
from sgnlib.shapes import Features, Images

Arrays = Mapping[tuple[str, str], Tensor]
"""By VGG's name of a layer ("1_1") and "weight" or "bias"."""

LAYERS = tuple(
    f"{block}_{n}" for block, depth in enumerate((2, 2, 3, 3), 1) for n in range(1, depth + 1)
)
"""The convolutions that L_per needs, by VGG's names: 1_1 to 4_3; others in a file are not used."""

VGG16_CHANNELS = {"relu1_2": 64, "relu2_2": 128, "relu3_3": 256, "relu4_3": 512}

_NAME = re.compile(r"(?:block)?(\d)?_?conv(\d)(?:_?(\d))?\.(weight|bias)")
"""conv1_1, conv11 and block1_conv1, followed by .weight or .bias."""


class BackboneFeatures(VGGFeatures):
    """A plain VGG from a file up to conv4_3.

    Convolutions pad by reflection, and a 2x2 maximum follows each block. Its outputs are scaled, by
    a constant per tap, so that the losses stand where VGG16's stand-in has them.

    Args:
        file: .npz or .safetensors with NAME.weight (out, in, 3, 3) and NAME.bias for every layer of
            LAYERS, NAME being conv1_1, conv11 or block1_conv1; and, if the network wants other
            input than RGB normalised with ImageNet's mean and deviation, a 1x1 convolution conv0
            from RGB in [0, 1] to that input.

    Raises:
        FileNotFoundError: No such file.
        ValueError: It is no such network.
    """

    def __init__(self, file: Path) -> None:
        arrays = _read(file)
        missing = [f"conv{name}" for name in LAYERS if (name, "weight") not in arrays]
        if missing:
            raise ValueError(
                f"{file} lacks {', '.join(missing)}; a perceptual network needs conv1_1 to conv4_3 "
                "of a VGG, each with .weight and .bias"
            )
        layers, taps = _layers(arrays)
        super().__init__(layers, taps, f"{file.stem} (SHA-256 {network_digest(file)}...)")
        self.entry = _convolution(arrays, "0") if ("0", "weight") in arrays else None
        self.scales = dict.fromkeys(taps.values(), 1.0)
        self.eval().requires_grad_(False)
        self.scales = self._balanced()

    def forward(self, images: Images, last: str = "relu4_3") -> dict[str, Features]:
        """Features of images in [-1, 1] at relu1_2, relu2_2, relu3_3 and relu4_3, up to `last`."""
        return {tap: self.scales[tap] * x for tap, x in super().forward(images, last).items()}

    def normalise(self, images: Images) -> Images:
        """Images in [-1, 1] as the network's first layer wants them."""
        return self.entry((images + 1) / 2) if self.entry else super().normalise(images)

    def _balanced(self) -> dict[str, float]:
        """Factors that give every tap the root mean square of the random network's, on noise.

        There a channel has mean 0 and deviation RANDOM_SCALE x sqrt(width) before its ReLU, which
        leaves half of its square.
        """
        scales = {}
        for tap, x in self(pink_noise(np.random.default_rng(0))).items():
            width = x.shape[1] / VGG16_CHANNELS[tap]
            scales[tap] = RANDOM_SCALE * (width / 2) ** 0.5 / float(x.square().mean().sqrt())
        return scales


def _layers(arrays: Arrays) -> tuple[nn.Sequential, dict[int, str]]:
    """The layers and the positions of the four taps."""
    layers: list[nn.Module] = []
    taps = {}
    for name in LAYERS:
        if layers and name.endswith("_1"):
            layers.append(nn.MaxPool2d(2))
        layers += [_convolution(arrays, name), nn.ReLU()]
        if f"relu{name}" in VGG16_CHANNELS:
            taps[len(layers) - 1] = f"relu{name}"
    return nn.Sequential(*layers), taps


def build_features(experiment: Experiment) -> VGGFeatures:
    """The perceptual network of a row whose features are resolved.

    Raises:
        FileNotFoundError: The row names a file that is not there.
        ValueError: The row still says "auto"; the file is no network.
    """
    match experiment.features:
        case "auto":
            raise ValueError(
                'features is "auto"; settle it with resolve_features(experiment) first'
            )
        case "imagenet" | "random" as weights:
            return VGG16Features(weights, experiment.feature_width)
        case file:
            return BackboneFeatures(Path(file))


def is_file(features: str) -> bool:
    """Whether an `Experiment.features` names a file, not one of VGG16's variants."""
    return features not in ("auto", "imagenet", "random")


def network_digest(file: Path) -> str:
    """Eight hex digits of the file's SHA-256.

    Raises:
        FileNotFoundError: No such file.
    """
    if not file.is_file():
        raise FileNotFoundError(f"{file}: there is no such file with a perceptual network")
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()[:8]


def _read(file: Path) -> dict[tuple[str, str], Tensor]:
    """Arrays by (VGG's name of the layer, weight or bias); nothing is unpickled."""
    network_digest(file)
    try:
        if file.suffix == ".safetensors":
            arrays = safetensors.torch.load(file.read_bytes())
        else:
            with np.load(file, allow_pickle=False) as stored:
                arrays = {name: torch.from_numpy(stored[name]) for name in stored.files}
    except (
        safetensors.SafetensorError,
        zipfile.BadZipFile,
        ValueError,
        EOFError,
        OSError,
    ) as error:
        raise ValueError(f"{file} is neither .npz nor .safetensors with arrays: {error}") from error
    return {key: array.float() for name, array in arrays.items() if (key := _key(name))}


def _key(name: str) -> tuple[str, str] | None:
    found = _NAME.fullmatch(name)
    if not found:
        return None
    block, first, second, kind = found.groups()
    numbers = [number for number in (block, first, second) if number]
    return ("_".join(numbers), kind) if len(numbers) < 3 else None


def _convolution(arrays: Arrays, name: str) -> nn.Conv2d:
    weight, bias = arrays[name, "weight"], arrays.get((name, "bias"))
    side = 1 if name == "0" else 3
    if (
        weight.ndim != 4
        or weight.shape[2:] != (side, side)
        or bias is None
        or bias.shape != weight.shape[:1]
    ):
        raise ValueError(
            f"conv{name} has a weight of {tuple(weight.shape)} and a bias of "
            f"{None if bias is None else tuple(bias.shape)}; expected are (out, in, {side}, "
            f"{side}) and (out,)"
        )
    convolution = ReflectConv(weight.shape[1], weight.shape[0], side)
    convolution.load_state_dict({"weight": weight, "bias": bias})
    return convolution
