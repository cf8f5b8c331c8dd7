"""The paper's models on this machine's GPU in the time there is: how many steps, training, judging.

    python -m benchmarks.models plan --seconds 900 --work DIR --images summer=DIR ...
    python -m benchmarks.models make model-3 --work DIR --images ...
    python -m benchmarks.models table3 --work DIR --images ...

`plan` writes plan.json, once: the fastest way to train here, from the training benchmark, and every
model's number of steps, so that its learning rate runs its whole course. `make` trains one of them,
or goes on, and leaves its losses on test images, a grid of pictures, its curves and its weights in
half precision. `benchmarks.gpu` calls all of it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd
import safetensors.torch
import torch

from benchmarks import results
from benchmarks.contenders import OURS, way
from benchmarks.training import SET_UP_OVER
from sgnlib.evaluation.images import showcase
from sgnlib.evaluation.labels import domain_names
from sgnlib.evaluation.tables import compare_with_hyper, loss_table
from sgnlib.evaluation.translate import FIGURE_SYMS, mixes
from sgnlib.experiments import (
    MODEL_1,
    MODEL_2,
    MODEL_2_CBN,
    MODEL_2_CONCAT,
    MODEL_3,
    PROFILES,
    TABLE_3_HYPER,
    TABLE_3_WEIGHTS,
    Experiment,
    Perceptual,
    at_profile,
)
from sgnlib.pipeline.cost import step_gmacs
from sgnlib.plots.grids import mixing_grid
from sgnlib.plots.saving import as_jpeg, png_bytes
from sgnlib.storage import atomic_write
from sgnlib.training.loop import train
from sgnlib.training.runs import Run, find_run
from sgnlib.training.runtime import choose_device

GROUPS = ((MODEL_3,), (MODEL_1, *TABLE_3_HYPER), (MODEL_2, MODEL_2_CONCAT, MODEL_2_CBN))
"""In order of worth; the models of a group get the same share of the paper's steps."""

AROUND = 25.0
"""Seconds around a training of the paper's size: imports, reading images, judging."""

PHOTOS = 200
"""Test photos that a model is judged on."""

ROWS = {row.name: row for group in GROUPS for row in group}


def main(arguments: Sequence[str] | None = None) -> None:
    given = _parser().parse_args(arguments)
    torch.set_num_threads(given.threads)
    images = dict(part.split("=", 1) for part in given.images)
    if given.what == "plan":
        write_plan(given, images)
    elif given.what == "table3":
        table_3(given, images)
    else:
        make(given, images)


# -------------------------------------------------------------------------------------- the plan


def write_plan(given: argparse.Namespace, images: Mapping[str, str]) -> None:
    """Writes plan.json unless it is there: {"way": variant, "steps": {name: steps}}."""
    file = given.work / "plan.json"
    if file.is_file():
        return
    fastest = best_way(pd.read_csv(given.work / "results" / "training_steps.csv"))
    steps = share_out(given.seconds, fastest.step, fastest.once, given.profile, images)
    plan = {"way": fastest.name, "steps": steps}
    atomic_write(file, (json.dumps(plan, indent=1) + "\n").encode())
    print(f"{fastest}; {plan}")


@dataclass(frozen=True)
class Way:
    """A way to train: seconds per step of Model 1, and once."""

    name: str
    step: float
    once: float


def best_way(table: pd.DataFrame) -> Way:
    """Ours that is done first with the paper's Model 1, from the first setting of the benchmark."""
    ours = table["variant"].str.startswith(OURS) & (table["setting"] == table["setting"].iloc[0])
    ways = [
        Way(name, ms / 1000, max(seconds - SET_UP_OVER * ms / 1000, 0.0))
        for name, ms, seconds in table.loc[
            ours, ["variant", "ms", f"{SET_UP_OVER} steps, s"]
        ].itertuples(index=False)
    ]
    return min(ways, key=lambda way: way.once + MODEL_1.steps * way.step)


def share_out(
    seconds: float, step: float, once: float, profile: str, images: Mapping[str, str]
) -> dict[str, int]:
    """Steps of every model that there are images for.

    A group takes what the paper's number of steps costs, but at most half of the time that is left;
    the last one may take all.

    Args:
        seconds: For all of them.
        step: What one step of Model 1 takes.
        once: What every training takes besides: building, compiling.
        profile: Whose sizes.
        images: Folders by domain.
    """
    groups = [[row for row in group if own(row, profile, images)] for group in GROUPS]
    groups = [group for group in groups if group]
    plan: dict[str, int] = {}
    around = AROUND + once
    for position, group in enumerate(groups):
        last = position == len(groups) - 1
        room = (seconds if last else seconds / 2) - around * len(group)
        full = sum(_cost(at_profile(row, profile), step, profile) for row in group)
        share = min(1.0, max(room, 0.0) / full)
        plan |= {row.name: round(share * at_profile(row, profile).steps) for row in group}
        seconds -= share * full + around * len(group)
    return {name: steps for name, steps in plan.items() if steps > 0}


