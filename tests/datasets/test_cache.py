from __future__ import annotations

import multiprocessing
import os
import time
import weakref
from collections.abc import Iterator
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
    assert not list((data_dir / "cache").glob("x*[!k]"))


def make_slowly(marks: Path) -> int:
    def slow() -> NDArray[np.uint8]:
        time.sleep(0.3)
        (marks / str(os.getpid())).touch()
        return pixels()

    return int(cached("x", slow).sum())


def test_of_several_processes_one_makes_the_file(data_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    with multiprocessing.get_context("fork").Pool(3) as pool:
        sums = pool.map(make_slowly, [tmp_path / "made"] * 6, chunksize=1)
    assert set(sums) == {int(pixels().sum())}
    assert len(list((tmp_path / "made").iterdir())) == 1
    assert {path.name for path in (data_dir / "cache").iterdir()} == {
        "x.npy", "x.sha256", "x.lock",
    }  # fmt: skip
    assert int(cached("x", refuse).sum()) == sums[0]


class OneByOne:
    """Images that come one at a time; counts how many are alive at once."""

    def __init__(self, images: NDArray[np.uint8]) -> None:
        self.images, self.given = images, []

    def __len__(self) -> int:
        return len(self.images)

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        for image in self.images:
            fresh = image.copy()
            self.given.append(weakref.ref(fresh))
            yield fresh
            del fresh
            assert sum(one() is not None for one in self.given) <= 1


@pytest.mark.parametrize("layout", ["rows", "columns"])
def test_images_that_come_one_by_one_give_the_bytes_of_numpys_save(
    data_dir: Path, tmp_path: Path, layout: str
) -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 3, 4, 6), dtype=np.uint8)
    if layout == "columns":  # as painted images come: channels last in memory
        images = np.ascontiguousarray(images.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    found = cached("x", lambda: OneByOne(images))
    assert np.array_equal(found.numpy(), images)
    np.save(tmp_path / "whole.npy", images)
    assert file(data_dir).read_bytes() == (tmp_path / "whole.npy").read_bytes()
    cached("y", lambda: images)
    assert file(data_dir, "y").read_bytes() == file(data_dir).read_bytes()


def test_the_order_in_memory_does_not_matter() -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 3, 4, 6), dtype=np.uint8)
    columns = [np.asfortranarray(image) for image in images]
    assert np.array_equal(cached("x", lambda: columns).numpy(), images)
