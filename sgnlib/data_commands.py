"""`sgn data`: get, list and check real images. Heavy modules are imported where they are used."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

from sgnlib.datasets import store
from sgnlib.datasets.cards import CARDS, STYLES, Card, card

Command = Callable[[argparse.Namespace], int | None]
Add = Callable[[str, Command, str, str], argparse.ArgumentParser]


def get(given: argparse.Namespace) -> None:
    """Gets data sets and style images."""
    from sgnlib.datasets import obtain

    brought = given.from_zip or given.from_folder
    if brought and len(given.names) != 1:
        raise ValueError(f"--from-zip and --from-folder need one data set; got {len(given.names)}")
    if not given.names and not given.style:
        raise ValueError("name a data set, or a style image with --style; `sgn data list` has all")
    styles = [_style(part) for part in given.style]
    for one in map(card, dict.fromkeys(given.names)):
        if given.from_zip:
            print(obtain.get_from_zip(one, given.from_zip))
        elif given.from_folder:
            print(obtain.get_from_folder(one, given.from_folder))
        else:
            print(obtain.get(one, given.mirror))
        for fault in one.faults:
            print(f"  careful: {fault}")
    for name, source in styles:
        print(obtain.get_style(name, source))


def show(_: argparse.Namespace) -> None:
    """Prints the data cards."""
    print("\n".join(line for one in CARDS for line in _card_lines(one)))
    print("style images")
    for name, about in STYLES.items():
        file = store.style(name)
        told = store.shown(file) if file else f"not there: sgn data get --style {name}=FILE"
        print(f"  {name}: {told}\n    {about}")


def check(given: argparse.Namespace) -> int:
    """Reports what is wrong with a folder; 1 if a training would refuse it."""
    from sgnlib.datasets.check import check, report

    domains = check(given.folder, given.size)
    print("\n".join(report(domains, given.most)))
    return 0 if all(domain.usable for domain in domains) else 1


def add_to(add: Add, nested: Callable[[argparse.ArgumentParser], Add]) -> None:
    """Adds the commands to the parser.

    Args:
        add: Adds a command.
        nested: Makes, of a command, one that has commands of its own.
    """
    data = add(
        "data",
        show,
        "get, list and check real images",
        """
        sgn data get vangogh2photo --style udnie=udnie.jpg
        sgn data list
        sgn data check photos/summer
        """,
    )
    add = nested(data)
    _add_get(add)
    add("list", show, "show the data cards: origin, counts, licence, known faults", "sgn data list")
    checking = add(
        "check",
        check,
        "look for broken, small, grey, repeated and leaking images in a folder",
        "sgn data check photos/summer --size 256",
    )
    checking.add_argument("folder", type=Path, help="as for --images, or with trainA, trainB, ...")
    checking.add_argument(
        "--size", type=int, default=256, metavar="PX", help="image size of the training (256)"
    )
    checking.add_argument("--most", type=int, default=10, metavar="N", help="lines per fault (10)")


def _add_get(add: Add) -> None:
    getting = add(
        "get",
        get,
        "download data sets into data/raw, or take them from where you have them",
        """
        sgn data get vangogh2photo ukiyoe2photo monet2photo summer2winter_yosemite
        sgn data get vangogh2photo --mirror https://my.server/cyclegan
        sgn data get monet2photo --from-zip monet2photo.zip
        sgn data get --style udnie=udnie.jpg --style rain-princess=https://my.server/rain.jpg
        """,
    )
    known = ", ".join(one.name for one in CARDS)
    getting.add_argument("names", nargs="*", metavar="NAME", help=f"one or more of {known}")
    getting.add_argument(
        "--mirror",
        action="append",
        default=[],
        metavar="URL",
        help="folder with the zips, asked before the official one; repeatable (also: SGN_MIRRORS)",
    )
    brought = getting.add_mutually_exclusive_group()
    brought.add_argument("--from-zip", type=Path, metavar="FILE", help="a zip that you have")
    brought.add_argument(
        "--from-folder", type=Path, metavar="DIR", help="a folder that you have, with trainA, ..."
    )
    getting.add_argument(
        "--style",
        action="append",
        default=[],
        metavar="NAME=SOURCE",
        help="store a style image from a file or an address; repeatable",
    )


def _style(part: str) -> tuple[str, str]:
    name, equals, source = part.partition("=")
    if not (name and equals and source):
        raise ValueError(f"--style must read NAME=FILE or NAME=ADDRESS; got {part!r}")
    return name, source


def _card_lines(one: Card) -> Iterator[str]:
    folder = store.place(one)
    wrong = store.lacking(one, folder)
    if not folder.exists():
        state = f"not there: sgn data get {one.name} ({one.megabytes} MB)"
    else:
        state = f"{store.shown(folder)} is not complete: {wrong}" if wrong else store.shown(folder)
    yield f"{one.name}: {state}"
    for side, what in (("A", one.a), ("B", one.b)):
        counts = f"{one.counts[f'train{side}']} for training, {one.counts[f'test{side}']} for tests"
        yield f"  {side}: {what}; {counts}"
    yield f"  licence: {one.licence}"
    yield from (f"  careful: {fault}" for fault in one.faults)
