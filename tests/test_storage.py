from __future__ import annotations

import errno
import multiprocessing
import os
import subprocess
import threading
import time
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from sgnlib import storage
from sgnlib.storage import (
    CorruptFile,
    atomic_write,
    hash_file,
    locked,
    move,
    read_hashed,
    sha256,
    write_hashed,
)


def test_written_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "file.bin"
    assert atomic_write(path, b"first") == path
    atomic_write(path, b"second")
    assert path.read_bytes() == b"second"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("call", ["write", "fsync", "close"])
def test_full_disk_leaves_the_old_file(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = atomic_write(tmp_path / "file.bin", b"old")

    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(storage.os, call, full)
    with pytest.raises(OSError, match="No space left"):
        atomic_write(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_short_writes_are_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(storage.os, "write", lambda handle, data: write(handle, data[:3]))
    content = bytes(range(100))
    assert atomic_write(tmp_path / "file.bin", content).read_bytes() == content


def test_hash_is_what_sha256sum_checks(tmp_path: Path) -> None:
    path = tmp_path / "weights.bin"
    assert write_hashed(path, b"content") == sha256(path)
    assert read_hashed(path) == b"content"
    subprocess.run(["sha256sum", "-c", hash_file(path).name], cwd=tmp_path, check=True)


@pytest.mark.parametrize("damage", ["flip", "truncate", "no file", "no hash", "empty hash"])
def test_every_damage_is_noticed(damage: str, tmp_path: Path) -> None:
    path = tmp_path / "weights.bin"
    write_hashed(path, b"content")
    match damage:
        case "flip":
            path.write_bytes(b"contenu")
        case "truncate":
            path.write_bytes(b"conten")
        case "no file":
            path.unlink()
        case "no hash":
            hash_file(path).unlink()
        case "empty hash":
            hash_file(path).write_text("")
    with pytest.raises(CorruptFile, match=r"weights\.bin"):
        read_hashed(path)


def test_move(tmp_path: Path) -> None:
    atomic_write(tmp_path / "a" / "file", b"x")
    move(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b" / "file").read_bytes() == b"x"


def _hold(path: Path, has_it: Event) -> None:
    with locked(path, "it holds"):
        has_it.set()
        time.sleep(60)


def test_second_process_waits_until_the_first_is_gone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """kill -9 releases the lock: the kernel does it, not the process."""
    path = tmp_path / ".lock"
    context = multiprocessing.get_context("spawn")
    has_it = context.Event()
    holder = context.Process(target=_hold, args=(path, has_it))
    holder.start()
    assert has_it.wait(60)
    threading.Timer(0.3, holder.kill).start()
    with locked(path, "it holds"):
        assert f"waiting for process {holder.pid}: it holds" in caplog.text
        assert path.read_text() == str(os.getpid())
    holder.join()
