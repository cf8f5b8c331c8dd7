"""Every notebook against its committed outputs: `python -m tests.regression`, part of `make test`.

Each is executed by nbval into a folder of its own. Texts must be the committed ones up to numbers
(`sanitize.cfg`); numbers are compared as the tables that the notebook writes, pictures as arrays.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from sgnlib import paths

COMMITTED = paths.ROOT / "figures"

RELATIVE, ABSOLUTE = 0.02, 0.005
"""A number may differ by 0.005 and 2 %. On one machine all are equal to the last digit; this is
what another number of threads or release of torch may do to a training of a few hundred steps."""
PICTURE_RMS = 8.0
"""Root mean square difference of a figure's pixels, of 255, that such a training may make."""


def main() -> int:
    """Executes and compares; 0 if all agrees."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(SGN_FIGURES=folder, TQDM_DISABLE="1", OMP_NUM_THREADS="1")
        status = subprocess.run(nbval(), cwd=paths.ROOT).returncode
        faults = [*compare_tables(Path(folder)), *compare_figures(Path(folder))]
    for fault in faults:
        print(fault, file=sys.stderr)
    tables, figures = len(names(COMMITTED / "tables", "csv")), len(names(COMMITTED, "png"))
    print(f"{tables} tables and {figures} figures compared, {len(faults)} differ")
    return 1 if status or faults else 0


def nbval() -> list[str]:
    """The command that executes the notebooks, two at a time, and compares their texts."""
    notebooks = sorted(str(path) for path in (paths.ROOT / "notebooks").glob("*.ipynb"))
    return [
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "addopts="),
        *("--nbval", "--nbval-sanitize-with", str(paths.ROOT / "tests" / "sanitize.cfg")),
        *("--nbval-cell-timeout", "900", "-n", "2", "--dist", "loadfile", "-p", "tests.kernels"),
        *notebooks,
    ]


def compare_tables(made: Path, committed: Path = COMMITTED) -> Iterator[str]:
    """Names every table that is missing, new, or differs by more than the tolerance."""
    old, new = names(committed / "tables", "csv"), names(made / "tables", "csv")
    yield from differing_names(old, new, "table")
    for name in sorted(old & new):
        was = pd.read_csv(committed / "tables" / name)
        now = pd.read_csv(made / "tables" / name)
        if list(was.columns) != list(now.columns) or len(was) != len(now):
            yield f"{name}: {was.shape} with {list(was)} became {now.shape} with {list(now)}"
            continue
        for column in was:
            yield from compare_column(name, str(column), was[column], now[column])


def compare_column(name: str, column: str, was: pd.Series, now: pd.Series) -> Iterator[str]:
    """Names a column whose texts differ, or whose numbers differ by more than the tolerance."""
    if pd.api.types.is_bool_dtype(was) or not pd.api.types.is_numeric_dtype(was):
        if not was.equals(now):
            yield f"{name}: column {column} was {list(was)}, is {list(now)}"
    elif not np.allclose(now, was, rtol=RELATIVE, atol=ABSOLUTE, equal_nan=True):
        worst = (now - was).abs().idxmax()
        yield f"{name}: column {column}, row {worst} was {was[worst]:g}, is {now[worst]:g}"


def compare_figures(made: Path, committed: Path = COMMITTED) -> Iterator[str]:
    """Names every figure that is missing, new, of another size, or looks different."""
    old, new = names(committed, "png"), names(made, "png")
    yield from differing_names(old, new, "figure")
    for name in sorted(old & new):
        was, now = (pixels(folder / name) for folder in (committed, made))
        if was.shape != now.shape:
            yield f"{name}: size was {was.shape[1::-1]}, is {now.shape[1::-1]}"
        elif (rms := float(np.sqrt(np.mean((was - now) ** 2)))) > PICTURE_RMS:
            yield f"{name}: differs by {rms:.1f} of 255 (allowed {PICTURE_RMS:g})"


def differing_names(old: set[str], new: set[str], kind: str) -> Iterator[str]:
    """Names what only one of the two folders has."""
    yield from (f"{kind} {name} is committed, no notebook makes it" for name in sorted(old - new))
    yield from (f"{kind} {name} is made, but not committed" for name in sorted(new - old))


def names(folder: Path, ending: str) -> set[str]:
    """File names with an ending."""
    return {path.name for path in folder.glob(f"*.{ending}")}


def pixels(path: Path) -> np.ndarray:
    """A picture as RGB numbers from 0 to 255."""
    return np.asarray(Image.open(path).convert("RGB"), dtype=np.float64)


if __name__ == "__main__":
    sys.exit(main())
