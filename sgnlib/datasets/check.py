"""`sgn data check`: what is wrong with a folder of images, before a training finds out."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tqdm import tqdm

from sgnlib.datasets.folders import ImageError, Split, decode, list_images
from sgnlib.datasets.likeness import Thumbnail, groups, thumbnail

SPLITS: tuple[Split, Split] = ("train", "test")

GREY = 3.0
"""Mean distance between an image's largest and smallest channel below which it counts as grey."""

ADVICE = {
    "broken": "training refuses them: replace or remove them",
    "small": "training refuses them: remove them, or train with a smaller image size",
    "grey": "taken as they are; a domain of colour pictures is better without them",
    "repeated": "drawn more often than others: keep one of each",
    "leaking": "numbers on test images are flattered: remove them from the training images",
}
"""Every kind of fault, and what to do."""

REFUSED = ("broken", "small")
"""The faults with which no training starts."""


@dataclass(frozen=True)
class Look:
    """What is to know of one image; `reason` says what is wrong with it alone."""

    path: Path
    split: Split
    digest: str
    fault: str = ""
    reason: str = ""
    thumb: Thumbnail | None = None


@dataclass
class Domain:
    """One domain's folder: how many images there are, and lines about each kind of fault."""

    name: str
    train: int = 0
    test: int = 0
    faults: dict[str, list[str]] = field(default_factory=dict)
    refusal: str = ""

    @property
    def usable(self) -> bool:
        """Whether a training would take it."""
        return not self.refusal and not any(self.faults.get(kind) for kind in REFUSED)


def check(folder: Path, size: int) -> list[Domain]:
    """Looks at every image of every domain that lies in a folder.

    Args:
        folder: A folder that `--images` takes, or one with trainA, trainB and so on in it.
        size: The image size of the training.

    Raises:
        FileNotFoundError: No such folder.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"no folder {folder}; give a folder with images")
    sides = sorted(p for p in folder.glob("train?*") if p.is_dir())
    layout = [folder] if (folder / "train").is_dir() or not sides else sides
    return [_check_domain(root, size) for root in layout]


def report(domains: list[Domain], most: int) -> Iterator[str]:
    """A table of counts, then the files of every fault and what to do about it.

    Args:
        domains: From `check`.
        most: Lines per fault.
    """
    head = ("domain", "train", "test", *ADVICE)
    rows = [
        (d.name, str(d.train), str(d.test), *(str(len(d.faults.get(k, ()))) for k in ADVICE))
        for d in domains
    ]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, *rows):
        yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
    for domain in domains:
        if domain.refusal:
            yield f"\n{domain.name}: {domain.refusal}"
        for kind, lines in domain.faults.items():
            yield f"\n{domain.name}, {kind}: {ADVICE[kind]}"
            yield from (f"  {line}" for line in lines[:most])
            if len(lines) > most:
                yield f"  and {len(lines) - most} more (--most {len(lines)} shows them)"
    bad = [domain.name for domain in domains if not domain.usable]
    yield ""
    yield f"A training would refuse {', '.join(bad)}." if bad else "A training would take all this."


def _check_domain(root: Path, size: int) -> Domain:
    domain = Domain(root.name)
    try:
        files = [(path, split) for split in SPLITS for path in list_images(root, split)]
    except ImageError as error:
        domain.refusal = str(error)
        return domain
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        seen = pool.map(lambda file: _look(file[0], file[1], size), files)
        looks = list(tqdm(seen, total=len(files), desc=root.name, unit="image"))
    domain.train = sum(look.split == "train" for look in looks)
    domain.test = len(looks) - domain.train
    found: dict[str, list[str]] = {kind: [] for kind in ADVICE}
    for look in looks:
        if look.fault:
            found[look.fault].append(f"{_name(look)}: {look.reason}")
    for group in _same(looks):
        kind = "leaking" if len({look.split for look in group}) == 2 else "repeated"
        how = "same bytes" if len({look.digest for look in group}) == 1 else "alike"
        found[kind].append(f"{' = '.join(_name(look) for look in group)} ({how})")
    domain.faults = {kind: lines for kind, lines in found.items() if lines}
    return domain


def _look(path: Path, split: Split, size: int) -> Look:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    try:
        image = decode(path)
    except ImageError as error:
        return Look(path, split, digest, "broken", str(error).removeprefix(f"{path} "))
    small = thumbnail(image)
    if min(image.size) < size:
        reason = f"{image.width}x{image.height} pixels; the shorter side must have {size}"
        return Look(path, split, digest, "small", reason, small)
    colour = float(np.ptp(small.astype(np.int16), axis=-1).mean())
    if colour < GREY:
        return Look(path, split, digest, "grey", "no colour", small)
    return Look(path, split, digest, thumb=small)


def _same(looks: list[Look]) -> Iterator[list[Look]]:
    whole = [(look, look.thumb) for look in looks if look.thumb is not None]
    if len(whole) > 1:
        thumbs = np.stack([thumb for _, thumb in whole])
        for group in groups([look.digest for look, _ in whole], thumbs):
            yield [whole[index][0] for index in group]


def _name(look: Look) -> str:
    return f"{look.split}/{look.path.name}"
