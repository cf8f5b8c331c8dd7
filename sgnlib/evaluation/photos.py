"""One photo of any size and orientation in, its translation in the same size out."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import pad

from sgnlib.datasets.folders import ImageError, decode
from sgnlib.datasets.sampling import to_images, to_pixels
from sgnlib.nn.generator import Generator
from sgnlib.shapes import Images, NewFeatures
from sgnlib.storage import atomic_write

SMALLEST = 8
"""Pixels per side that reflection padding needs at a quarter of the size."""


def load_photo(path: Path) -> Image.Image:
    """Reads a photo as RGB, upright whatever its EXIF orientation says.

    Raises:
        FileNotFoundError: There is none.
        ImageError: It cannot be used.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such photo")
    photo = decode(path)
    if min(photo.size) < SMALLEST:
        raise ImageError(
            f"{path} has {photo.width}x{photo.height} pixels; each side must have {SMALLEST}"
        )
    return photo


def translate_photo(
    generator: Generator, photo: Image.Image, sym: tuple[float, ...]
) -> Image.Image:
    """Translates a photo; the result has its size.

    The generator wants multiples of 4: the photo is extended by reflection and cut back after.

    Raises:
        MemoryError: The translation would need more memory than the machine has.
    """
    pixels = torch.from_numpy(np.array(photo)).permute(2, 0, 1)[None]
    images = to_images(pixels)
    height, width = images.shape[2:]
    _check_memory(generator, height * width)
    padded = in_fours(images)
    device = next(generator.parameters()).device
    with torch.no_grad():
        output: Tensor = generator(padded.to(device), torch.tensor([sym], device=device)).cpu()
    result = to_pixels(output[:, :, :height, :width])[0]
    return Image.fromarray(result.permute(1, 2, 0).numpy())


def in_fours(images: Images) -> NewFeatures:
    """Images extended by reflection, right and below, to sides divisible by 4."""
    height, width = images.shape[2:]
    return pad(images, (0, -width % 4, 0, -height % 4), mode="reflect")


def save_photo(photo: Image.Image, path: Path) -> Path:
    """Writes an image whole or not at all, in the format that the ending names.

    Raises:
        ValueError: No image format has this ending.
    """
    if path.is_dir():
        raise ValueError(f"{path} is a folder; name a file in it, such as {path / 'photo.png'}")
    formats = Image.registered_extensions()
    ending = path.suffix.lower()
    if formats.get(ending) not in Image.SAVE:
        named = f"as {ending!r}" if ending else "without an ending"
        raise ValueError(f"{path}: no image can be written {named}; use .png or .jpg")
    buffer = io.BytesIO()
    photo.save(buffer, format=formats[ending], quality=95)
    return atomic_write(path, buffer.getvalue())


def _check_memory(generator: Generator, pixels: int) -> None:
    """A rough bound: five feature maps of the first layer's width live at once."""
    needed = 5 * 4 * pixels * generator.head.in_channels
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if next(generator.parameters()).device.type == "cpu" and needed > there:
        fits = (there / needed) ** 0.5
        raise MemoryError(
            f"this photo would need about {needed / 2**30:.0f} GB of memory, there are "
            f"{there / 2**30:.0f}: scale it down to {fits:.0%} of its width and height first"
        )
