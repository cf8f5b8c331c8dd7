"""Getting real data sets and style images: downloaded, or from what the user has already."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from tqdm import tqdm

from sgnlib import paths
from sgnlib.datasets import store
from sgnlib.datasets.cards import ORIGIN, Card
from sgnlib.datasets.download import DownloadError, Pin, download
from sgnlib.datasets.folders import FORMATS, decode
from sgnlib.datasets.unpack import ArchiveError, Limits, safe_name, unpack, unpacked_size
from sgnlib.storage import atomic_write, locked, move, sha256

MIRRORS = "SGN_MIRRORS"
"""Environment variable: addresses before the official one, with spaces between."""

SPARE = 64 * 2**20
"""Bytes that shall stay free."""

MAX_STYLE = 32 * 2**20
"""Bytes of a style image's file."""

LIMITS = Limits()


def get(one: Card, mirrors: Sequence[str] = ()) -> str:
    """Downloads and unpacks a data set, unless it is there.

    Whenever it is killed, the next call goes on; the folder appears when it is complete.

    Args:
        one: Which.
        mirrors: Addresses to ask first: of a folder with the zips, or with {name} in them.

    Returns:
        What to tell the user.

    Raises:
        DownloadError: No address gave it; the message says what else there is to try.
        ArchiveError, FileExistsError, Offline, OSError: See `unpack`, `_absent`, `download`.
    """
    with _absent(one) as there:
        if there:
            return there
        archive = paths.raw_dir() / f".{one.name}.zip"
        before = store.record(one)
        pinned = one.sha256 or (before.sha256 if before else None)
        pin = Pin(LIMITS.bytes, one.size, pinned)
        store.check_room(paths.raw_dir(), 2 * (one.size or 0) + SPARE)
        origin = _archive(one, archive, mirrors, pin)
        record = store.Record(origin, archive.stat().st_size, sha256(archive))
        try:
            _settle(one, lambda folder: unpack(archive, folder, one.counts, LIMITS))
        except ArchiveError:
            archive.unlink()  # or the next call would stumble over it again
            raise
        record.write(one)
        archive.unlink()
        known = "as expected" if pinned else f"noted in {store.shown(store.record_file(one))}"
        later = "" if pinned else "; from now on it must be the same"
        return f"{_told(one)}, from {origin}; SHA-256 {record.sha256} is {known}{later}"


def get_from_zip(one: Card, archive: Path) -> str:
    """Unpacks a data set's zip that the user has; counts decide, a strange hash is told.

    Returns, Raises: As `get`; FileNotFoundError if there is no such file.
    """
    if not archive.is_file():
        raise FileNotFoundError(f"no file {archive}; give the zip of {one.name}")
    with _absent(one) as there:
        if there:
            return there
        store.check_room(paths.raw_dir(), unpacked_size(archive) + SPARE)
        record = store.Record(str(archive.resolve()), archive.stat().st_size, sha256(archive))
        _settle(one, lambda folder: unpack(archive, folder, one.counts, LIMITS))
        record.write(one)
        same = record.sha256 == one.sha256
        known = "" if same else f"; SHA-256 {record.sha256} is not the official zip's"
        return f"{_told(one)}, from {archive}{known}"


def get_from_folder(one: Card, source: Path) -> str:
    """Copies a data set that the user has unpacked already, if its counts are the card's.

    Returns, Raises: As `get`; FileNotFoundError if there is no such folder, ValueError if its
    counts are others.
    """
    if not source.is_dir():
        raise FileNotFoundError(f"no folder {source}; give one with {', '.join(one.counts)} in it")
    with _absent(one) as there:
        if there:
            return there
        files = [file for side in one.counts for file in _visible(source / side)]
        _check_counts(one, source)
        store.check_room(paths.raw_dir(), sum(file.stat().st_size for file in files) + SPARE)

        def copy(folder: Path) -> None:
            for side in one.counts:
                (folder / side).mkdir(parents=True)
            for file in tqdm(files, desc=f"copying {one.name}"):
                shutil.copyfile(file, folder / file.parent.name / safe_name(file.name))

        _settle(one, copy)
        return f"{_told(one)}, from {source}"


