"""Zips that want to do harm, and zips that are as they should be."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest

from sgnlib.datasets.unpack import ArchiveError, Limits, unpack
from tests.datasets.zips import COUNTS, jpeg, members, zipped


def attempt(tmp_path: Path, content: bytes, limits: Limits | None = None) -> list[str]:
    """What lies in the folder afterwards."""
    (tmp_path / "a.zip").write_bytes(content)
    unpack(tmp_path / "a.zip", tmp_path / "out", COUNTS, limits or Limits())
    return sorted(
        path.relative_to(tmp_path / "out").as_posix()
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    )


def test_images_come_out_with_names_for_every_file_system(tmp_path: Path) -> None:
    names = attempt(tmp_path, zipped(members()))
    assert len(names) == sum(COUNTS.values())
    assert "trainB/2014-08-01 17_41_03.jpg" in names
    assert (tmp_path / "out" / names[0]).read_bytes() == jpeg(0)


def test_what_is_no_image_of_a_side_is_passed_over(tmp_path: Path) -> None:
    extra = {
        "small/README.txt": b"x",
        "small/trainA/run.sh": b"x",
        "small/trainA/.hidden.jpg": b"x",
        "__MACOSX/trainA/._1.jpg": b"x",
        "small/other/1.jpg": b"x",
        "small/trainA/deeper/1.jpg": b"x",
        "1.jpg": b"x",
    }
    assert len(attempt(tmp_path, zipped(members() | extra))) == sum(COUNTS.values())


@pytest.mark.parametrize(
    "name",
    [
        "../trainA/x.jpg",
        "small/../../trainA/x.jpg",
        "/trainA/x.jpg",
        "C:/trainA/x.jpg",
        "..\\x.jpg",
    ],
)
def test_names_that_leave_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ArchiveError, match="outside of its folder"):
        attempt(tmp_path, zipped(members() | {name: jpeg()}))
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "trainA").exists()


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_are_refused(tmp_path: Path, kind: int) -> None:
    link = zipfile.ZipInfo("small/trainA/link.jpg")
    link.create_system, link.external_attr = 3, (kind | 0o777) << 16
    with pytest.raises(ArchiveError, match="is a link or device"):
        attempt(tmp_path, zipped(members() | {link: b"/etc/passwd"}))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(files=9), "holds 10 files"),
        (Limits(bytes=5000), r"of \d+,\d+ bytes; allowed are"),
        (Limits(bytes_each=100), "would grow from"),
    ],
)
def test_too_many_and_too_large_files_are_refused(tmp_path: Path, limits, reason: str) -> None:
    with pytest.raises(ArchiveError, match=reason):
        attempt(tmp_path, zipped(members()), limits)
    assert not (tmp_path / "out").exists()


def test_a_bomb_is_refused_by_its_ratio(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"grow from .* to 10,000,000 bytes; .* 50 times"):
        attempt(tmp_path, zipped({"small/trainA/bomb.jpg": bytes(10_000_000)}))
    assert not (tmp_path / "out").exists()


def test_a_bomb_that_lies_about_its_size_does_not_get_further_than_it_says(tmp_path: Path) -> None:
    """The directory says 1000 bytes; what is packed are ten million."""
    content = bytearray(zipped({"small/trainA/bomb.jpg": bytes(10_000_000)}))
    wrong, right = (10_000_000).to_bytes(4, "little"), (1000).to_bytes(4, "little")
    assert content.count(wrong) == 2
    content = content.replace(wrong, right)
    limits = Limits(ratio=1e9)
    with pytest.raises(ArchiveError, match="is broken"):
        attempt(tmp_path, bytes(content), limits)
    assert sum(path.stat().st_size for path in tmp_path.rglob("bomb.jpg")) <= 1000


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    twice = {"small/trainA/A_1.jpg": jpeg(), "small/trainA/a:1.JPG": jpeg()}
    with pytest.raises(ArchiveError, match="has two files trainA/a_1"):
        attempt(tmp_path, zipped(members() | twice))


@pytest.mark.parametrize("damage", ["cut", "flip", "none"])
def test_broken_zips_are_named(tmp_path: Path, damage: str) -> None:
    content = bytearray(zipped(members()))
    if damage == "cut":
        content = content[: len(content) // 2]
    elif damage == "flip":
        content[len(content) // 4] ^= 255
    else:
        content = bytearray(b"<html>404</html>")
    with pytest.raises(ArchiveError, match=r"a\.zip is broken or no zip .*: get it again"):
        attempt(tmp_path, bytes(content))
