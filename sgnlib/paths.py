"""Where things lie. Resolved from the package, so that any working directory will do."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The checkout."""


def data_dir() -> Path:
    """Caches and runs: `data/`, or where the environment variable SGN_DATA points."""
    return Path(os.environ.get("SGN_DATA", ROOT / "data"))


def figures_dir() -> Path:
    """Figures, tables and the report: `figures/`, or where SGN_FIGURES points."""
    return Path(os.environ.get("SGN_FIGURES", ROOT / "figures"))


def raw_dir() -> Path:
    """Real data sets and style images, as `sgn data get` puts them."""
    return data_dir() / "raw"


def cache_dir() -> Path:
    """Decoded and painted images, features: can be deleted at any time."""
    return data_dir() / "cache"


def runs_dir() -> Path:
    """One folder per training run."""
    return data_dir() / "runs"


def shipped_weights(model: str, profile: str) -> Path:
    """Where the weights of an experiment lie that come with the project, if they do."""
    return ROOT / "data" / "models" / profile / f"{model}.safetensors"
