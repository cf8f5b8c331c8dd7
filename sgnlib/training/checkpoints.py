"""Checkpoints that survive kill -9, full disks and flipped bits."""

from __future__ import annotations

import io
import logging
import shutil
from pathlib import Path
from typing import Any

import torch

from sgnlib.storage import CorruptFile, atomic_write, hash_file, read_hashed, write_hashed

log = logging.getLogger(__name__)


class Checkpoints:
    """The latest checkpoint of a run and the one before it, and a pointer that is written last."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, step: int, state: dict[str, Any]) -> None:
        """Writes the state after `step` updates; the previous checkpoint stays.

        Raises:
            OSError: The disk is full, for instance; earlier checkpoints are untouched.
        """
        path = self.folder / f"step-{step:08d}.pt"
        previous = self._latest()
        if previous == path:
            return
        buffer = io.BytesIO()
        torch.save(state, buffer)
        write_hashed(path, buffer.getvalue())
        atomic_write(self._pointer, path.name.encode())
        for old in self._files():
            if old not in (path, previous):
                _remove(old)

    def clear(self) -> None:
        """Removes all checkpoints."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def load(self) -> dict[str, Any] | None:
        """The latest state that is whole, on the CPU, or None; says so where it goes further back.

        Nothing but tensors and plain Python objects is unpickled.
        """
        for path in self._candidates():
            try:
                content = read_hashed(path)
            except CorruptFile as error:
                log.warning("checkpoint discarded, trying an earlier one: %s", error)
                _remove(path)
                continue
            return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        return None

    def _candidates(self) -> list[Path]:
        """The one that the pointer names, then the others, newest first."""
        files, latest = self._files(), self._latest()
        if latest and latest not in files:
            log.warning("the latest checkpoint, %s, is missing", latest)
        return sorted(files, key=lambda path: path != latest)

    def _latest(self) -> Path | None:
        if not self._pointer.exists():
            return None
        return self.folder / self._pointer.read_text(errors="replace").strip()

    @property
    def _pointer(self) -> Path:
        return self.folder / "latest"

    def _files(self) -> list[Path]:
        """Newest first."""
        return sorted(self.folder.glob("step-*.pt"), reverse=True)


def _remove(checkpoint: Path) -> None:
    checkpoint.unlink(missing_ok=True)
    hash_file(checkpoint).unlink(missing_ok=True)
