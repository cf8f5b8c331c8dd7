"""What has to be made for a profile, and what each piece depends on.

Every job's digest covers all that its result depends on: rows, the code behind it without its
comments, a notebook's cells, the digests of the jobs before it. It is part of the name of the job's
manifest, so contents decide what runs, not time stamps, and no database is needed: a fresh clone
with a cache from elsewhere knows what is done. Nothing here imports torch.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from sgnlib import paths
from sgnlib.experiments import (
    FIG_7_SGN,
    FIG_7_SINGLEGAN,
    FIG_15,
    FOUR_DOMAINS,
    MODEL_1,
    MODEL_2,
    MODEL_2_CBN,
    MODEL_2_CONCAT,
    MODEL_3,
    TABLE_3_HYPER,
    Experiment,
    at_profile,
)
from sgnlib.pipeline.cost import expected_seconds
from sgnlib.pipeline.manifests import file_digest, is_whole, manifest_dir
from sgnlib.pipeline.sources import code_cells, imported, read_notebook
from sgnlib.provenance import code_digest

Kind = Literal["toy", "images", "train", "notebook", "report"]
KINDS: tuple[Kind, ...] = ("toy", "images", "train", "notebook", "report")
"""In the order of work."""


@dataclass(frozen=True)
class Notebook:
    """A notebook and the runs it reads.

    Attributes:
        name: File name without ending.
        rows: The experiments, at the paper's sizes.
        seeds: How many seeds of each; see `seeds_at`.
        toys: Names of trained stacks of the toy problem (`training.toy_runs`).
        files: Committed files that it shows.
    """

    name: str
    rows: tuple[Experiment, ...] = ()
    seeds: int = 1
    toys: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    def seeds_at(self, profile: str) -> int:
        """How many seeds a profile asks for: one in smoke, and where laptop trains on images."""
        return 1 if profile == "smoke" or (profile == "laptop" and self.rows) else self.seeds


REAL_MODELS = tuple(
    f"data/models/laptop/{row.name}.safetensors"
    for row in (MODEL_1, MODEL_2, MODEL_3, MODEL_2_CONCAT, MODEL_2_CBN)
)

NOTEBOOKS = (
    Notebook("00_what_is_a_sym_parameter", (MODEL_1,)),
    Notebook("01_toy_problem", seeds=10, toys=("table1", "best", "fig9")),
    Notebook("02_hyperparameter_baselines", (MODEL_1, *TABLE_3_HYPER), seeds=3),
    Notebook("03_model_1", (MODEL_1,)),
    Notebook("04_model_2", (MODEL_2,)),
    Notebook("05_model_3", (MODEL_3,)),
    Notebook("06_datasets_vs_losses", (FIG_7_SGN, FIG_7_SINGLEGAN)),
    Notebook("07_injection_ablation", (MODEL_2, MODEL_2_CONCAT, MODEL_2_CBN), seeds=3),
    Notebook("08_ccam_activations", (MODEL_2,)),
    Notebook("09_additional_models", (FIG_15, FOUR_DOMAINS)),
    Notebook("10_continuous_translation", (MODEL_1,)),
    Notebook("11_live_mixing", (MODEL_1, FOUR_DOMAINS)),
    Notebook("12_real_images", files=("data/results/real_images.csv", *REAL_MODELS)),
)
"""The paper, in its order; then what its readers can do with it."""

NUMERICS = ("torch", "torchvision", "numpy")
"""Packages whose version is part of what a run depends on."""
PRESENTATION = (*NUMERICS, "scipy", "scikit-image", "scikit-learn", "pandas", "matplotlib")
"""Packages whose version is part of what a notebook depends on."""


@dataclass(frozen=True)
class Job:
    """One thing to make.

    Attributes:
        kind: What is made, and how.
        name: Unique within its kind.
        digest: Twelve hex digits that change with anything the result depends on.
        inputs: Manifests that must be there before.
        arguments: Domain and size of images, experiment and seed of a training; name and number
            of seeds of a notebook or of a stack of toy models.
        seconds: Expected time on one core, for the order of work and for the reader.
    """

    kind: Kind
    name: str
    digest: str
    inputs: tuple[Path, ...]
    arguments: tuple[str | int, ...]
    seconds: float

    @property
    def manifest(self) -> Path:
        """The file that says the job is done; it lies with what the job made."""
        return manifest_dir(self.kind) / f"{self.name}-{self.digest}.json"


class Plan:
    """All jobs of a profile."""

    def __init__(self, profile: str) -> None:
        """Plans a profile.

        Raises:
            KeyError: No such profile; the message lists all.
        """
        at_profile(MODEL_1, profile)
        self.profile = profile

    @cached_property
    def rows(self) -> list[Experiment]:
        """Every run of the profile once, seeds included."""
        found: dict[tuple[str, int], Experiment] = {}
        for notebook in NOTEBOOKS:
            for row in notebook.rows:
                for seed in range(notebook.seeds_at(self.profile)):
                    found[row.name, seed] = replace(at_profile(row, self.profile), seed=seed)
        return list(found.values())

    @cached_property
    def toys(self) -> dict[str, Job]:
        """Trainings of the toy problem, once per stack of models."""
        code = _digest(code_digest("sgnlib.training.toy_runs"), _versions(NUMERICS))
        return {
            name: self._toy(name, notebook.seeds_at(self.profile), code)
            for notebook in NOTEBOOKS
            for name in notebook.toys
        }

    def _toy(self, name: str, seeds: int, code: str) -> Job:
        # In all profiles but smoke, the toy problem has the paper's size.
        digest = _digest(code, name, seeds, self.profile == "smoke")
        return Job("toy", name, digest, (), (name, seeds), 40.0)

    @cached_property
    def images(self) -> dict[str, Job]:
        """Painting, once per domain and size."""
        sizes = {(name, row.image_size) for row in self.rows for name in _data(row)}
        code = code_digest("sgnlib.datasets.catalog")
        return {
            f"{name}-{size}": Job(
                "images", f"{name}-{size}", _digest(code, name, size), (), (name, size), 10.0
            )
            for name, size in sorted(sizes)
        }

    @cached_property
    def runs(self) -> dict[str, Job]:
        """Trainings, once per experiment and seed."""
        code = _digest(code_digest("sgnlib.training.trainer"), _versions(NUMERICS))
        return {run_name(row, self.profile): self._training(row, code) for row in self.rows}

    def _training(self, row: Experiment, code: str) -> Job:
        return Job(
            kind="train",
            name=run_name(row, self.profile),
            digest=_digest(code, row.digest()),
            inputs=tuple(self.images[f"{d}-{row.image_size}"].manifest for d in sorted(_data(row))),
            arguments=(row.name, row.seed),
            seconds=expected_seconds(row),
        )

    @cached_property
    def notebooks(self) -> dict[str, Job]:
        """Executed notebooks."""
        return {notebook.name: self._notebook(notebook) for notebook in NOTEBOOKS}

    def _notebook(self, notebook: Notebook) -> Job:
        seeds = notebook.seeds_at(self.profile)
        cells = code_cells(notebook.name)
        names = (
            run_name(replace(row, seed=seed), self.profile)
            for row in notebook.rows
            for seed in range(seeds)
        )
        runs = [*(self.toys[name] for name in notebook.toys), *(self.runs[name] for name in names)]
        # What every notebook imports in order to load runs and images says nothing about this one:
        # what those depend on is part of their own digests.
        start = code_digest("sgnlib.notebook", without=("sgnlib.training", "sgnlib.datasets"))
        code = code_digest(*(name for name in imported(cells) if name != "sgnlib.notebook"))
        sources = [cell["source"] for cell in read_notebook(notebook.name)["cells"]]
        digest = _digest(
            sources,
            start,
            code,
            _versions(PRESENTATION),
            self.profile,
            seeds,
            [r.digest for r in runs],
            *(file_digest(paths.ROOT / file) for file in notebook.files),
        )
        return Job(
            kind="notebook",
            name=notebook.name,
            digest=digest,
            inputs=tuple(run.manifest for run in runs),
            arguments=(notebook.name, seeds),
            seconds=15.0,
        )

    @cached_property
    def report(self) -> Job:
        """figures/REPORT.md and REPORT.html."""
        books = list(self.notebooks.values())
        code = code_digest("sgnlib.evaluation.report")
        return Job(
            kind="report",
            name="report",
            digest=_digest(code, [book.digest for book in books]),
            inputs=tuple(book.manifest for book in books),
            arguments=(),
            seconds=5.0,
        )

    def jobs(self, kind: Kind) -> dict[str, Job]:
        """The jobs of one kind, by name."""
        match kind:
            case "toy":
                return self.toys
            case "images":
                return self.images
            case "train":
                return self.runs
            case "notebook":
                return self.notebooks
            case "report":
                return {"report": self.report}

    def is_done(self, target: str) -> bool:
        """Whether everything is there, unaltered, that a target of the Snakefile asks for."""
        wanted = {
            "trainings": [*self.toys.values(), *self.runs.values()],
            "notebooks": [*self.notebooks.values()],
            "all": [*self.notebooks.values(), self.report],
        }[target]
        return all(is_whole(job.manifest) for job in wanted)

    def drop_broken(self) -> list[Job]:
        """Removes the manifests of jobs whose products are gone or altered; returns those jobs."""
        every = [job for kind in KINDS for job in self.jobs(kind).values()]
        broken = [job for job in every if job.manifest.exists() and not is_whole(job.manifest)]
        for job in broken:
            job.manifest.unlink()
        return broken


def run_name(row: Experiment, profile: str) -> str:
    """Names a run: experiment, profile, seed."""
    return f"{row.name}-{profile}-seed{row.seed}"


# ---------------------------------------------------------------------------------------- digests


def _data(row: Experiment) -> set[str]:
    return {row.source, *(domain.data for domain in row.domains)}


def _versions(packages: Iterable[str]) -> list[str]:
    return [f"{package}=={version(package)}" for package in packages]


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]
