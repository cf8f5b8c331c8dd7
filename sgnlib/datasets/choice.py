"""Which images an experiment takes: the embedded ones, one's own, or the real data sets."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sgnlib import paths
from sgnlib.datasets import store
from sgnlib.datasets.catalog import DOMAINS, STYLE_IMAGES
from sgnlib.experiments import Experiment

REAL = "real"
"""The word for "everything from data/raw", where `sgn data get` puts it."""


@dataclass(frozen=True)
class Choice:
    """What the user chose; domains that are neither own nor real are embedded.

    Attributes:
        own: Domain to folder, or style image to file; goes before `real`.
        real: Whether all others come from data/raw.
    """

    own: Mapping[str, str]
    real: bool = False

    def of(self, row: Experiment) -> tuple[tuple[str, str], ...]:
        """The value of the row's `images`.

        Raises:
            FileNotFoundError: A real data set or style image is missing; says what to run.
        """
        names = used(row)
        images = {name: path for name, path in self.own.items() if name in names}
        if self.real:
            images = store.real_images(names, without=images) | images
        return tuple(sorted(images.items()))


def used(row: Experiment) -> set[str]:
    """The names of all images that a row needs."""
    return {row.source, *(domain.data for domain in row.domains)}


def parse_images(text: str) -> Choice:
    """Reads "real", "summer=FOLDER winter=FOLDER udnie=FILE", or both; quotes keep a space.

    Relative paths start at the checkout, wherever the notebook runs.

    Raises:
        ValueError: A part is neither "real" nor NAME=PATH, or a name comes twice.
        KeyError: No domain or style image of that name.
        FileNotFoundError: Nothing lies at a path.
    """
    parts = shlex.split(text)
    found: dict[str, str] = {}
    for part in parts:
        if part == REAL:
            continue
        name, equals, path = part.partition("=")
        if not (equals and path):
            raise ValueError(f"images must read {REAL}, or NAME=PATH NAME=PATH ...; got {part!r}")
        if name not in (*DOMAINS, *STYLE_IMAGES):
            known = ", ".join((*DOMAINS, *STYLE_IMAGES))
            raise KeyError(f"no domain or style image {name!r}; there are {known}")
        if name in found:
            raise ValueError(f"images names {name!r} twice")
        place = (paths.ROOT / Path(path).expanduser()).resolve()
        if not place.exists():
            raise FileNotFoundError(f"images: {name} is to come from {place}; nothing is there")
        found[name] = str(place)
    return Choice(found, REAL in parts)
