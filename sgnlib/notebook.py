"""What a notebook's first cell needs: checked parameters, runs, verdicts, and what it made.

book = notebook.start("03_model_1", globals())
run = book.run(MODEL_1)
book.save(figure, "fig12", run)
"""

from __future__ import annotations

import ast
import json
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from IPython.display import Image
from matplotlib.figure import Figure

from sgnlib import paths
from sgnlib.datasets.choice import Choice, parse_images
from sgnlib.evaluation.claims import ClaimBook
from sgnlib.experiments import PROFILES, Experiment, Perceptual, at_profile
from sgnlib.plots.saving import as_jpeg, png_bytes, save_table
from sgnlib.plots.style import SEPARATOR, add_caption
from sgnlib.storage import atomic_write
from sgnlib.training.loop import train
from sgnlib.training.runs import Run

PARAMETERS: dict[str, type] = {"profile": str, "seeds": int, "images": str}
"""What a notebook's parameter cell sets, and of which type."""

INLINE = 300_000
"""Bytes from which on a notebook's own copy of a figure is a JPEG."""


@dataclass
class Book:
    """One notebook at work: its parameters, its runs, its claims, and what it has made.

    Attributes:
        notebook: Name without ending.
        profile: One of experiments.PROFILES.
        seeds: The seeds to train with: 0, 1, ...
        images: Which images the user chose instead of the embedded ones.
        claims: Verdicts; a cell that ends with `book.claims` shows them.
    """

    notebook: str
    profile: str
    seeds: range
    images: Choice
    claims: ClaimBook
    made: dict[str, Any] = field(default_factory=dict)

    def row(self, row: Experiment, seed: int = 0) -> Experiment:
        """The experiment at the notebook's profile, with a seed and the images that were chosen."""
        return replace(at_profile(row, self.profile), seed=seed, images=self.images.of(row))

    def run(self, row: Experiment, seed: int = 0) -> Run:
        """The finished run of an experiment: loaded where there is one, trained here if not."""
        run = train(self.row(row, seed))
        about = {
            "title": run.experiment.title,
            "seed": seed,
            "features": run.features_kind if _perceptual(run.experiment) else "",
            "info": run.info,
        }
        self._note("runs", f"{run.experiment.name} seed {seed}", about)
        return run

    def runs(self, row: Experiment) -> list[Run]:
        """The runs of an experiment with all of the notebook's seeds."""
        return [self.run(row, seed) for seed in self.seeds]

    def save(self, figure: Figure, name: str, *runs: Run, note: str = "") -> Image:
        """Writes figures/`name`.png with a line on how it was made; shows it as a cell's result.

        Args:
            figure: Any matplotlib figure.
            name: Without ending, e.g. "fig12".
            runs: The runs it shows, for the line.
            note: More for the line.
        """
        about = caption(self.profile, runs, note)
        data = png_bytes(add_caption(figure, about))
        atomic_write(paths.figures_dir() / f"{name}.png", data)
        self._note("figures", name, about)
        width = round(96 * figure.get_size_inches()[0])
        if len(data) <= INLINE:
            return Image(data=data, width=width)
        return Image(data=as_jpeg(data), format="jpeg", width=width)

    def table(self, frame: pd.DataFrame, name: str, *runs: Run, note: str = "") -> pd.DataFrame:
        """Writes figures/tables/`name`.csv and returns the table, a cell's result."""
        save_table(frame, name)
        self._note("tables", name, caption(self.profile, runs, note))
        return frame

    def file(self, path: Path, *runs: Run, note: str = "") -> Path:
        """Notes a file that the notebook has written under figures/ itself, such as a video."""
        inside = path.relative_to(paths.figures_dir()).as_posix()
        self._note("files", inside, caption(self.profile, runs, note))
        return path

    def _note(self, kind: str, name: str, about: object) -> None:
        self.made.setdefault(kind, {})[name] = about
        text = json.dumps(self.made, indent=1, ensure_ascii=False, default=str) + "\n"
        atomic_write(made_file(self.notebook), text.encode())


def start(name: str, parameters: Mapping[str, Any]) -> Book:
    """Checks a notebook's parameters and opens its book; a first cell passes `globals()`.

    papermill takes mistyped names and values of any type without a word, so everything is
    checked here: the names in the cell that papermill injects, all types, and all values.

    Raises:
        NameError: An injected parameter is not one of PARAMETERS, or one of them is not set.
        TypeError: A value of the wrong type.
        ValueError: A value that is not allowed.
        KeyError: No such notebook, profile or domain.
    """
    for injected in _injected(parameters.get("In", ())):
        if injected not in PARAMETERS:
            raise NameError(f"no parameter {injected!r}; there are {', '.join(PARAMETERS)}")
    for parameter, kind in PARAMETERS.items():
        if parameter not in parameters:
            raise NameError(f"the parameter cell does not set {parameter!r}")
        value = parameters[parameter]
        if type(value) is not kind:
            raise TypeError(
                f"{parameter} must be of type {kind.__name__}; got {value!r} of type "
                f"{type(value).__name__}"
            )
    profile, seeds = parameters["profile"], parameters["seeds"]
    if profile not in PROFILES:
        raise ValueError(f"no profile {profile!r}; there are {', '.join(PROFILES)}")
    if seeds < 1:
        raise ValueError(f"seeds is the number of seeds, at least 1; got {seeds}")
    images = parse_images(parameters["images"])
    made_with = f"profile {profile}, {seeds} seed{'s' * (seeds > 1)}"
    claims = ClaimBook(name, made_with)
    book = Book(name, profile, range(seeds), images, claims)
    book.made = {"notebook": name, "profile": profile, "seeds": seeds, "machine": machine()}
    return book


def caption(profile: str, runs: Iterable[Run] = (), note: str = "") -> str:
    """How a figure was made: profile, perceptual network (if one took part), seeds."""
    parts = [f"profile {profile}"]
    several = list(runs)
    kinds = {run.features_kind for run in several if _perceptual(run.experiment)}
    parts += [f"perceptual network: {kind}" for kind in sorted(kinds)]
    seeds = sorted({run.experiment.seed for run in several})
    if seeds:
        numbers = ", ".join(map(str, seeds))
        parts.append(f"seed {numbers}" if len(seeds) == 1 else f"seeds {numbers}")
    own = sorted({name for run in several for name, _ in run.experiment.images})
    parts += [f"own images: {', '.join(own)}"] if own else []
    return SEPARATOR.join([*parts, *([note] if note else [])])


def machine() -> str:
    """The machine in a few words, for the report."""
    device = torch.cuda.get_device_name(0) if torch.cuda.is_available() else platform.machine()
    return f"{device}, torch {torch.__version__}, Python {platform.python_version()}"


def made_file(notebook: str) -> Path:
    """Where the list of what a notebook has made lies."""
    return paths.figures_dir() / "made" / f"{notebook}.json"


def _perceptual(experiment: Experiment) -> bool:
    return any(isinstance(domain, Perceptual) for domain in experiment.domains)


def _injected(history: Iterable[str]) -> list[str]:
    """The names that papermill's own cell ("# Parameters") sets."""
    names: list[str] = []
    for source in history:
        if source.lstrip().startswith("# Parameters"):
            targets = [n.targets for n in ast.parse(source).body if isinstance(n, ast.Assign)]
            names += [t.id for group in targets for t in group if isinstance(t, ast.Name)]
    return names
