from __future__ import annotations

import multiprocessing
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from sgnlib.datasets.cache import cached


def pixels(value: int = 5) -> NDArray[np.uint8]:
    return np.full((2, 3, 4, 6), value, dtype=np.uint8)


def refuse() -> NDArray[np.uint8]:
    raise AssertionError("made again")


def file(data_dir: Path, name: str = "x") -> Path:
    return data_dir / "cache" / f"{name}.npy"


def test_what_is_there_is_not_made_again() -> None:
    made = cached("x", pixels)
    assert torch.equal(cached("x", refuse), made)
    assert made.shape == (2, 3, 4, 6)


def test_a_change_in_memory_does_not_reach_the_file() -> None:
    cached("x", pixels)[:] = 9
    assert cached("x", refuse).unique().tolist() == [5]


def flip_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


def forget_digest(path: Path) -> None:
    path.with_suffix(".sha256").unlink()


def spoil_digest(path: Path) -> None:
    path.with_suffix(".sha256").write_text("")


@pytest.mark.parametrize("damage", [flip_a_byte, cut, forget_digest, spoil_digest, Path.unlink])
def test_a_damaged_file_is_made_again(damage, data_dir: Path) -> None:
    cached("x", pixels)
    damage(file(data_dir))
    assert cached("x", lambda: pixels(6)).unique().tolist() == [6]
    assert cached("x", refuse).unique().tolist() == [6]


def test_a_failure_leaves_nothing_behind(data_dir: Path) -> None:
    with pytest.raises(AssertionError, match="made again"):
        cached("x", refuse)
    assert not list((data_dir / "cache").glob("*"))


def slow() -> NDArray[np.uint8]:
    time.sleep(0.3)
    return pixels()


def make_slowly(_: int) -> int:
    return int(cached("x", slow).sum())


def test_two_processes_may_make_the_same_file_at_once(data_dir: Path) -> None:
    with multiprocessing.get_context("fork").Pool(3) as pool:
        sums = pool.map(make_slowly, range(6), chunksize=1)
    assert set(sums) == {int(pixels().sum())}
    assert {path.name for path in (data_dir / "cache").iterdir()} == {"x.npy", "x.sha256"}
    assert int(cached("x", refuse).sum()) == sums[0]
