"""Where measurements go: a CSV per table, which keeps other machines' rows, and the README."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from sgnlib import paths
from sgnlib.storage import atomic_write

RESULTS = paths.ROOT / "data" / "results"
README = paths.ROOT / "README.md"


def merge(frame: pd.DataFrame, file: Path, keys: Sequence[str]) -> pd.DataFrame:
    """Puts rows into a CSV, in place of rows that are alike in `keys`; the others stay.

    Returns:
        All rows of the file.
    """
    rows = frame
    if file.is_file():
        old = pd.read_csv(file)
        new = frame[list(keys)].apply(tuple, axis=1)
        known = old[list(keys)].apply(tuple, axis=1)
        rows = pd.concat([old[~known.isin(set(new))], frame], ignore_index=True)
    write(rows, file)
    return rows


def write(frame: pd.DataFrame, file: Path) -> None:
    """Writes a CSV whole or not at all."""
    text = frame.to_csv(index=False, float_format="%.5g", lineterminator="\n")
    atomic_write(file, text.encode())


def show(benchmark: str, text: str) -> None:
    """Puts a text between the README's marks <!-- benchmarks.NAME --> and <!-- end -->.

    Raises:
        ValueError: The README has no such marks.
    """
    start = re.escape(f"<!-- benchmarks.{benchmark} -->")
    place = re.compile(rf"({start})(.*?)(<!-- end -->)", re.DOTALL)
    page, found = place.subn(lambda m: f"{m[1]}\n{text}\n{m[3]}", README.read_text())
    if not found:
        raise ValueError(f"{README} has no <!-- benchmarks.{benchmark} --> ... <!-- end -->")
    atomic_write(README, page.encode())
