"""Work in pieces, each a process of its own: within a time, after interruptions, whatever fails."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sgnlib import paths
from sgnlib.storage import atomic_write

TRIES = 2
"""After so many failures a task is left out."""

PATIENCE = 20.0
"""Seconds that a task which is asked to stop has for its checkpoint."""


@dataclass(frozen=True)
class Task:
    """A command.

    Attributes:
        name: Names its log; unique.
        command: What to run.
        seconds: What it may take at most in one go.
        least: With less time left it is not begun.
        resumes: Whether it goes on where it was stopped; then a stop is no failure.
    """

    name: str
    command: Sequence[str]
    seconds: float
    least: float = 10.0
    resumes: bool = False


class Ledger:
    """What has been done, and the time it took; a file that outlives the process."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.content: dict[str, Any] = {"used": 0.0, "tasks": {}}
        if file.is_file():
            self.content = json.loads(file.read_text())

    @property
    def used(self) -> float:
        """Seconds of all calls so far."""
        return float(self.content["used"])

    def open(self, task: Task) -> bool:
        """Whether the task is neither done nor given up."""
        entry = self.content["tasks"].get(task.name, {})
        return entry.get("state") != "done" and entry.get("failures", 0) < TRIES

    def note(self, task: Task, state: str, seconds: float) -> None:
        """Takes note of a task's end: done, failed or stopped."""
        entry = self.content["tasks"].setdefault(task.name, {"seconds": 0.0, "failures": 0})
        entry["state"] = state
        entry["seconds"] = round(entry["seconds"] + seconds, 1)
        entry["failures"] += state == "failed" or (state == "stopped" and not task.resumes)
        self.content["used"] = round(self.used + seconds, 1)
        atomic_write(self.file, (json.dumps(self.content, indent=1) + "\n").encode())


def work_off(
    tasks: Iterable[Task],
    ledger: Ledger,
    *,
    logs: Path,
    seconds: float,
    after: Callable[[], None] = lambda: None,
) -> None:
    """Runs the open tasks in order, for so long as there is time.

    Args:
        tasks: In order of worth; each is asked for only when those before it have been tried.
        ledger: Says which are done, and is told.
        logs: Folder for what the tasks print.
        seconds: When to stop, from now.
        after: Called after each task.
    """
    end = time.monotonic() + seconds
    for task in tasks:
        left = end - time.monotonic() - PATIENCE
        if not ledger.open(task) or left < task.least:
            continue
        begun = time.monotonic()
        state = _run(task, logs / f"{task.name}.txt", min(left, task.seconds))
        took = time.monotonic() - begun
        ledger.note(task, state, took)
        print(f"{task.name}: {state} after {took:.0f} s", flush=True)
        after()


def _run(task: Task, log: Path, seconds: float) -> str:
    """Runs a command; asks it to stop when its time is over."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as output:
        process = subprocess.Popen(
            task.command,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=paths.ROOT,
            env=_environment(),
            # What a shell starts in the background ignores SIGINT, and so would its children.
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
        )
        try:
            return "done" if process.wait(seconds) == 0 else "failed"
        except subprocess.TimeoutExpired:
            return "stopped"
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Asks for the end, which leaves time for a checkpoint, then makes it."""
    process.send_signal(signal.SIGINT)  # nothing happens where it has ended
    with suppress(subprocess.TimeoutExpired):
        process.wait(PATIENCE)
    process.kill()
    process.wait()


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHONUNBUFFERED": "1", "TQDM_DISABLE": "1"}
