"""Files that are whole or not there: atomic writing, SHA-256 beside artefacts, a lock."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import logging
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

log = logging.getLogger(__name__)


class CorruptFile(Exception):
    """A file's content is not what its SHA-256 says."""


def sha256(path: Path) -> str:
    """Hex digest of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def atomic_write(path: Path, content: bytes) -> Path:
    """Writes a file so that at any moment, after a power cut too, the old or the new one is there.

    Folders are made where missing.

    Returns:
        The path.

    Raises:
        OSError: The disk is full, for instance; what was at `path` is still there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        try:
            _write_all(handle, content)
            os.fsync(handle)
        finally:
            os.close(handle)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)
    return path


def write_hashed(path: Path, content: bytes) -> str:
    """Writes an artefact, then its SHA-256 beside it, in the form of the command `sha256sum`.

    Between the two the artefact reads as corrupt: what points to it must be written after both.

    Returns:
        The hex digest.
    """
    digest = hashlib.sha256(content).hexdigest()
    atomic_write(path, content)
    atomic_write(hash_file(path), f"{digest}  {path.name}\n".encode())
    return digest


def read_hashed(path: Path) -> bytes:
    """Reads what `write_hashed` wrote.

    Raises:
        CorruptFile: The content is not the one that was written, or there is none.
    """
    try:
        content = path.read_bytes()
        expected = hash_file(path).read_text().split()[0]
    except (FileNotFoundError, IndexError, UnicodeDecodeError) as error:
        raise CorruptFile(f"{path} or the SHA-256 beside it is missing") from error
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise CorruptFile(f"{path} has SHA-256 {found[:12]}…, written was {expected[:12]}…")
    return content


def move(source: Path, target: Path) -> None:
    """Renames a file or folder so that the new name survives a power cut."""
    source.rename(target)
    _sync_folder(target.parent)


def hash_file(path: Path) -> Path:
    """Where the SHA-256 of an artefact lies."""
    return path.with_name(path.name + ".sha256")


@contextlib.contextmanager
def locked(path: Path, purpose: str, *, wait: bool = True) -> Iterator[None]:
    """Holds a lock file; waits, and says so, while another process holds it.

    The kernel releases the lock when its holder dies, however it dies; the file stays.

    Raises:
        BlockingIOError: Another process holds it, and the caller does not want to wait.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            if not wait:
                raise BlockingIOError(f"process {holder} is at work: {purpose}") from None
            log.warning("waiting for process %s: %s", holder, purpose)
            fcntl.flock(file, fcntl.LOCK_EX)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


@contextlib.contextmanager
def advice_on_full_disk() -> Iterator[None]:
    """Adds to the error of a full disk what is lost (nothing) and what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            error.add_note(
                "The disk is full. Nothing that was saved before is lost: free some space and "
                "start again, the training goes on from its last checkpoint."
            )
        raise


def _write_all(handle: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(handle, rest) :]


def _sync_folder(folder: Path) -> None:
    """Makes a rename inside the folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
