"""Johnson's perceptual loss (supp. A.2): content and style distances between VGG16 features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jaxtyping import Float
from torch import Tensor

from sgnlib.shapes import Features, PerImage

CONTENT_TAP = "relu2_2"
STYLE_TAPS = ("relu1_2", "relu2_2", "relu3_3", "relu4_3")

Gram = Float[Tensor, "batch channels channels"]
AnyGram = Float[Tensor, "_ _ _"]
AnyFeatures = Float[Tensor, "_ _ _ _"]
StyleGram = Float[Tensor, "1 channels channels"]


def gram(features: Features) -> Gram:
    """Gram matrix of the channels, divided by channels x height x width."""
    batch, channels, height, width = features.shape
    flat = features.reshape(batch, channels, height * width)
    return flat @ flat.transpose(1, 2) / (channels * height * width)


def content(output: Features, source: Features) -> PerImage:
    """Mean squared error of features; the paper names four blocks, the code uses relu2_2.

    Differs: we follow the authors' code.
    """
    return (output - source).square().mean(dim=(1, 2, 3))


def style(output: Gram, target: StyleGram) -> PerImage:
    """Mean squared error between Gram matrices of images and of one style image."""
    return (output - target).square().mean(dim=(1, 2))


def weighted_style(
    output: Mapping[str, AnyFeatures],
    targets: Mapping[str, AnyGram],
    weights: Sequence[float | int],
) -> PerImage:
    """Sum of the four taps' style losses with the weights (0.1, 1, 10, 5), not yet scaled.

    Args:
        output: Features of the images at STYLE_TAPS.
        targets: Gram matrices of the style image at STYLE_TAPS.
        weights: One per tap, in the order of STYLE_TAPS.
    """
    taps = zip(STYLE_TAPS, weights, strict=True)
    first, *others = [w * style(gram(output[tap]), targets[tap]) for tap, w in taps]
    return sum(others, start=first)