def _cost(row: Experiment, step: float, profile: str) -> float:
    """Seconds of a whole training, by the multiplications beside those of Model 1."""
    return row.steps * step * step_gmacs(row) / step_gmacs(at_profile(MODEL_1, profile))


def own(row: Experiment, profile: str, images: Mapping[str, str]) -> Experiment | None:
    """The row at a profile's sizes on one's own images; None where folders are missing for it.

    Below the paper's sizes, and for style images, the painted ones stand in.
    """
    judged = [domain.data for domain in row.domains if not isinstance(domain, Perceptual)]
    if profile == "paper" and not {row.source, *judged} <= images.keys():
        return None
    used = {row.source, *(domain.data for domain in row.domains)} & images.keys()
    folders = tuple(sorted((name, str(Path(images[name]).absolute())) for name in used))
    return replace(at_profile(row, profile), images=folders)


# ------------------------------------------------------------------------------------ the models


def make(given: argparse.Namespace, images: Mapping[str, str]) -> None:
    """Trains a model for its planned steps and leaves what is worth keeping."""
    row = _planned(given, ROWS[given.name], images)
    begun = perf_counter()
    how: Any = way(_plan(given)["way"])
    run = train(row, device=given.device, progress=False, **how)
    print(f"{run.path.name}: {row.steps} steps, {perf_counter() - begun:.0f} s in this process")
    keep(run, given.work, choose_device(given.device))


def keep(run: Run, work: Path, device: torch.device) -> None:
    """Losses on test images, pictures, curves and weights, under the name of the row."""
    row, name = run.experiment, run.experiment.name
    results.write(loss_table(run, FIGURE_SYMS, count=PHOTOS), work / "tables" / f"{name}.csv")
    metrics = run.metrics()
    hundreds = metrics.groupby((metrics["step"] - 1) // 100).mean()
    results.write(hundreds, work / "tables" / f"{name}-curves.csv")
    photos = showcase(row, 6)
    generator = run.generator()
    translated = mixes(generator.to(device), photos, FIGURE_SYMS)
    grid = mixing_grid(photos, translated, FIGURE_SYMS, domain_names(row))
    atomic_write(work / "grids" / f"{name}.jpg", as_jpeg(png_bytes(grid)))
    half = {key: tensor.half().cpu() for key, tensor in generator.state_dict().items()}
    atomic_write(work / "weights" / f"{name}.safetensors", safetensors.torch.save(half))
    atomic_write(
        work / "weights" / f"{name}.json", json.dumps(run.info | {"row": repr(row)}).encode()
    )


def table_3(given: argparse.Namespace, images: Mapping[str, str]) -> None:
    """Model 1 against its six hyper-parameter models."""
    sym, *six = [_finished(_planned(given, row, images)) for row in (MODEL_1, *TABLE_3_HYPER)]
    syms = torch.tensor(TABLE_3_WEIGHTS)
    table = compare_with_hyper([sym], [[run] for run in six], syms, count=PHOTOS)
    results.write(table, given.work / "tables" / "table3.csv")


def _planned(given: argparse.Namespace, row: Experiment, images: Mapping[str, str]) -> Experiment:
    plan = _plan(given)["steps"]
    sized = own(row, given.profile, images)
    if sized is None or row.name not in plan:
        raise ValueError(f"{row.name} is not in {given.work / 'plan.json'}, which has {list(plan)}")
    if given.features:
        sized = replace(sized, features=str(given.features.absolute()), feature_width=1.0)
    return replace(sized, steps=plan[row.name])


def _plan(given: argparse.Namespace) -> dict[str, Any]:
    return json.loads((given.work / "plan.json").read_text())


def _finished(row: Experiment) -> Run:
    if run := find_run(row):
        return run
    raise FileNotFoundError(f"{row.name} is not trained to {row.steps} steps yet")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("what", choices=("plan", "make", "table3"))
    parser.add_argument("name", nargs="?", choices=ROWS, help="for make: which model")
    parser.add_argument("--work", type=Path, required=True, help="folder with plan.json")
    parser.add_argument("--seconds", type=float, default=900, help="for plan: time for all models")
    parser.add_argument("--profile", default="paper", choices=PROFILES)
    parser.add_argument("--device", default="auto", help="cpu, cuda, ... (default auto)")
    parser.add_argument("--threads", type=int, default=2, help="of the CPU (default 2)")
    parser.add_argument("--features", type=Path, metavar="FILE", help="perceptual network")
    parser.add_argument("--images", nargs="+", default=[], metavar="DOMAIN=FOLDER")
    return parser


if __name__ == "__main__":
    main()
