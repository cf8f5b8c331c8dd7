"""Runs Snakemake on the plan of a profile, says what is going on, and names what was made."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO

from sgnlib import paths
from sgnlib.pipeline.manifests import products
from sgnlib.pipeline.plan import Plan
from sgnlib.pipeline.warm import warm_process

_NOISE = re.compile(
    r"\[\w{3} \w{3} .*\]|Finished jobid|Select jobs|Execute \d+ jobs|Assuming|Using shell|"
    r"Provided|Rules claiming|Building DAG|Job stats|job +count|[-]+ +[-]+|[\w]+ +\d+$|"
    r"Nothing to be done|Complete log|Elapsed time|Job 0: |This was a dry-run|Reasons:|host:|"
    r"\s+(\(check individual|input files updated|output files have|all|execute|paint|toy|train)"
)
"""Lines of Snakemake that tell a reader nothing."""


def reproduce(
    profile: str,
    *,
    cores: str = "all",
    target: str = "all",
    dry_run: bool = False,
    gpus: int | None = None,
) -> int:
    """Makes everything of a profile that is not there yet; returns Snakemake's exit status.

    Args:
        profile: One of experiments.PROFILES.
        cores: Number of CPU cores to use, or "all".
        target: A rule of the Snakefile: all, notebooks or trainings.
        dry_run: Only say what would be done.
        gpus: GPUs to use, one per training (default: those that nvidia-smi lists).
    """
    plan = Plan(profile)
    if plan.is_done(target):  # without starting Snakemake, which takes seconds to say the same
        _close(plan, target, f"Nothing to do: everything in profile {profile} is up to date.")
        return 0
    begun = time.monotonic()
    gpus = _count_gpus() if gpus is None else gpus
    command = _command(profile, cores, target, dry_run, gpus)
    untrained = any(not job.manifest.exists() for job in [*plan.toys.values(), *plan.runs.values()])
    warm: AbstractContextManager[dict[str, str]] = nullcontext({})
    with warm_process() if untrained and not dry_run else warm as environment:
        process = subprocess.Popen(
            command,
            cwd=paths.ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"} | environment,
        )
        assert process.stdout is not None
        _narrate(process, process.stdout, begun)
        status = process.wait()
    if status == 0 and not dry_run:
        minutes, seconds = divmod(round(time.monotonic() - begun), 60)
        _close(plan, target, f"Profile {profile} is done, after {minutes} min {seconds} s.")
    return status


def _command(profile: str, cores: str, target: str, dry_run: bool, gpus: int) -> list[str]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return [
        *(sys.executable, "-m", "snakemake", target, "--cores", cores),
        *("--config", f"profile={profile}", f"gpu={int(gpus > 0)}"),
        *("--resources", f"gpu={gpus}", f"mem_mb={max(memory, 2000)}"),
        *("--scheduler", "greedy", "--keep-going", "--rerun-incomplete", "--show-failed-logs"),
        # The Snakefile holds a lock that dies with its process; Snakemake's own would outlive it.
        *("--nolock", "--quiet", "host", "reason"),
        *(["--dry-run"] if dry_run else []),
    ]


def _count_gpus() -> int:
    if shutil.which("nvidia-smi") is None:
        return 0
    listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=False)
    return listed.stdout.count("GPU ")


def _narrate(process: subprocess.Popen[str], output: IO[str], begun: float) -> None:
    """Prints what is worth reading of Snakemake's account."""
    done, total = 0, 0
    for line in _lines(process, output):
        if match := re.match(r"(\d+) of (\d+) steps", line):
            done, total = int(match[1]), int(match[2])
        elif match := re.match(r"total +(\d+)", line):
            total = int(match[1])
        elif match := re.match(r"Job [1-9]\d*: (.*)", line):
            minutes, seconds = divmod(round(time.monotonic() - begun), 60)
            print(f"{minutes:3}:{seconds:02}  {done:3}/{total}  {match[1]}", flush=True)
        elif line.strip() and not _NOISE.match(line):
            print(line, end="", flush=True)


def _lines(process: subprocess.Popen[str], output: IO[str]) -> Iterator[str]:
    """Lines of the output; a Ctrl-C is passed on, and the rest is read to its end."""
    try:
        yield from output
    except KeyboardInterrupt:
        print("Stopping; the same command goes on from here.", file=sys.stderr, flush=True)
        process.send_signal(signal.SIGINT)
        process.wait()
        raise


def _close(plan: Plan, target: str, verdict: str) -> None:
    print(verdict)
    if target == "all":
        print("\n".join(summary(plan)))


def summary(plan: Plan) -> list[str]:
    """What the finished jobs of a plan have made, as lines to print."""
    home = _shown(paths.figures_dir())
    lines = [f"Executed notebooks are in {home}/executed, their figures and tables in {home}:"]
    for name, job in plan.notebooks.items():
        made = [path.relative_to(paths.figures_dir()) for path in products(job.manifest)]
        told = [str(path) for path in made if path.parts[0] not in ("executed", "made", "claims")]
        lines.append(f"  {name}.ipynb  {' '.join(told)}")
    report = " and ".join(_shown(path) for path in products(plan.report.manifest))
    return [*lines, f"Paper and reproduction side by side, every claim with its verdict: {report}"]


def _shown(path: Path) -> str:
    """Relative to the checkout where that is shorter."""
    return str(path.relative_to(paths.ROOT) if path.is_relative_to(paths.ROOT) else path)
