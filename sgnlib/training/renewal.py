"""A finished run stays until another is complete that takes its place.

That takes two renames; what a crash between them leaves, the next call mends.
"""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from sgnlib.storage import CorruptFile, move
from sgnlib.training.runs import MANIFEST, Run, training_code

log = logging.getLogger(__name__)


def plan(path: Path, fresh: bool) -> tuple[Path, bool]:
    """The folder to train in, another one where a run is replaced, and whether it is unfinished."""
    _settle(path)
    finished = _finished(path)
    if finished and not fresh:
        return path, False
    replaces = fresh or (path / MANIFEST).exists()
    folder = _anew(path) if replaces else path
    return folder, not Run(folder).up_to_date  # a replacement may only lack its renaming


def replace(path: Path) -> None:
    """Puts the renewed run in the place of the one that was there."""
    if path.exists():
        move(path, _old(path))
    move(_anew(path), path)
    shutil.rmtree(_old(path), ignore_errors=True)


def _finished(path: Path) -> Run | None:
    """The run if it is complete and whole; says so if it is damaged or of other code."""
    run = Run(path)
    if not run.complete:
        return None
    try:
        run.verify()
    except CorruptFile as error:
        log.warning("the finished run is damaged, it is trained again: %s", error)
        return None
    if not run.up_to_date:
        log.warning(
            "%s was trained by other code (%s, now %s); train(..., fresh=True) trains it anew",
            path.name,
            run.info["code"],
            training_code(),
        )
    return run


def _anew(path: Path) -> Path:
    return path.with_name(f".{path.name}.anew")


def _old(path: Path) -> Path:
    return path.with_name(f".{path.name}.old")


def _settle(path: Path) -> None:
    if not path.exists():
        if Run(_anew(path)).complete:
            move(_anew(path), path)
        elif _old(path).exists():
            move(_old(path), path)
    shutil.rmtree(_old(path), ignore_errors=True)
