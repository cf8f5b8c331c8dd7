"""Manifests: small files that say that a job is done, with the SHA-256 of all it made.

A manifest's name holds the digest of all that its job depends on, so that the question whether the
job has to run is whether the manifest exists. It lies with what it lists, and is written last.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from sgnlib import paths
from sgnlib.storage import atomic_write


def manifest_dir(kind: str) -> Path:
    """Manifests live and die with the folder whose files they list."""
    homes = {"images": paths.cache_dir, "train": paths.runs_dir, "toy": paths.runs_dir}
    home = homes[kind]() if kind in homes else paths.figures_dir() / "executed"
    return home / "manifests" / kind


def write_manifest(path: Path, made: Iterable[Path], about: dict[str, object]) -> None:
    """Says that a job is done and what it made: the last thing a job does."""
    entries = {_portable(product): file_digest(product) for product in sorted(made)}
    text = json.dumps({"made": entries, **about}, indent=1, default=str) + "\n"
    atomic_write(path, text.encode())


def products(manifest: Path) -> list[Path]:
    """The files that a finished job made."""
    return [_local(name) for name in json.loads(manifest.read_text())["made"]]


def is_whole(manifest: Path) -> bool:
    """Whether a manifest is there, and everything it lists too, unaltered."""
    try:
        made = json.loads(manifest.read_text())["made"]
        return all(file_digest(_local(name)) == digest for name, digest in made.items())
    except (OSError, ValueError, KeyError):
        return False


def file_digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _portable(path: Path) -> str:
    """A path under data/ or figures/ that outlives a move of the checkout."""
    for name, base in (("data", paths.data_dir()), ("figures", paths.figures_dir())):
        if path.is_relative_to(base):
            return f"{name}/{path.relative_to(base).as_posix()}"
    raise ValueError(f"{path} is neither in {paths.data_dir()} nor in {paths.figures_dir()}")


def _local(name: str) -> Path:
    base, _, rest = name.partition("/")
    return (paths.data_dir() if base == "data" else paths.figures_dir()) / rest