def get_style(name: str, source: str) -> str:
    """Stores a style image from a file or an address, in place of an earlier one.

    Args:
        name: For instance "udnie"; small letters, digits and hyphens.
        source: A file, or an address that starts with https:// or http://.

    Returns:
        What to tell the user.

    Raises:
        ValueError: A name that is not allowed; a file that is no image or too large.
        FileNotFoundError, DownloadError, Offline: The source cannot be had.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        raise ValueError(f"{name!r} is no name for a style image: small letters, digits, hyphens")
    folder = store.styles_dir()
    with locked(folder / f".{name}.lock", f"get the style image {name}"):
        file = Path(source).expanduser()
        if fetched := bool(re.match(r"https?://", source)):
            file = folder / f".{name}"
            download([source], file, Pin(MAX_STYLE))
        try:
            suffix = _style_suffix(file)
            content = file.read_bytes()
        finally:
            if fetched:
                file.unlink()
        path = atomic_write(folder / f"{name}{suffix}", content)
        for other in store.STYLE_SUFFIXES:
            if other != suffix:
                path.with_suffix(other).unlink(missing_ok=True)
    return f"{store.shown(path)}, from {source}"


def _style_suffix(file: Path) -> str:
    """The suffix that suits an image's content; checks the whole image."""
    if not file.is_file():
        raise FileNotFoundError(f"no file {file}; give an image or an address")
    if file.stat().st_size > MAX_STYLE:
        raise ValueError(f"{file} has {file.stat().st_size:,} bytes; allowed are {MAX_STYLE:,}")
    decode(file)
    with Image.open(file) as image:
        kind = image.format
    return next(suffix for suffix, name in FORMATS.items() if name == kind)


def _archive(one: Card, archive: Path, mirrors: Sequence[str], pin: Pin) -> str:
    """Sees to it that the zip is there; returns where it is from."""
    urls = [_address(one, mirror) for mirror in (*mirrors, *os.environ.get(MIRRORS, "").split())]
    urls.append(ORIGIN.format(name=one.name))
    if archive.is_file():  # killed while unpacking
        if pin.sha256 == sha256(archive):
            return "an earlier download"
        archive.unlink()
    try:
        return download(urls, archive, pin)
    except DownloadError as error:
        raise DownloadError(
            f"{one.name} could not be downloaded: {error}. Run it again to go on, name a mirror "
            f"(--mirror), or get {urls[-1]} by other means and run "
            f"`sgn data get {one.name} --from-zip FILE`"
        ) from error


def _address(one: Card, mirror: str) -> str:
    if "{name}" in mirror:
        return mirror.replace("{name}", one.name)
    return mirror if mirror.endswith(".zip") else f"{mirror.rstrip('/')}/{one.name}.zip"


@contextmanager
def _absent(one: Card) -> Iterator[str]:
    """Locks a data set; gives "" if it has to be got, else what to tell the user.

    Raises:
        FileExistsError: There is a folder that is not complete.
    """
    with locked(paths.raw_dir() / f".{one.name}.lock", f"sgn data get {one.name}"):
        folder = store.place(one)
        if not folder.exists():
            yield ""
        elif wrong := store.lacking(one, folder):
            raise FileExistsError(f"{folder} is there, but {wrong}: remove it, then get it again")
        else:
            yield f"{_told(one)}, is there already"


def _settle(one: Card, fill: Callable[[Path], object]) -> None:
    """Fills a folder beside, checks it, and renames it into place."""
    beside = paths.raw_dir() / f".{one.name}.unpacking"
    shutil.rmtree(beside, ignore_errors=True)  # of one that was killed
    try:
        fill(beside)
        _check_counts(one, beside)
        os.sync()  # thousands of files: one by one it takes minutes
        move(beside, store.place(one))
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _check_counts(one: Card, folder: Path) -> None:
    if wrong := store.lacking(one, folder):
        raise ArchiveError(
            f"this is not {one.name}: {wrong}. Images of your own need no `get`: "
            "`sgn train MODEL --images DOMAIN=FOLDER`"
        )


def _visible(folder: Path) -> list[Path]:
    return sorted(file for file in folder.glob("*") if file.is_file() and file.name[0] != ".")


def _told(one: Card) -> str:
    counts = ", ".join(f"{side} {count}" for side, count in one.counts.items())
    return f"{store.shown(store.place(one))}: {counts}"
