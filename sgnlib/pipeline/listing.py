"""`sgn list`: every experiment with its domains, sizes, state and expected time."""

from __future__ import annotations

import json
from typing import Any

from sgnlib import paths
from sgnlib.experiments import EXPERIMENTS, Dirichlet, Experiment, Fixed, at_profile
from sgnlib.pipeline.cost import expected_seconds
from sgnlib.pipeline.plan import Plan

HEAD: tuple[str, ...] = (
    "experiment",
    "domains (source: input)",
    "S",
    "size",
    "steps",
    "runs",
    "time each",
)


def listing(profile: str) -> list[str]:
    """The table as lines of text; widths fit the content.

    Args:
        profile: One of experiments.PROFILES.
    """
    plan = Plan(profile)
    wanted = {row.name: 0 for row in EXPERIMENTS}
    for row in plan.rows:
        wanted[row.name] += 1
    found = _finished_runs()
    lines = [HEAD]
    for row in EXPERIMENTS:
        sized = at_profile(row, profile)
        times = [run["seconds"] for run in found if _matches(run, sized)]
        state = "shipped" if paths.shipped_weights(row.name, profile).is_file() else "-"
        if times:
            state = f"{len(times)} of {wanted[row.name]}"
        lines.append(_line(sized, state, times))
    total = sum(expected_seconds(row) for row in plan.rows)
    return [
        *_columns(lines),
        "",
        f"Profile {profile}: {len(plan.rows)} trainings, about {duration(total)} on one CPU core",
        f"  sgn train NAME --profile {profile}     sgn reproduce --profile {profile}",
    ]


def duration(seconds: float) -> str:
    """Seconds as "40 s", "12 min", "3 h" or "5 days"."""
    for size, unit, limit in ((1, "s", 100), (60, "min", 100), (3600, "h", 48)):
        if seconds < limit * size:
            return f"{max(1, round(seconds / size))} {unit}"
    return f"{round(seconds / 86400)} days"


def _line(row: Experiment, state: str, times: list[float]) -> tuple[str, ...]:
    mean = sum(times) / len(times) if times else expected_seconds(row)
    about = "" if times else "about "
    return (
        row.name,
        f"{' + '.join(_domain(domain) for domain in row.domains)} ({row.source})",
        _sampling(row),
        f"{row.image_size} px, ngf {row.ngf}, {row.n_blocks} blocks",
        str(row.steps),
        state,
        about + duration(mean),
    )


def _domain(domain: Any) -> str:
    short = {"Reconstruction": "rec", "Adversarial": "adv", "CycleAdversarial": "cyc"}
    return f"{short.get(type(domain).__name__, 'per')} {domain.data}"


def _sampling(row: Experiment) -> str:
    if isinstance(row.sampling, Fixed):
        return "(" + ", ".join(f"{s:g}" for s in row.sampling.sym) + ")"
    return "Dirichlet" if isinstance(row.sampling, Dirichlet) else "corners"


def _finished_runs() -> list[dict[str, Any]]:
    """Row and seconds of every finished run, read without importing torch."""
    runs = []
    for manifest in paths.runs_dir().glob("*/run.json"):
        try:
            row = json.loads((manifest.parent / "experiment.json").read_text())
            runs.append(row | {"seconds": json.loads(manifest.read_text())["seconds"]})
        except (OSError, ValueError, KeyError):
            continue  # a run that is being written or is damaged is not finished
    return runs


def _matches(run: dict[str, Any], row: Experiment) -> bool:
    keys = ("name", "image_size", "ngf", "n_blocks", "steps", "batch_size")
    return not run["images"] and all(run[key] == getattr(row, key) for key in keys)


def _columns(lines: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
