"""Zips from elsewhere, unpacked so that none can do harm: only images, only where they belong."""

from __future__ import annotations

import re
import shutil
import stat
import zipfile
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tqdm import tqdm

from sgnlib.datasets.folders import FORMATS

_AWKWARD = re.compile(r'[<>:"|?*\x00-\x1f]')
"""Characters that not every file system takes; CycleGAN's photos have ':' in their times."""


@dataclass(frozen=True)
class Limits:
    """What an archive may hold; the largest official one has 7838 images and about 310 MB."""

    files: int = 50_000
    bytes: int = 4 * 2**30
    bytes_each: int = 64 * 2**20
    ratio: float = 50.0
    """Bytes unpacked per byte packed; JPEGs hardly shrink."""


class ArchiveError(ValueError):
    """An archive that is broken or dangerous; nothing of it has been kept."""


def unpack(archive: Path, folder: Path, sides: Collection[str], limits: Limits) -> None:
    """Puts the images of an archive's folders `sides` below `folder`.

    What is no image (by its suffix), hidden, or in another folder is passed over.

    Args:
        archive: A zip whose images lie in .../trainA/ and so on.
        folder: Must not exist.
        sides: For instance trainA and testA.
        limits: Checked against what the archive says before, and what comes out of it then.

    Raises:
        ArchiveError: Broken, encrypted, a name that leaves the folder, a link, two files of one
            name, or more than the limits allow.
    """
    try:
        with zipfile.ZipFile(archive) as packed:
            members = dict(_wanted(packed, sides, limits))
            for side in sides:
                (folder / side).mkdir(parents=True)
            for place, member in tqdm(members.items(), desc=f"unpacking {archive.name.strip('.')}"):
                with packed.open(member) as source, (folder / place).open("xb") as target:
                    shutil.copyfileobj(source, target)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ArchiveError(f"{archive} is broken or no zip ({error}): get it again") from error


def safe_name(name: str) -> str:
    """A file name that every file system takes."""
    return _AWKWARD.sub("_", name)


def unpacked_size(archive: Path) -> int:
    """Bytes that an archive says it will become.

    Raises:
        ArchiveError: No zip.
    """
    try:
        with zipfile.ZipFile(archive) as packed:
            return sum(member.file_size for member in packed.infolist())
    except zipfile.BadZipFile as error:
        raise ArchiveError(f"{archive} is broken or no zip ({error}): get it again") from error


def _wanted(
    packed: zipfile.ZipFile, sides: Collection[str], limits: Limits
) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    """Place below the folder, and member, of every image; the whole archive is judged first."""
    members = packed.infolist()
    for member in members:
        _check_member(member, limits)
    _check_all(members, limits)
    taken: set[str] = set()
    for member in members:
        path = PurePosixPath(member.filename)
        if path.parent.name not in sides or path.suffix.lower() not in FORMATS:
            continue
        if member.is_dir() or any(part.startswith((".", "__MACOSX")) for part in path.parts):
            continue
        place = f"{path.parent.name}/{safe_name(path.name)}"
        if place.lower() in taken:
            raise ArchiveError(f"{packed.filename} has two files {place}")
        taken.add(place.lower())
        yield place, member


def _check_member(member: zipfile.ZipInfo, limits: Limits) -> None:
    name = member.filename
    path = PurePosixPath(name)
    kind = stat.S_IFMT(member.external_attr >> 16)
    if path.is_absolute() or ".." in path.parts or "\\" in name or re.match("[A-Za-z]:/", name):
        raise ArchiveError(f"the archive wants to write to {name!r}, outside of its folder")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise ArchiveError(f"{name!r} in the archive is a link or device, not a file")
    if member.flag_bits & 1:
        raise ArchiveError(f"{name!r} in the archive is encrypted")
    if member.file_size > min(limits.bytes_each, limits.ratio * member.compress_size + 1024):
        raise ArchiveError(
            f"{name!r} would grow from {member.compress_size:,} to {member.file_size:,} bytes; "
            f"allowed are {limits.bytes_each:,} and {limits.ratio:g} times"
        )


def _check_all(members: list[zipfile.ZipInfo], limits: Limits) -> None:
    total = sum(member.file_size for member in members)
    if len(members) > limits.files or total > limits.bytes:
        raise ArchiveError(
            f"the archive holds {len(members):,} files of {total:,} bytes; allowed are "
            f"{limits.files:,} and {limits.bytes:,}"
        )
