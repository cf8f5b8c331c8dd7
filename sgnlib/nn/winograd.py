"""3x3 convolutions with half or a quarter of the multiplications: Winograd's F(4, 3).

Four outputs of a line need six inputs. Both the inputs and the three taps are transformed into six
numbers, whose products, transformed back, are the four outputs: 6 multiplications in place of 12.
`reflect_conv` does so along the height. Done along both axes, on tiles of 6x6 inputs and 4x4
outputs, it is 36 in place of 144: `PLANE`, `transformed` and `Tiling` are for programs that do
that. In exact numbers the result is the same; float32 rounds one and a half to two times as much.

Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016. The points
0, 1/sqrt(2), -1/sqrt(2), sqrt(2), -sqrt(2) in place of their 0, 1, -1, 2, -2 round less: half as
much in a plane, two thirds along a line.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from sgnlib.shapes import Features, NewFeatures

OUTPUTS, TAPS, INPUTS = 4, 3, 6

WIDE, MANY = 256, 2048
"""Channels and pixels of a batch from which on `reflect_conv` is faster: with fewer channels the
transforms of features, with fewer pixels those of the weights take more than it saves."""

Matrix = NDArray[np.float64]
Indices = NDArray[np.int64]


class Transforms(NamedTuple):
    """Matrices that are multiplied from the left."""

    inputs: Matrix
    taps: Matrix
    outputs: Matrix


def _line() -> Transforms:
    """Taps and outputs are polynomials, evaluated at five points and at infinity.

    The transform of the inputs is the one that makes the three together a correlation.
    """
    root = np.sqrt(2)
    points = np.array([0, 1 / root, -1 / root, root, -root])
    outputs, taps = (
        np.column_stack([points ** np.arange(n)[:, None], np.eye(n)[-1]]) for n in (OUTPUTS, TAPS)
    )
    products = np.einsum("ij,kj->ikj", outputs, taps).reshape(-1, INPUTS)
    output, tap = np.divmod(np.arange(OUTPUTS * TAPS), TAPS)
    inputs = np.linalg.lstsq(products, np.eye(INPUTS)[output + tap], rcond=None)[0]
    return Transforms(inputs, taps.T, outputs)


LINE = _line()
"""Of six inputs, (6, 6); of three taps, (6, 3); back to four outputs, (4, 6)."""

PLANE = Transforms(*(np.kron(each, each).astype(np.float64) for each in LINE))
"""Of a tile's 36 inputs, (36, 36); of nine taps, (36, 9); back to 16 outputs, (16, 36)."""


def pays(x: Tensor, weight: Float[Tensor, "outputs inputs rows columns"]) -> bool:
    """Whether `reflect_conv` can compute this convolution, and faster than torch's own."""
    return (
        x.ndim == 4
        and x.dtype == torch.float32
        and x.device.type == "cpu"
        and not torch.is_autocast_enabled("cpu")
        and weight.shape[2:] == (TAPS, TAPS)
        and min(weight.shape[:2]) >= WIDE
        and len(x) * x.shape[2] * x.shape[3] >= MANY
    )


def reflect_conv(
    x: Features, weight: Float[Tensor, "outputs inputs 3 3"], bias: Float[Tensor, " outputs"] | None
) -> NewFeatures:
    """The 3x3 convolution of features mirrored at their borders, as high and wide as they are.

    Args:
        x: float32 on a CPU, at least 2 pixels high and wide.
        weight, bias: As torch's convolutions have them.
    """
    batch, channels, height, width = x.shape
    inputs, taps, outputs = (torch.from_numpy(each).float() for each in LINE)
    padded = F.pad(x, (1, 1, 1, 1), mode="reflect")
    tiles = -(-height // OUTPUTS)
    rows = torch.arange(INPUTS)[:, None] + OUTPUTS * torch.arange(tiles)
    rows = padded.index_select(2, rows.clamp(max=height + 1).flatten())  # too many: cut off below
    rows = rows.unflatten(2, (INPUTS, tiles)).transpose(1, 2).flatten(2)
    # Six convolutions along the width, one for each number of a transformed line.
    rows = (inputs @ rows).view(batch, INPUTS * channels, tiles, width + 2)
    kernels = torch.einsum("jk,ockl->jocl", taps, weight).flatten(0, 1).unsqueeze(2)
    products = F.conv2d(rows, kernels, groups=INPUTS).view(batch, INPUTS, -1)
    y = (outputs @ products).view(batch, OUTPUTS, -1, tiles, width)
    y = y.permute(0, 2, 3, 1, 4).flatten(2, 3)[:, :, :height].contiguous()
    return y if bias is None else y + bias[:, None, None]


def transformed(weight: NDArray[Any]) -> NDArray[Any]:
    """A convolution's weight (outputs, inputs, 3, 3) as `PLANE` has it, (36, outputs, inputs)."""
    taps = weight.reshape(-1, TAPS**2).astype(np.float64)
    return (PLANE.taps @ taps.T).reshape(-1, *weight.shape[:2]).astype(weight.dtype)


class Tiling:
    """Where the pixels of an image lie when its tiles' outputs follow one another.

    That order has a row for each of the 16 places in a tile's output and, within it, for each
    tile: the order in which outputs are made, so that nothing is moved between convolutions. Where
    height or width is no multiple of 4, some rows hold no pixel.

    Args:
        height, width: Of the image, at least 2.

    Attributes:
        tiles: How many there are.
        pixels: For each row the number of its pixel, (16 tiles,); 0 where there is none.
        weights: For each row the share of the image that it holds, (16 tiles,): 0 where it is no
            pixel, so that the weighted sum of the rows is the mean over the image.
        places: For each pixel its row, (height width,).
        taken: The rows that the tiles take in with the image mirrored at its borders, (36 tiles,):
            for each of the 36 places in a tile, for each tile.
    """

    def __init__(self, height: int, width: int) -> None:
        down, right = -(-height // OUTPUTS), -(-width // OUTPUTS)
        self.tiles = down * right
        rows = np.arange(OUTPUTS**2 * self.tiles).reshape(OUTPUTS, OUTPUTS, down, right)
        image = rows.transpose(2, 0, 3, 1).reshape(OUTPUTS * down, OUTPUTS * right)
        image = image[:height, :width]
        self.places: Indices = image.reshape(-1)
        self.pixels: Indices = np.zeros(rows.size, np.int64)
        self.pixels[self.places] = np.arange(height * width)
        self.weights: NDArray[np.float32] = np.zeros(rows.size, np.float32)
        self.weights[self.places] = 1 / (height * width)
        mirrored = np.pad(image, 1, mode="reflect")
        beyond = (OUTPUTS * down - height, OUTPUTS * right - width)
        # Fills the last tiles with what reaches no pixel's output.
        mirrored = np.pad(mirrored, [(0, more) for more in beyond], mode="edge")
        tiles = np.lib.stride_tricks.sliding_window_view(mirrored, (INPUTS, INPUTS))
        self.taken: Indices = tiles[::OUTPUTS, ::OUTPUTS].transpose(2, 3, 0, 1).reshape(-1)
