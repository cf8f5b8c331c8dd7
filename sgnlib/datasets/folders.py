"""One's own images: which files a folder gives to training and test, and how they are read."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from tqdm import tqdm

Split = Literal["train", "test"]

FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WEBP", ".bmp": "BMP"}
"""Suffixes that images have, and the formats that are decoded, whatever the suffix."""

MAX_PIXELS = 80_000_000
"""Larger images are refused: a small file can claim any size."""

WORTH_A_BAR = 500
"""From so many images on, reading them takes seconds and shows its progress."""

_BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error)


class ImageError(ValueError):
    """An image or folder that cannot be used; the message names it and says what is allowed."""


def list_images(folder: Path, split: Split) -> list[Path]:
    """The images of a split, sorted by name.

    Three layouts are understood: sub-folders `train` and `test`; a folder `trainX` with a sibling
    `testX`, as CycleGAN's data sets have it; or images only, of which a tenth, chosen by content,
    is the test split. Images of equal content never come to lie on both sides of that choice.

    Raises:
        FileNotFoundError: No such folder.
        ImageError: It holds no images, or only one side of the two.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"no folder {folder}; give a folder with images of one domain")
    train, test = folder / "train", folder / "test"
    if not (train.is_dir() or test.is_dir()):
        train, test = folder, folder.with_name("test" + folder.name.removeprefix("train"))
        if not (folder.name.startswith("train") and test.is_dir()):
            return _tenth(_images_in(folder), split)
    for half in (train, test):
        if not half.is_dir():
            raise ImageError(
                f"{half} is missing; {folder} needs both train/ and test/, or images without "
                "sub-folders"
            )
    return _images_in(train if split == "train" else test)


class FolderImages:
    """A split of a folder, read one image at a time as (3, side, side); see `read_image`."""

    def __init__(self, folder: Path, split: Split, side: int, smallest: int) -> None:
        self.paths = list_images(folder, split)
        self.name = f"{folder.name}, {split}"
        self.side, self.smallest = side, smallest

    def __len__(self) -> int:
        return len(self.paths)

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        many = len(self) >= WORTH_A_BAR
        files = tqdm(self.paths, desc=f"reading {self.name}", unit="image") if many else self.paths
        for path in files:
            yield read_image(path, self.side, self.smallest)


def read_image(path: Path, side: int, smallest: int) -> NDArray[np.uint8]:
    """Reads an image as (3, side, side): shorter side resized to `side`, then cropped centrally.

    EXIF orientation is applied, transparency is put on white, grey and palettes become RGB,
    16 bits become 8.

    Args:
        path: JPEG, PNG, WebP or BMP.
        side: Wanted side in pixels.
        smallest: Shortest side that is accepted.

    Raises:
        FileNotFoundError: No such file.
        ImageError: Broken, truncated, of another format, of a mode that is no picture, too small
            or unreasonably large.
    """
    image = decode(path)
    if min(image.size) < smallest:
        raise ImageError(
            f"{path} has {image.width}x{image.height} pixels; the shorter side must have at least "
            f"{smallest}: use larger images or a smaller image size"
        )
    # Differs: the authors squeeze every image into a square; we keep its proportions.
    scale = side / min(image.size)
    size = (max(round(image.width * scale), side), max(round(image.height * scale), side))
    image = image.resize(size, Image.Resampling.BICUBIC)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return np.asarray(image.crop((left, top, left + side, top + side))).transpose(2, 0, 1)


def content(path: Path) -> str:
    """Digest of a folder's images with their names and splits, or of a single file's content.

    Raises:
        FileNotFoundError: There is neither a folder nor a file.
        ImageError: The folder cannot be used.
    """
    if path.is_file():
        return _hash(path)
    digest = hashlib.sha256()
    for split in ("train", "test"):
        for file in list_images(path, split):
            digest.update(f"{split}/{file.name} {file.stat().st_size} {_hash(file)}\n".encode())
    return digest.hexdigest()


def _images_in(folder: Path) -> list[Path]:
    names = [path for path in folder.iterdir() if path.is_file() and path.name[0] != "."]
    images = sorted(path for path in names if path.suffix.lower() in FORMATS)
    if not images:
        raise ImageError(
            f"{folder} holds no images ({len(names)} other files); expected are files that end in "
            f"{', '.join(FORMATS)}, directly in the folder"
        )
    return images


def _tenth(images: list[Path], split: Split) -> list[Path]:
    """Splits by content: the tenth with the smallest digests is for testing."""
    digests = {path: _hash(path) for path in images}
    different = sorted(set(digests.values()))
    if len(different) < 2:
        raise ImageError(
            f"{images[0].parent} holds only one image; at least two different ones are needed, "
            "one to train with and one to test with"
        )
    test = set(different[: max(round(len(different) / 10), 1)])
    return [path for path in images if (digests[path] in test) == (split == "test")]


def _hash(path: Path) -> str:
    stat = path.stat()
    return _hash_of(path, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=100_000)
def _hash_of(path: Path, size: int, modified: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def decode(path: Path) -> Image.Image:
    """Reads an image of any size as RGB, upright whatever its EXIF orientation says.

    Raises:
        FileNotFoundError: No such file.
        ImageError: Broken, truncated, of another format or mode, or unreasonably large.
    """
    try:
        with Image.open(path, formats=sorted(set(FORMATS.values()))) as image:
            if image.width * image.height > MAX_PIXELS:
                raise Image.DecompressionBombError(f"{image.width}x{image.height} pixels")
            return _to_rgb(path, ImageOps.exif_transpose(image))
    except (FileNotFoundError, ImageError):
        raise
    except Image.DecompressionBombError as error:
        raise ImageError(
            f"{path} is too large ({error}); allowed are {MAX_PIXELS:,} pixels: scale it down"
        ) from error
    except _BROKEN as error:
        raise ImageError(
            f"{path} cannot be read as an image ({error}); it may be broken, truncated or no "
            f"{'/'.join(sorted(set(FORMATS.values())))}: replace or remove it"
        ) from error


def _to_rgb(path: Path, image: Image.Image) -> Image.Image:
    if image.mode in ("I", "I;16", "I;16B", "I;16L"):
        values = np.asarray(image).astype(np.float64)
        if values.min() < 0 or values.max() > 65535:
            raise ImageError(
                f"{path} has values of {values.min():g} to {values.max():g}, more than 16 bits; "
                "save it with 8 bits per channel"
            )
        return Image.fromarray(np.rint(values / 257).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        front = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", front.size, "white"), front).convert("RGB")
    if image.mode not in ("1", "L", "P", "RGB", "CMYK", "YCbCr"):
        raise ImageError(
            f"{path} has the wrong mode {image.mode!r}; allowed are RGB, greyscale, palette and "
            "CMYK, with or without transparency: save it as an RGB file"
        )
    return image.convert("RGB")
