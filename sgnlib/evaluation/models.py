"""Generators by name: trained here, imported from the authors, or in a file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import safetensors.torch

from sgnlib import paths
from sgnlib.evaluation.labels import domain_names
from sgnlib.experiments import EXPERIMENTS, Experiment, Perceptual, at_profile, experiment
from sgnlib.nn.generator import Generator
from sgnlib.nn.official import import_official
from sgnlib.nn.weights import generator_from_weights
from sgnlib.storage import hash_file, read_hashed, write_hashed
from sgnlib.training.runs import EXPERIMENT, Run, find_run

LARGEST_FIRST = ("paper", "laptop", "quick")
"""Profiles that are worth looking at."""

SHIPPED_WITH = {"laptop": "real photographs and paintings", "quick": "painted domains"}
"""What the weights were trained on that the project comes with, by profile."""


@dataclass(frozen=True)
class Model:
    """A generator in eval mode.

    Attributes:
        generator: It.
        domains: Names of its domains; "domain 1", ... where nobody knows them.
        name: What to call it.
        origin: A few words on where it is from; of a run, its perceptual network too.
    """

    generator: Generator
    domains: tuple[str, ...]
    name: str
    origin: str

    @property
    def about(self) -> str:
        """Name and origin in one line."""
        return f"{self.name} ({self.origin})"

    @property
    def identity(self) -> str:
        """Name and weights, wherever they came from: what pictures have been made with."""
        weights = safetensors.torch.save(self.generator.state_dict())
        return f"{self.name}, weights {sha256(weights).hexdigest()[:12]}"


def find_model(model: str, profile: str | None, seed: int = 0) -> Model:
    """The generator that a name stands for.

    Args:
        model: An experiment's name, the name of a run or its folder, the name of imported weights,
            or a .safetensors file: one in a run's folder, or a generator's weights.
        profile: For experiments: at whose sizes; the largest that is there if None. Where a
            profile is not trained, the weights of it that the project comes with serve.
        seed: For experiments.

    Raises:
        FileNotFoundError: Nothing of that name is there; the message says what to run.
        ValueError: The weights are no generator's.
        CorruptFile: The weights are not those that were written.
    """
    if model in {row.name for row in EXPERIMENTS}:
        for candidate in [profile] if profile else LARGEST_FIRST:
            row = replace(at_profile(experiment(model), candidate), seed=seed)
            if run := _any_features(row):
                return of_run(run)
            if seed == 0 and paths.shipped_weights(model, candidate).is_file():
                return shipped_model(model, candidate)
        return of_run(_trained_or_named(model, profile or "quick", seed))
    if (imported := _imported(model)).is_file():
        return _of_file(imported, model, "imported")
    file = Path(model)
    for folder in (file, paths.runs_dir() / model, *([file.parent] if file.is_file() else [])):
        if (folder / EXPERIMENT).is_file():
            return _finished(Run(folder))
    if not file.is_file():
        known = ", ".join([*(row.name for row in EXPERIMENTS), *_imported_names()])
        raise FileNotFoundError(
            f"{model!r} is neither a file nor a run nor a model; models are {known}"
        )
    return _of_file(file, file.stem, str(file))


def trained(row: Experiment, profile: str) -> Run:
    """The finished run of a row.

    Raises:
        FileNotFoundError: There is none; the message says what to run.
    """
    if run := find_run(row):
        return run
    seed = f" --seed {row.seed}" if row.seed else ""
    own = " --images " + " ".join(f"{name}={path}" for name, path in row.images)
    command = f"sgn train {row.name} --profile {profile}{seed}{own if row.images else ''}"
    raise FileNotFoundError(f"{row.name} is not trained in profile {profile}; run `{command}`")


def import_weights(checkpoint: Path, name: str | None = None) -> tuple[Path, Generator]:
    """Converts a checkpoint of the authors to safetensors under data/official.

    Raises:
        FileNotFoundError: No such file.
        ValueError: It is not the authors' generator, or the name is an experiment's.
    """
    generator = import_official(checkpoint)
    name = name or checkpoint.stem
    if name in {row.name for row in EXPERIMENTS}:
        raise ValueError(f"{name!r} is the name of an experiment; choose another with --name")
    path = _imported(name)
    write_hashed(path, safetensors.torch.save(generator.state_dict()))
    return path, generator


def of_run(run: Run) -> Model:
    """A finished run's generator.

    Raises:
        CorruptFile: The weights are not those that were written.
    """
    row = run.experiment
    origin = f"run {run.path.name}, {row.image_size} px, {row.steps} steps"
    if run.complete:
        origin += f", perceptual network: {run.features_kind}"
    return Model(run.generator(), tuple(domain_names(row)), row.title, origin)


def _trained_or_named(name: str, profile: str, seed: int) -> Run:
    """The run of an experiment; if there is none, the error names its other runs."""
    try:
        return trained(replace(at_profile(experiment(name), profile), seed=seed), profile)
    except FileNotFoundError as error:
        runs = sorted(paths.runs_dir().glob(f"{name}-seed*"))
        others = ", ".join(path.name for path in runs if Run(path).complete)
        if not others:
            raise
        raise FileNotFoundError(f"{error}; of its other runs, say the name: {others}") from None


def _finished(run: Run) -> Model:
    if not run.complete:
        name = run.experiment.name
        raise FileNotFoundError(f"{run.path} is not finished: train {name} on, as it was begun")
    return of_run(run)


def unnamed(generator: Generator) -> tuple[str, ...]:
    """What domains are called whose names nobody knows."""
    return tuple(f"domain {k}" for k in range(1, generator.domains + 1))


def ship(run: Run, profile: str) -> Path:
    """Puts a run's generator, in half precision, where the project keeps those it comes with."""
    state = {name: w.half() for name, w in run.generator().state_dict().items()}
    path = paths.shipped_weights(run.experiment.name, profile)
    write_hashed(path, safetensors.torch.save(state))
    return path


def shipped_model(model: str, profile: str) -> Model:
    """The weights of an experiment that the project comes with, whatever has been trained here.

    Raises:
        CorruptFile: They are missing or not those that were written.
    """
    row = experiment(model)
    origin = f"shipped with the project: {profile}, {SHIPPED_WITH[profile]}"
    generator = _from_file(paths.shipped_weights(model, profile))
    return Model(generator, tuple(domain_names(row)), row.title, origin)


def _any_features(row: Experiment) -> Run | None:
    """The row's run, whichever VGG16 it was trained with: no need to ask for weights here."""
    perceptual = any(isinstance(domain, Perceptual) for domain in row.domains)
    candidates = (_with_imagenet(row), replace(row, features="random")) if perceptual else ()
    known = row.features != "auto" or not perceptual
    return next(filter(None, map(find_run, (*([row] if known else []), *candidates))), None)


def _with_imagenet(row: Experiment) -> Experiment:
    return replace(row, features="imagenet", feature_width=1.0)


def _of_file(path: Path, name: str, origin: str) -> Model:
    generator = _from_file(path)
    return Model(generator, unnamed(generator), name, origin)


def _from_file(path: Path) -> Generator:
    content = read_hashed(path) if hash_file(path).is_file() else path.read_bytes()
    try:
        weights = safetensors.torch.load(content)
    except safetensors.SafetensorError as error:
        raise ValueError(f"{path} is no safetensors file: {error}") from error
    return generator_from_weights(weights)


def _imported(name: str) -> Path:
    return paths.data_dir() / "official" / f"{name}.safetensors"


def _imported_names() -> list[str]:
    return sorted(path.stem for path in _imported("any").parent.glob("*.safetensors"))
