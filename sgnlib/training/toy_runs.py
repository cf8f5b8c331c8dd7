"""Trained stacks of the toy problem as folders: loaded where they exist, else trained."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import safetensors.torch
import torch
from tqdm import tqdm

from sgnlib import paths
from sgnlib.provenance import code_digest
from sgnlib.storage import CorruptFile, atomic_write, locked, read_hashed, write_hashed
from sgnlib.toy import BEST, HYPER, S_IN, SYM, FreshProtocol, ToyModel, ToyNetwork
from sgnlib.training.runtime import environment
from sgnlib.training.toy import one_thread, train_together

WEIGHTS_FILE, MANIFEST = "networks.safetensors", "run.json"

Trained = dict[ToyModel, ToyNetwork]

FEWER = 5
"""Seeds of what is beside Table 1: Fig. 9's smaller networks, and our best training."""

WIDTHS = (4, 8, 16, 32)
"""Fig. 9's smaller networks; Table 1's have 64 units per layer. The paper does not list its own."""


def table_1_rows(seeds: range, profile: str = "paper") -> list[ToyModel]:
    """Sym, five hyper-parameter models and S_in for every seed."""
    return [_at(m, profile, seed) for seed in seeds for m in (SYM, *HYPER, S_IN)]


def fig_9_rows(seeds: range, profile: str = "paper") -> list[ToyModel]:
    """Sym and five hyper-parameter models for every width below Table 1's and the first seeds."""
    return [
        replace(_at(model, profile, seed), width=width)
        for width in WIDTHS
        for seed in seeds[:FEWER]
        for model in (SYM, *HYPER)
    ]


def best_rows(seeds: range, profile: str = "paper") -> list[ToyModel]:
    """Our best training of the sym model for the first seeds."""
    return [_at(BEST, profile, seed) for seed in seeds[:FEWER]]


def trained(name: str, rows: Sequence[ToyModel], progress: bool = True) -> Trained:
    """The networks of all rows: loaded if this code has trained them before, else trained now.

    Args:
        name: For the folder, `toy-<name>-<digest of rows and code>`, and the progress bar.
        rows: Rows of one protocol.
        progress: Shows a bar with an estimate of the remaining time on stderr; the environment
            variable TQDM_DISABLE=1 hides it everywhere.
    """
    folder = run_path(name, rows)
    with locked(folder.with_name(f".{folder.name}.lock"), f"it trains {folder.name}"):
        if not (folder / MANIFEST).is_file():
            _train(folder, name, rows, progress)
        try:
            return _load(folder, rows)
        except CorruptFile:
            _train(folder, name, rows, progress)
            return _load(folder, rows)


def run_path(name: str, rows: Sequence[ToyModel]) -> Path:
    """Where the networks of rows lie that the present code trains."""
    described = json.dumps([_described(row) for row in rows])
    code = code_digest("sgnlib.training.toy")
    digest = hashlib.sha256(f"{described} {code}".encode()).hexdigest()[:8]
    return paths.runs_dir() / f"toy-{name}-{digest}"


def _train(folder: Path, name: str, rows: Sequence[ToyModel], progress: bool) -> None:
    protocol, begun = rows[0].protocol, time.monotonic()
    steps = protocol.epochs * protocol.epoch_steps
    hidden = not progress or os.environ.get("TQDM_DISABLE") == "1"
    with tqdm(total=steps, desc=f"toy {name}, {len(rows)} models", disable=hidden) as bar:
        networks = train_together(rows, bar.update)
    weights = {
        f"{position}.{key}": value
        for position, row in enumerate(rows)
        for key, value in networks[row].state_dict().items()
    }
    with one_thread():
        about: dict[str, object] = {**environment(torch.device("cpu"))}
    about["rows"] = [_described(row) for row in rows]
    about["seconds"] = round(time.monotonic() - begun, 1)
    about["sha256"] = write_hashed(folder / WEIGHTS_FILE, safetensors.torch.save(weights))
    manifest = json.dumps(about, indent=1) + "\n"
    atomic_write(folder / MANIFEST, manifest.encode())  # written last: now the folder is whole


def _load(folder: Path, rows: Sequence[ToyModel]) -> Trained:
    weights = safetensors.torch.load(read_hashed(folder / WEIGHTS_FILE))
    networks: Trained = {}
    for position, row in enumerate(rows):
        networks[row] = ToyNetwork(row.width, row.seed).requires_grad_(False)
        prefix = f"{position}."
        networks[row].load_state_dict(
            {k.removeprefix(prefix): w for k, w in weights.items() if k.startswith(prefix)}
        )
    return networks


def _described(row: ToyModel) -> dict[str, object]:
    return asdict(row) | {"kind": type(row.protocol).__name__}


def _at(model: ToyModel, profile: str, seed: int) -> ToyModel:
    """A model at a profile's size: the problem is small enough for the paper's in all but smoke."""
    if profile != "smoke":
        return replace(model, seed=seed)
    if isinstance(model.protocol, FreshProtocol):
        return replace(model, seed=seed, protocol=FreshProtocol(batch_size=64, steps=320))
    short = ((6, 1e-2), (2, 1e-3), (2, 1e-4))
    return replace(model, seed=seed, protocol=replace(model.protocol, stages=short))
