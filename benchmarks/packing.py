"""Results in few files of limited size, to be carried away.

`results.tar.gz` holds tables, logs, pictures and what has been done; `weights.tar.00`, `.01`, ...
are one archive of weights, cut into pieces: `cat weights.tar.* | tar x`.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable
from pathlib import Path

from sgnlib.storage import atomic_write

PIECE = 16 * 2**20
"""Bytes of a file at most."""

ALL = 64 * 2**20
"""Bytes of all files together at most."""


def pack(small: Iterable[Path], weights: Iterable[Path], base: Path, out: Path) -> list[Path]:
    """Packs files; of the weights, the first ones that fit.

    Args:
        small: Always packed.
        weights: In order of worth.
        base: Names inside the archives are relative to it.
        out: Folder of the archives; those of an earlier call are replaced.

    Returns:
        The weights that had no room.

    Raises:
        ValueError: The small files alone are too large.
    """
    content = _archive(small, base, "w:gz")
    if len(content) > PIECE:
        raise ValueError(f"results have {len(content):,} bytes; allowed are {PIECE:,}")
    chosen, left_out = _that_fit(weights, (ALL - len(content)) // PIECE * PIECE)
    atomic_write(out / "results.tar.gz", content)
    heavy = _archive(chosen, base, "w") if chosen else b""
    pieces = [heavy[start : start + PIECE] for start in range(0, len(heavy), PIECE)]
    for stale in sorted(out.glob("weights.tar.*"))[len(pieces) :]:
        stale.unlink()
    for number, piece in enumerate(pieces):
        atomic_write(out / f"weights.tar.{number:02}", piece)
    return left_out


def _that_fit(files: Iterable[Path], room: int) -> tuple[list[Path], list[Path]]:
    chosen: list[Path] = []
    left_out: list[Path] = []
    room -= tarfile.RECORDSIZE  # the archive's end
    for file in files:
        size = file.stat().st_size + 4 * tarfile.BLOCKSIZE  # header, long name, padding
        (chosen if size <= room else left_out).append(file)
        room -= size if size <= room else 0
    return chosen, left_out


def _archive(files: Iterable[Path], base: Path, mode: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        for file in files:
            archive.add(file, arcname=file.relative_to(base))
    return buffer.getvalue()
