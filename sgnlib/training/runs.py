"""The folder that a training leaves behind, and how to find and read it."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import safetensors.torch
import torch

from sgnlib import experiments, paths, provenance
from sgnlib.datasets.catalog import fingerprint
from sgnlib.experiments import Experiment
from sgnlib.nn.backbone import is_file, network_digest
from sgnlib.nn.generator import Generator, build_generator
from sgnlib.nn.vgg import resolve_features
from sgnlib.storage import CorruptFile, read_hashed
from sgnlib.training.objectives import Networks, objective
from sgnlib.training.trainer import build_networks

EXPERIMENT, ENVIRONMENT, METRICS = "experiment.json", "environment.json", "metrics.jsonl"
GENERATOR, DISCRIMINATORS = "generator.safetensors", "discriminators.safetensors"
MANIFEST = "run.json"
"""Written last: a folder that has it is complete."""

Json: TypeAlias = dict[str, Any]

CPU = torch.device("cpu")


@dataclasses.dataclass(frozen=True)
class Run:
    """One training's folder: experiment, environment, metrics, weights, manifest."""

    path: Path

    @property
    def complete(self) -> bool:
        """Whether the training has finished; only then there are weights."""
        return (self.path / MANIFEST).is_file()

    @property
    def experiment(self) -> Experiment:
        """The row that was trained, with its features settled."""
        return experiment_from_json((self.path / EXPERIMENT).read_text())

    @property
    def info(self) -> Json:
        """The manifest: code digest, seconds, versions, device, threads, hashes of the files."""
        return json.loads((self.path / MANIFEST).read_text())

    @property
    def features_kind(self) -> str:
        """What the perceptual network was, for captions; "none" where no domain uses one."""
        return self.info["features_kind"]

    @property
    def up_to_date(self) -> bool:
        """Whether the present code is the code that trained it."""
        return self.complete and self.info["code"] == training_code()

    def generator(self) -> Generator:
        """The trained generator, on the CPU, in eval mode.

        Raises:
            CorruptFile: The weights are not those that were written.
        """
        generator = build_generator(self.experiment)
        generator.load_state_dict(self._weights(GENERATOR))
        return generator.eval().requires_grad_(False)

    def networks(self, device: torch.device = CPU) -> Networks:
        """All trained networks on a device, in eval mode, for losses on test images.

        Raises:
            CorruptFile: The weights are not those that were written.
        """
        untrained = build_networks(self.experiment, device)
        networks = dataclasses.replace(untrained, generator=self.generator().to(device))
        stored = self._weights(DISCRIMINATORS)
        for k, network in networks.discriminators.items():
            prefix = f"{k + 1}."
            network.load_state_dict(
                {n.removeprefix(prefix): w for n, w in stored.items() if n.startswith(prefix)}
            )
            network.eval().requires_grad_(False)
        return networks

    def metrics(self) -> pd.DataFrame:
        """One line per step: step, L_G, L_1 ... L_k, D_k, lr, seconds (so far).

        A loss is NaN in steps that skipped it, and a loss that no step computed has no column.
        """
        import pandas as pd  # a page of `sgn mix` loads runs, and waits for every import

        return pd.read_json(io.StringIO((self.path / METRICS).read_text()), lines=True)

    def verify(self) -> None:
        """Compares the weights with the hashes in the manifest.

        Raises:
            CorruptFile: A file is damaged or missing.
        """
        for name, digest in self.info["sha256"].items():
            if hashlib.sha256(read_hashed(self.path / name)).hexdigest() != digest:
                raise CorruptFile(f"{self.path / name} is not the file that {MANIFEST} lists")

    def _weights(self, name: str) -> dict[str, torch.Tensor]:
        return safetensors.torch.load(read_hashed(self.path / name))


def resolved(experiment: Experiment) -> Experiment:
    """The row as it is trained: features settled where a domain uses them."""
    if any(objective(domain).wants_features for domain in experiment.domains):
        return resolve_features(experiment)
    return experiment


def run_path(experiment: Experiment, runs: Path | None = None) -> Path:
    """Where the row's run lies: its name, seed, and a digest of the row and of its files.

    Args:
        experiment: The row.
        runs: The folder of all runs (default `paths.runs_dir()`).
    """
    row = resolved(experiment)
    folders = dict(row.images)
    names = {row.source, *(domain.data for domain in row.domains)}
    images = [fingerprint(name, folders.get(name)) for name in sorted(names)]
    network = [network_digest(Path(row.features))] if is_file(row.features) else []
    made_of = " ".join([row.digest(), *images, *network])
    suffix = hashlib.sha256(made_of.encode()).hexdigest()[:8]
    return (runs or paths.runs_dir()) / f"{row.name}-seed{row.seed}-{suffix}"


def find_run(experiment: Experiment, runs: Path | None = None) -> Run | None:
    """The row's finished run, if there is one."""
    run = Run(run_path(experiment, runs))
    return run if run.complete else None


@cache
def training_code() -> str:
    """Digest of the code that decides weights; the same for the life of the process."""
    return provenance.code_digest("sgnlib.training.trainer")


def experiment_to_json(experiment: Experiment) -> str:
    """The row as JSON; every dataclass says its class under "kind"."""
    return json.dumps(_encode(experiment), indent=1) + "\n"


def experiment_from_json(text: str) -> Experiment:
    """The row that `experiment_to_json` wrote.

    Raises:
        ValueError: A class is not one of `experiments.py`, or it is not an experiment.
    """
    row = _decode(json.loads(text))
    if not isinstance(row, Experiment):
        raise ValueError(f"expected an Experiment; got {type(row).__name__}")
    return row


def _encode(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        fields = {f.name: _encode(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {"kind": type(value).__name__} | fields
    return [_encode(item) for item in value] if isinstance(value, tuple) else value


def _decode(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_decode(item) for item in value)
    if not isinstance(value, dict):
        return value
    kind = getattr(experiments, value["kind"], None)
    if not dataclasses.is_dataclass(kind) or not isinstance(kind, type):
        raise ValueError(f"experiments.py has no dataclass {value['kind']!r}")
    return kind(**{name: _decode(item) for name, item in value.items() if name != "kind"})
