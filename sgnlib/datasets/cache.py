"""Pixels on disk: memory-mapped, hash-checked, written atomically."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray

from sgnlib.paths import cache_dir
from sgnlib.shapes import Pixels
from sgnlib.storage import locked, sha256


@runtime_checkable
class Stack(Protocol):
    """Images of one shape, one after the other: an array (n, 3, height, width) is one."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[NDArray[np.uint8]]: ...


def cached(name: str, make: Callable[[], Stack]) -> Pixels:
    """Returns what `make` makes, from the file `name`.npy of the cache if it is there and whole.

    The file's SHA-256 lies beside it; a file that does not match is made again. Images are written
    as they come, so that memory holds one at a time. Of two processes that want the same file at
    once, one makes it and the other waits.

    Args:
        name: Must change with whatever `make` depends on.
        make: Returns images (3, height, width), at least one.
    """
    path = cache_dir() / f"{name}.npy"
    if not _whole(path):
        with locked(path.with_suffix(".lock"), f"make {path.name}"):
            if not _whole(path):
                _write(path, make())
    return torch.from_numpy(np.load(path, mmap_mode="c"))


def _digest_file(path: Path) -> Path:
    return path.with_suffix(".sha256")


def _whole(path: Path) -> bool:
    try:
        return sha256(path) == _digest_file(path).read_text().strip()
    except FileNotFoundError:
        return False


def _write(path: Path, images: Stack) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            digest = _write_array(file, images)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)
    beside = Path(temporary + ".sha256")
    beside.write_text(digest + "\n")
    beside.replace(_digest_file(path))


def _write_array(file: IO[bytes], images: Stack) -> str:
    """Writes what `np.save` would write of all images together; returns its SHA-256."""
    hashed = _Hashed(file)
    for index, image in enumerate(images):
        if index == 0:
            header = np.lib.format.header_data_from_array_1_0(image)
            header |= {"fortran_order": False, "shape": (len(images), *image.shape)}
            np.lib.format.write_array_header_1_0(hashed, header)
        hashed.write(image.tobytes())
    return hashed.digest.hexdigest()


class _Hashed:
    """A file that hashes what is written to it, which spares reading it again."""

    def __init__(self, file: IO[bytes]) -> None:
        self.digest = hashlib.sha256()
        self._file = file

    def write(self, content: bytes) -> None:
        self.digest.update(content)
        self._file.write(content)
