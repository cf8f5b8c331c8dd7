"""Where real data sets and style images lie, and whether they are whole. Standard library only."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from sgnlib import paths
from sgnlib.datasets.cards import Card, card, side
from sgnlib.storage import atomic_write

STYLE_SUFFIXES = (".jpg", ".png", ".webp", ".bmp")


def place(one: Card) -> Path:
    """The folder of a data set: trainA, testA, trainB and testB lie in it."""
    return paths.raw_dir() / one.name


def styles_dir() -> Path:
    """One file per style image, named after it."""
    return paths.raw_dir() / "styles"


def shown(path: Path) -> str:
    """A path as a reader likes it: from the checkout, if it lies in there."""
    return str(path.relative_to(paths.ROOT) if path.is_relative_to(paths.ROOT) else path)


# --------------------------------------------------------------------------------- what is there


def count(folder: Path) -> int:
    """Number of files in a folder, without hidden ones; 0 if there is no folder."""
    try:
        with os.scandir(folder) as entries:
            return sum(1 for entry in entries if entry.is_file() and entry.name[0] != ".")
    except (FileNotFoundError, NotADirectoryError):
        return 0


def lacking(one: Card, folder: Path) -> str:
    """How a folder's counts differ from the card's, "" if they do not.

    Args:
        one: What should be there.
        folder: With trainA, testA, trainB and testB.
    """
    found = {side: count(folder / side) for side in one.counts}
    return ", ".join(
        f"{side} has {found[side]} of {wanted} images"
        for side, wanted in one.counts.items()
        if found[side] != wanted
    )


def style(name: str) -> Path | None:
    """The file of a style image, if there is one."""
    files = (styles_dir() / f"{name}{suffix}" for suffix in STYLE_SUFFIXES)
    return next((file for file in files if file.is_file()), None)


def real_images(names: Iterable[str], without: Collection[str] = ()) -> dict[str, str]:
    """The folder of each domain and the file of each style image, absolute.

    Args:
        names: All that an experiment uses; what no data set has counts as a style image.
        without: Those of them that come from elsewhere.

    Raises:
        FileNotFoundError: Something is missing or not complete; the message says what to run.
    """
    names = sorted(set(names) - set(without))
    found: dict[str, str] = {}
    sets: dict[str, Card] = {}
    styles = []
    for name in names:
        where = side(name, names)
        if where is not None:
            sets[where[0]] = card(where[0])
            found[name] = str((place(sets[where[0]]) / where[1]).resolve())
        elif file := style(name):
            found[name] = str(file.resolve())
        else:
            styles.append(name)
    _complain([one for one in sets.values() if lacking(one, place(one))], styles)
    return found


def _complain(sets: list[Card], styles: list[str]) -> None:
    for one in sets:
        if place(one).exists():
            raise FileNotFoundError(
                f"{shown(place(one))} is not complete ({lacking(one, place(one))}); remove it, "
                f"then run `sgn data get {one.name}` ({one.megabytes} MB)"
            )
    if not sets and not styles:
        return
    missing = [shown(place(one)) for one in sets]
    missing += [f"{shown(styles_dir())}/{name}.jpg" for name in styles]
    command = " ".join(
        ["sgn data get", *(one.name for one in sets), *(f"--style {n}=FILE" for n in styles)]
    )
    megabytes = sum(one.megabytes for one in sets)
    raise FileNotFoundError(
        f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing; run `{command}`"
        + (f" ({megabytes} MB)" if megabytes else "")
    )


# ------------------------------------------------------------------------------- what it came from


@dataclass(frozen=True)
class Record:
    """What a data set was unpacked from; lies beside it and outlives it."""

    origin: str
    size: int
    sha256: str

    def write(self, one: Card) -> None:
        """Notes it in data/raw/NAME.json."""
        about = {"origin": self.origin, "size": self.size, "sha256": self.sha256}
        atomic_write(record_file(one), (json.dumps(about, indent=1) + "\n").encode())


def record_file(one: Card) -> Path:
    """Where a data set's record lies."""
    return paths.raw_dir() / f"{one.name}.json"


def record(one: Card) -> Record | None:
    """The record of a data set that was unpacked from a zip once.

    Raises:
        ValueError: The file is none.
    """
    try:
        return Record(**json.loads(record_file(one).read_text()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise ValueError(f"{record_file(one)} is no record ({error}): remove it") from error


def check_room(folder: Path, wanted: int) -> None:
    """Looks for `wanted` bytes of free disk.

    Raises:
        OSError: There is less.
    """
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < wanted:
        raise OSError(
            f"{folder} has {free / 2**20:.0f} MB free, needed are {wanted / 2**20:.0f}: make room, "
            "or let SGN_DATA point to a larger disk"
        )
