"""How fast a training step is: ours in every number format beside the authors' own script.

    python -m benchmarks.training --authors CLONE --write     some minutes; README and data/results
    python -m benchmarks.training --device cuda --into DIR    the same on a GPU; CSVs into a folder

The authors' script (https://github.com/TimeLighter/pytorch-sym-parameter) runs unchanged from a
clone; without one its rows are left out. Every round gives each a turn, so that a busy moment
meets them all. The images are random ones, the perceptual network has random weights, and theirs
are handed over ready: only ours draws, crops and flips in the time that counts.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import nan
from pathlib import Path

import pandas as pd
import torch

from benchmarks import authors, limits, profiling, publish, results
from benchmarks.contenders import compete, fastest, variants
from benchmarks.timing import Times, about
from sgnlib.experiments import MODEL_1, TABLE_3_HYPER, Experiment, quick, smoke
from sgnlib.training.runtime import choose_device, keep_freed_memory

SET_UP_OVER = 200
"""Steps that a set-up is counted over: what a short training gets of the speed."""

GROWTH = 1.03
"""A larger batch must bring that much more per image, or the next one is not tried."""


def main(arguments: Sequence[str] | None = None) -> None:
    given = _parser().parse_args(arguments)
    torch.set_num_threads(given.threads)
    keep_freed_memory()
    device = choose_device(given.device)
    _warm()
    folder = publish.folder(given)
    if given.authors is None:
        print("The authors' rows are left out: --authors names a clone of their code.")
    for name, table in measure(device, given):
        print(f"\n{name}\n{table.to_string(index=False)}", flush=True)
        if folder:
            results.merge(table, folder / f"{name}.csv", publish.KEYS)
    if given.write:
        publish.publish()


def measure(device: torch.device, given: argparse.Namespace) -> Iterator[tuple[str, pd.DataFrame]]:
    """The tables, each as soon as it is measured; several may be parts of one file."""
    best = {}
    for setting, row in settings(device, given.smoke).items():
        times = race(row, device, given)
        best[setting] = fastest(times)
        yield "training_steps", _with_shares(_rows(setting, row, device, times), row, device)
    setting, row = next(iter(settings(device, given.smoke).items()))
    yield "training_six", six_table(setting, row, best[setting], device, given)
    yield "training_kernels", profiling.kernels(setting, row, best[setting], device)
    if device.type == "cuda":
        for table in growing_batches(row, best[setting], device, given):
            yield "training_steps", table


def settings(device: torch.device, small: bool) -> dict[str, Experiment]:
    """Model 1 at the sizes that count on this device, by name."""
    if small:
        return {"smoke": smoke(MODEL_1)}
    full = replace(MODEL_1, features="random")
    if device.type == "cuda":
        return {"256 px, batch 4": full}
    return {
        "64 px, batch 4": replace(full, image_size=64),
        "128 px, batch 1": replace(full, image_size=128, batch_size=1),
        "quick: 64 px, batch 2, narrow": quick(MODEL_1),
    }


def race(row: Experiment, device: torch.device, given: argparse.Namespace) -> list[Times]:
    """Every way to train a row, the authors' first if they are there."""
    return compete(
        row,
        variants(row, device),
        device,
        folder=given.authors,
        rounds=given.rounds,
        steps=_turn(device, given),
    )


def six_table(
    setting: str, row: Experiment, name: str, device: torch.device, given: argparse.Namespace
) -> pd.DataFrame:
    """What Table 3's six hyper-parameter models cost, beside one run of the sym model."""
    sizes = (
        *("image_size", "batch_size", "ngf", "n_blocks", "ndf", "d_layers"),
        *("reduction", "features", "feature_width"),
    )
    fitted = {size: getattr(row, size) for size in sizes}
    rows = [row, *(replace(hyper, **fitted) for hyper in TABLE_3_HYPER)]
    builds = {one.name: variants(one, device)[name] for one in rows}
    times = compete(row, builds, device, rounds=given.rounds, steps=_turn(device, given))
    sym, *six = (one.step for one in times)
    numbers = {"sym, ms": 1000 * sym, "six, ms": 1000 * sum(six), "ratio": sum(six) / sym}
    return pd.DataFrame([about(setting, device) | {"variant": name} | numbers])


def growing_batches(
    row: Experiment, name: str, device: torch.device, given: argparse.Namespace
) -> Iterator[pd.DataFrame]:
    """Twice the batch again and again, until memory ends or nothing is won; the fastest only."""
    best, batch = 0.0, row.batch_size
    while True:
        larger = replace(row, batch_size=batch)
        build = variants(larger, device)[name]
        times = compete(larger, {name: build}, device, rounds=given.rounds, steps=5)
        if not times:
            return
        if batch > row.batch_size:
            setting = f"{row.image_size} px, batch {batch}"
            yield _with_shares(_rows(setting, larger, device, times), larger, device)
        rate = batch / times[0].step
        if rate < GROWTH * best:
            return
        best, batch = rate, 2 * batch


def _turn(device: torch.device, given: argparse.Namespace) -> int:
    """Steps per turn: on a GPU several, so that the host may run ahead."""
    return given.steps or (10 if device.type == "cuda" else 1)


def _warm() -> None:
    """Makes a first optimiser, which loads much of torch: once per process, whoever is first."""
    torch.optim.Adam([torch.zeros(1, requires_grad=True)]).step()


def _rows(
    setting: str, row: Experiment, device: torch.device, times: Sequence[Times]
) -> pd.DataFrame:
    theirs = times[0].step if times[0].name == authors.NAME else nan
    return pd.DataFrame(
        [
            about(setting, device)
            | {
                "variant": one.name,
                "ms": 1000 * one.step,
                "images/s": row.batch_size / one.step,
                "times faster": theirs / one.step,
                f"{SET_UP_OVER} steps, s": one.setup + SET_UP_OVER * one.step,
            }
            for one in times
        ]
    )


def _with_shares(table: pd.DataFrame, row: Experiment, device: torch.device) -> pd.DataFrame:
    """How near a GPU's limits, measured in the same run, the steps come."""
    if device.type != "cuda":
        return table
    operations, moved = limits.demands(row, device)
    rate, speed = limits.matmul_rate(device), limits.bandwidth(device)
    seconds = table["ms"] / 1000
    return table.assign(
        **{
            "TFLOP": operations / 1e12,
            "share of matmul rate": operations / rate / seconds,
            "matmul TFLOP/s": rate / 1e12,
            "GB at least": moved / 1e9,
            "share of bandwidth": moved / speed / seconds,
            "bandwidth GB/s": speed / 1e9,
        }
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--authors", type=Path, metavar="CLONE", help="the authors' code")
    parser.add_argument("--device", default="auto", help="cpu, cuda, ... (default auto)")
    parser.add_argument("--threads", type=int, default=2, help="of the CPU (default 2)")
    parser.add_argument("--rounds", type=int, default=5, help="turns that count (default 5)")
    parser.add_argument("--steps", type=int, help="steps per turn (default 1; on a GPU 10)")
    parser.add_argument("--smoke", action="store_true", help="tiny sizes: shows that it runs")
    publish.add_options(parser)
    return parser


if __name__ == "__main__":
    main()
