"""A finished run's folder without a training: random weights that S sways clearly."""

from __future__ import annotations

import json
from pathlib import Path

import safetensors.torch
import torch

from sgnlib.experiments import Experiment
from sgnlib.nn.generator import build_generator
from sgnlib.storage import write_hashed
from sgnlib.training.runs import EXPERIMENT, GENERATOR, MANIFEST, Run, experiment_to_json


def untrained_run(folder: Path, row: Experiment) -> Run:
    """The run of a row whose training has not taken place."""
    path = folder / f"{row.name}-seed{row.seed}-untrained"
    path.mkdir(parents=True)
    (path / EXPERIMENT).write_text(experiment_to_json(row))
    torch.manual_seed(0)
    generator = build_generator(row)
    with torch.no_grad():
        for name, weight in generator.named_parameters():
            weight.mul_(4 if name.startswith(("gates", "head")) else 1)
    write_hashed(path / GENERATOR, safetensors.torch.save(generator.state_dict()))
    (path / MANIFEST).write_text(json.dumps({"features_kind": "random weights"}))
    return Run(path)


def waves(count: int, side: int) -> torch.Tensor:
    """Smooth coloured photos in [-1, 1], each of its own."""
    y, x = torch.meshgrid(torch.linspace(0, 1, side), torch.linspace(0, 1, side), indexing="ij")
    photos = [
        torch.stack([torch.sin(6 * x + n), torch.cos(5 * y - n), torch.sin(4 * (x + y) + 2 * n)])
        for n in range(count)
    ]
    return 0.8 * torch.stack(photos)
