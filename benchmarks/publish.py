"""Puts what was measured, here or on another machine, into data/results and the README.

python -m benchmarks.publish DIR     DIR holds CSVs that a benchmark wrote with --into
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from benchmarks import results
from sgnlib.evaluation.report import markdown_table

KEYS = ("machine", "setting")
"""A new measurement takes the place of those of the same machine and setting."""

FILES = ("training_steps", "training_six", "training_kernels", "inference", "precision")

SHOWN = ("setting", "variant", "ms", "images/s", "times faster", "200 steps, s")
CURVES = ("variant", "seeds", "loss", "float32", "difference", "spread", "within")
LIMITS = ("setting", "variant", "share of matmul rate", "share of bandwidth")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="DIR")
    given = parser.parse_args()
    for name in FILES:
        file = given.folder / f"{name}.csv"
        if file.is_file():
            results.merge(pd.read_csv(file), results.RESULTS / file.name, KEYS)
    publish()


def add_options(parser: argparse.ArgumentParser) -> None:
    """Where a benchmark puts its tables; without either it only prints them."""
    parser.add_argument("--write", action="store_true", help="into the README and data/results")
    parser.add_argument("--into", type=Path, metavar="DIR", help="as CSVs into a folder")


def folder(given: argparse.Namespace) -> Path | None:
    """The folder that these options name."""
    into: Path | None = given.into
    return into or (results.RESULTS if given.write else None)


def publish() -> None:
    """Writes the README's part anew from data/results."""
    results.show("training", text())


def text() -> str:
    """All machines' results for a reader."""
    parts = [*_steps(), *_six(), *_kernels(), *_inference(), *_precision()]
    return "\n\n".join(parts)


def _read(name: str) -> pd.DataFrame:
    file = results.RESULTS / f"{name}.csv"
    return pd.read_csv(file) if file.is_file() else pd.DataFrame(columns=list(KEYS))


def _steps() -> list[str]:
    parts = []
    for machine, rows in _read("training_steps").groupby("machine", sort=False):
        busy, clock = rows["load"].max(), rows["clock"].iloc[0]
        parts.append(f"{machine}; {clock} time, load average up to {busy:g}:")
        parts.append(markdown_table(rows[list(SHOWN)]))
        if "share of matmul rate" in rows and rows["share of matmul rate"].notna().any():
            parts.append(markdown_table(rows[list(LIMITS)]))
    return parts


def _six() -> list[str]:
    return [
        f"Table 3's six hyper-parameter models take {row['ratio']:.2g} x the time of one sym run "
        f"({row['setting']}, {row['variant']}, {row['machine']})."
        for _, row in _read("training_six").iterrows()
    ]


def _kernels() -> list[str]:
    parts = []
    for machine, rows in _read("training_kernels").groupby("machine", sort=False):
        about = rows.iloc[0]
        parts.append(f"Where it goes ({about['setting']}, {about['variant']}, {machine}):")
        parts.append(markdown_table(rows[["kernel", "ms", "share"]].iloc[[*range(5), -1]]))
    return parts


def _inference() -> list[str]:
    parts = []
    for machine, rows in _read("inference").groupby("machine", sort=False):
        parts.append(f"Translations at 256 px, {machine}:")
        parts.append(markdown_table(rows[["setting", "variant", "images/s", "times faster"]]))
    return parts


def _precision() -> list[str]:
    parts = []
    for (machine, setting), rows in _read("precision").groupby(["machine", "setting"], sort=False):
        parts.append(f"Loss curves beside float32's, {setting}, {machine}:")
        parts.append(markdown_table(rows[list(CURVES)]))
    return parts


if __name__ == "__main__":
    main()
