"""Pixels on disk: memory-mapped, hash-checked, written atomically."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from sgnlib.paths import cache_dir
from sgnlib.shapes import Pixels


def cached(name: str, make: Callable[[], NDArray[np.uint8]]) -> Pixels:
    """Returns what `make` makes, from the file `name`.npy of the cache if it is there and whole.

    The file's SHA-256 lies beside it; a file that does not match is made again. Two processes
    that make the same file at once do no harm: each renames a complete file into place.

    Args:
        name: Must change with whatever `make` depends on.
        make: Returns an array (n, 3, height, width).
    """
    path = cache_dir() / f"{name}.npy"
    if not _whole(path):
        _write(path, make())
    return torch.from_numpy(np.load(path, mmap_mode="c"))


def _digest_file(path: Path) -> Path:
    return path.with_suffix(".sha256")


def _whole(path: Path) -> bool:
    try:
        expected = _digest_file(path).read_text().strip()
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == expected
    except FileNotFoundError:
        return False


def _write(path: Path, pixels: NDArray[np.uint8]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            np.save(file, pixels)
            file.flush()
            os.fsync(file.fileno())
        with Path(temporary).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)
    beside = Path(temporary + ".sha256")
    beside.write_text(digest + "\n")
    beside.replace(_digest_file(path))
