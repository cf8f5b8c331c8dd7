"""3x3 convolutions with a quarter of the multiplications: Winograd's F(4x4, 3x3).

An image is cut into tiles of 6x6 pixels that overlap by two. Transformed, each of a tile's 36
places is multiplied with a matrix of its own, and 4x4 output pixels come of it: 36 multiplications
where the convolution needs 16 x 9 = 144. In exact numbers the result is the same; in float32 it
has about twice the rounding error.

Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016. The points
0, 1/sqrt(2), -1/sqrt(2), sqrt(2), -sqrt(2) in place of their 0, 1, -1, 2, -2 halve the error.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

OUTPUTS, TAPS, SIDE = 4, 3, 6
"""Pixels per side that a tile puts out, of the kernel, and that a tile takes in."""

Matrix = NDArray[np.float64]
Indices = NDArray[np.int64]


def _transforms() -> tuple[Matrix, Matrix, Matrix]:
    """The transforms of a line: of its 6 inputs, of 3 taps, and back to 4 outputs.

    Outputs and taps are evaluated as polynomials at five points and at infinity; the inputs'
    transform is the one that makes the three together a correlation.
    """
    root = np.sqrt(2)
    points = np.array([0, 1 / root, -1 / root, root, -root])
    back, taps = (
        np.column_stack([points ** np.arange(n)[:, None], np.eye(n)[-1]]) for n in (OUTPUTS, TAPS)
    )
    products = np.einsum("ij,kj->ikj", back, taps).reshape(-1, SIDE)
    i, k = np.divmod(np.arange(OUTPUTS * TAPS), TAPS)
    inputs = np.linalg.lstsq(products, np.eye(SIDE)[i + k], rcond=None)[0]
    return inputs, taps.T, back


INPUT, KERNEL, OUTPUT = (np.kron(line, line) for line in _transforms())
"""Of a tile's 36 inputs, (36, 36); of 9 taps, (36, 9); back to its 16 outputs, (16, 36)."""


def transformed(weight: NDArray[Any]) -> NDArray[Any]:
    """A convolution's weight (outputs, inputs, 3, 3) as 36 matrices, (36, outputs, inputs)."""
    outputs, inputs = weight.shape[:2]
    taps = weight.reshape(outputs * inputs, TAPS**2).astype(np.float64)
    return (KERNEL @ taps.T).reshape(SIDE**2, outputs, inputs).astype(weight.dtype)


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
        inputs: The rows that the tiles take in with the image mirrored at its borders, (36 tiles,):
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
        beyond = (OUTPUTS * down - height, OUTPUTS * right - width)  # reaches no pixel's output
        mirrored = np.pad(mirrored, [(0, more) for more in beyond], mode="edge")
        tiles = np.lib.stride_tricks.sliding_window_view(mirrored, (SIDE, SIDE))
        tiles = tiles[::OUTPUTS, ::OUTPUTS]
        self.inputs: Indices = tiles.transpose(2, 3, 0, 1).reshape(-1)
