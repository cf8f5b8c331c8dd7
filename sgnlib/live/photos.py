"""Photos for live mixing: shipped ones, and what a user brings."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from sgnlib.datasets.catalog import unseen_photos
from sgnlib.datasets.folders import ImageError, decode
from sgnlib.datasets.sampling import to_images
from sgnlib.shapes import Images

MAX_UPLOAD = 20_000_000
"""Bytes of an uploaded file."""
SMALLEST = 32
"""Shorter side, in pixels, that an uploaded photo must have."""


def shipped_photos(side: int) -> dict[str, Images]:
    """Real photographs that no model has seen, by name; each a batch of one."""
    pixels, names = unseen_photos(side)
    return {name: to_images(photo[None]) for name, photo in zip(names, pixels, strict=True)}


def photos(own: Images | Path | str | None, side: int) -> dict[str, Images]:
    """One's own photo, if there is one, before the shipped ones, by name; each a batch of one.

    Args:
        own: One image in [-1, 1], or a file.
        side: Longer side in pixels of what is read.

    Raises:
        ValueError: It is several images, or none.
        FileNotFoundError: No such file.
        ImageError: As `open_photo`.
    """
    shipped = shipped_photos(side)
    if own is None:
        return shipped
    if isinstance(own, torch.Tensor):
        if own.ndim != 4 or len(own) != 1:
            raise ValueError(f"a photo has shape (1, 3, height, width); got {tuple(own.shape)}")
        return {"this photo": own, **shipped}
    return {Path(own).name: open_photo(Path(own), side), **shipped}


def open_photo(path: Path, side: int) -> Images:
    """Reads a photo; see `fit`.

    Raises:
        FileNotFoundError: No such file.
        ImageError: Broken, of another format, too small or unreasonably large.
    """
    return fit(decode(path), side)


def open_upload(name: str, content: bytes, side: int) -> Images:
    """Reads a photo that came through a browser; see `fit`. What the file claims is not trusted.

    Raises:
        ImageError: As `open_photo`, or too many bytes; the message names the upload only.
    """
    shown = Path(name).name or "the upload"
    if len(content) > MAX_UPLOAD:
        raise ImageError(
            f"{shown} has {len(content) / 1e6:.0f} MB; allowed are {MAX_UPLOAD / 1e6:.0f} MB: "
            "scale it down"
        )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "upload"
        file.write_bytes(content)
        try:
            return fit(decode(file), side)
        except ImageError as error:
            raise ImageError(str(error).replace(str(file), shown)) from error


def fit(photo: Image.Image, side: int) -> Images:
    """A photo as a batch of one, its longer side at most `side`, both divisible by 4.

    Raises:
        ImageError: The shorter side has less than `SMALLEST` pixels.
    """
    if min(photo.size) < SMALLEST:
        raise ImageError(
            f"the photo has {photo.width}x{photo.height} pixels; each side must have at least "
            f"{SMALLEST}"
        )
    scale = min(side / max(photo.size), 1)
    width, height = (max(round(n * scale / 4) * 4, SMALLEST) for n in photo.size)
    small = photo.resize((width, height), Image.Resampling.LANCZOS)
    return to_images(torch.from_numpy(np.array(small)).permute(2, 0, 1)[None])
