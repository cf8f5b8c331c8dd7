"""Does one job of the plan in a process of its own: `python -m sgnlib.pipeline.jobs KIND NAME`.

Usually called by the Snakefile. Whatever happens, a job leaves either its manifest and all that is
listed in it, or no manifest and an exit status that is not zero.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sgnlib import paths
from sgnlib.experiments import at_profile, experiment
from sgnlib.pipeline.manifests import products, write_manifest
from sgnlib.pipeline.plan import KINDS, NOTEBOOKS, NUMERICS, Job, Kind, Plan
from sgnlib.pipeline.warm import ask


def main(arguments: list[str] | None = None) -> int:
    """Does the job that the arguments name."""
    parser = argparse.ArgumentParser(prog="python -m sgnlib.pipeline.jobs", description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("name")
    parser.add_argument("--profile", default="quick")
    parser.add_argument("--digest", help="what the caller thinks the job depends on")
    given = parser.parse_args(arguments)
    return do(given.kind, given.name, given.profile, given.digest)


def do(kind: Kind, name: str, profile: str, digest: str | None = None) -> int:
    """Does a job and writes its manifest; 0 if done.

    Args:
        kind: Which of the plan's kinds.
        name: The job's name in the plan.
        profile: One of experiments.PROFILES.
        digest: The digest that the caller planned with, to notice code that changed since.
    """
    job = Plan(profile).jobs(kind)[name]
    if digest not in (None, job.digest):
        print(f"{kind} {name}: code or rows changed since the start; call again", file=sys.stderr)
        return 1
    work: dict[Kind, Callable[[Job, str], list[Path]]] = {
        "toy": train_toys,
        "images": paint,
        "train": run_training,
        "notebook": execute,
        "report": report,
    }
    made = work[kind](job, profile)
    if os.environ.get("RANK", "0") != "0":  # torchrun's first process speaks for all
        return 0
    if kind in ("notebook", "report"):  # figures/ holds one version of these, whatever the profile
        forget_others(job, made)
    write_manifest(job.manifest, made, {"kind": kind, "name": name, "profile": profile})
    return 0


def paint(job: Job, profile: str) -> list[Path]:
    """Fills the cache with a domain's images, so that trainings side by side need not wait.

    The manifest lists nothing: the cache may be deleted at any time, and is checked when read.
    """
    from sgnlib.datasets.catalog import STYLE_IMAGES, load_images, load_style

    name, size = str(job.arguments[0]), int(job.arguments[1])
    if name in STYLE_IMAGES:
        load_style(name, size)
    else:
        for split in ("train", "test"):
            load_images(name, split, size)
    return []


def run_training(job: Job, profile: str) -> list[Path]:
    """Trains an experiment, goes on with a broken run, or takes a finished one."""
    from sgnlib.training.loop import train
    from sgnlib.training.runs import find_run

    name, seed = job.arguments
    row = replace(at_profile(experiment(str(name)), profile), seed=int(seed))
    run = find_run(row)
    outdated = run is not None and not (run.up_to_date and _same_packages(run.info))
    run = train(row, fresh=outdated)
    return [path for path in run.path.iterdir() if path.is_file()]


def _same_packages(info: dict[str, Any]) -> bool:
    return all(info[package] == version(package) for package in NUMERICS)


def train_toys(job: Job, profile: str) -> list[Path]:
    """Trains a stack of toy models, or takes the one that is there."""
    from sgnlib.training import toy_runs

    name, seeds = str(job.arguments[0]), range(int(job.arguments[1]))
    rows = {
        "table1": toy_runs.table_1_rows,
        "best": toy_runs.best_rows,
        "fig9": toy_runs.fig_9_rows,
    }[name](seeds, profile)
    toy_runs.trained(name, rows)
    return [path for path in toy_runs.run_path(name, rows).iterdir() if path.is_file()]


def execute(job: Job, profile: str) -> list[Path]:
    """Executes a notebook under papermill; figures/ changes only once all of it has succeeded.

    Raises:
        RuntimeError: A cell failed, the kernel died, or a run is not in the plan.
    """
    name, seeds = str(job.arguments[0]), int(job.arguments[1])
    target = paths.figures_dir() / "executed"
    target.mkdir(parents=True, exist_ok=True)
    for left in target.glob(f".{name}-*"):  # by a process that was killed
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=target, prefix=f".{name}-") as staging:
        stage = Path(staging)
        _papermill(name, stage, {"profile": profile, "seeds": seeds})
        _check_runs(name, seeds, stage)
        made = sorted(path for path in stage.rglob("*") if path.is_file())
        return [_publish(path, stage) for path in made]


def report(job: Job, profile: str) -> list[Path]:
    """Writes figures/REPORT.md and REPORT.html."""
    from sgnlib.evaluation.report import write_report

    return list(write_report())


def _papermill(name: str, stage: Path, parameters: dict[str, str | int]) -> None:
    """Executes a notebook; figures, tables and the notebook itself land under `stage`.

    The kernel is reached through files, not TCP ports: several start at once, and ports that are
    free when chosen may be taken a moment later.
    """
    import papermill
    from traitlets.config import Config

    output = stage / "executed" / f"{name}.ipynb"
    output.parent.mkdir()
    kernel = {"SGN_FIGURES": str(stage), "TQDM_DISABLE": "1"}
    with tempfile.TemporaryDirectory(prefix="sgn-") as sockets, patch.dict(os.environ, kernel):
        manager = {"transport": "ipc", "ip": f"{sockets}/kernel"}
        papermill.execute_notebook(
            str(paths.ROOT / "notebooks" / f"{name}.ipynb"),
            str(output),
            parameters=parameters,
            cwd=str(paths.ROOT / "notebooks"),
            config=Config(KernelManager=manager),
            progress_bar=False,
        )


def _check_runs(name: str, seeds: int, stage: Path) -> None:
    """The plan must know every run: one trained in place would be trained twice side by side."""
    file = stage / "made" / f"{name}.json"
    used = set(json.loads(file.read_text()).get("runs", {})) if file.is_file() else set()
    rows = next(notebook.rows for notebook in NOTEBOOKS if notebook.name == name)
    if unknown := used - {f"{row.name} seed {seed}" for row in rows for seed in range(seeds)}:
        raise RuntimeError(
            f"{name} uses {', '.join(sorted(unknown))}; add the experiment to its line in "
            "sgnlib/pipeline/plan.py: NOTEBOOKS"
        )


def _publish(path: Path, stage: Path) -> Path:
    target = paths.figures_dir() / path.relative_to(stage)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(path, target)
    return target


def forget_others(job: Job, made: list[Path]) -> None:
    """Removes the manifests of earlier versions of a job, and what only they made."""
    for manifest in job.manifest.parent.glob(f"{job.name}-{'?' * 12}.json"):
        for path in set(products(manifest)) - set(made):
            path.unlink(missing_ok=True)
        manifest.unlink()


if __name__ == "__main__":
    warm = sys.argv[1:2] in (["toy"], ["images"], ["train"])  # a notebook has a kernel of its own
    answer = ask(sys.argv[1:]) if warm else None
    sys.exit(main() if answer is None else answer)
