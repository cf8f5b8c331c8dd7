from __future__ import annotations

import errno
import os
import pickle
from pathlib import Path

import pytest
import torch

from sgnlib import storage
from sgnlib.storage import write_hashed
from sgnlib.training.checkpoints import Checkpoints


@pytest.fixture
def three(tmp_path: Path) -> Checkpoints:
    checkpoints = Checkpoints(tmp_path)
    for step in (1, 20, 300):
        checkpoints.save(step, {"step": step, "weights": torch.full((3,), float(step))})
    return checkpoints


def loaded(checkpoints: Checkpoints) -> int | None:
    state = checkpoints.load()
    return state and state["step"]


def test_the_latest_and_the_one_before_are_kept(three: Checkpoints) -> None:
    state = three.load()
    assert state is not None and torch.equal(state["weights"], torch.full((3,), 300.0))
    assert sorted(path.name for path in three.folder.glob("step-*.pt")) == [
        "step-00000020.pt",
        "step-00000300.pt",
    ]


def test_none_to_load(tmp_path: Path) -> None:
    assert Checkpoints(tmp_path / "nowhere").load() is None


def test_a_flipped_byte_falls_back_and_says_so(
    three: Checkpoints, caplog: pytest.LogCaptureFixture
) -> None:
    path = three.folder / "step-00000300.pt"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert loaded(three) == 20
    assert "step-00000300.pt" in caplog.text and "earlier one" in caplog.text


def test_a_missing_latest_falls_back_and_says_so(
    three: Checkpoints, caplog: pytest.LogCaptureFixture
) -> None:
    (three.folder / "step-00000300.pt").unlink()
    assert loaded(three) == 20
    assert "missing" in caplog.text


def test_all_damaged(three: Checkpoints) -> None:
    for path in three.folder.glob("step-*.pt"):
        path.write_bytes(b"")
    assert loaded(three) is None


def test_a_torn_pointer_does_no_harm(three: Checkpoints) -> None:
    (three.folder / "latest").write_bytes(b"\xff\x00")
    assert loaded(three) == 300


def test_the_pointer_decides_not_the_number(three: Checkpoints) -> None:
    """After a fallback, leftovers with higher numbers are of no use and go."""
    (three.folder / "latest").write_text("step-00000020.pt")
    assert loaded(three) == 20
    three.save(21, {"step": 21})
    assert loaded(three) == 21
    assert {p.stem for p in three.folder.glob("*.pt")} == {"step-00000020", "step-00000021"}


@pytest.mark.parametrize("call", range(3))
def test_full_disk_loses_nothing(
    call: int,
    three: Checkpoints,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whichever of the three files (state, hash, pointer) finds no room: the pointer is last."""
    real, calls = os.write, []

    def full(handle: int, data: memoryview) -> int:
        calls.append(handle)
        if len(calls) == call + 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(handle, data)

    monkeypatch.setattr(storage.os, "write", full)
    with pytest.raises(OSError, match="No space left"):
        three.save(4000, {"step": 4000})
    monkeypatch.undo()
    assert loaded(three) == 300
    assert not caplog.records


def test_saving_the_same_step_again_touches_nothing(three: Checkpoints) -> None:
    before = {p.name: p.stat().st_mtime_ns for p in three.folder.iterdir()}
    three.save(300, {"step": 300})
    assert {p.name: p.stat().st_mtime_ns for p in three.folder.iterdir()} == before


def test_no_code_is_unpickled(tmp_path: Path) -> None:
    """Even if somebody wrote a matching hash beside it."""
    bomb = tmp_path / "bomb"

    class Bomb:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (bomb,)

    torch.save({"step": Bomb()}, tmp_path / "evil")
    write_hashed(tmp_path / "step-00000001.pt", (tmp_path / "evil").read_bytes())
    with pytest.raises(pickle.UnpicklingError):
        Checkpoints(tmp_path).load()
    assert not bomb.exists()
