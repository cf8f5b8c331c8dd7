"""Small stand-ins for the data sets' zips."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from PIL import Image

from sgnlib.datasets.cards import Card, card

COUNTS = {"trainA": 3, "testA": 2, "trainB": 4, "testB": 1}


def jpeg(seed: int = 0, side: int = 40) -> bytes:
    """An image of coloured noise."""
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG")
    return file.getvalue()


def zipped(members: Mapping[str | zipfile.ZipInfo, bytes]) -> bytes:
    """A zip with these members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return file.getvalue()


def members(counts: Mapping[str, int] = COUNTS) -> dict[str | zipfile.ZipInfo, bytes]:
    """Images as in the official zips, with colons in the names."""
    return {
        f"small/{side}/2014-08-01 17:41:{index:02}.jpg": jpeg(index)
        for side, count in counts.items()
        for index in range(count)
    }


def small(content: bytes | None, name: str = "vangogh2photo") -> Card:
    """A card of that name with few images; pinned to `content`, or not pinned."""
    if content is None:
        return replace(card(name), counts=COUNTS, size=None, sha256=None)
    digest = hashlib.sha256(content).hexdigest()
    return replace(card(name), counts=COUNTS, size=len(content), sha256=digest)
