"""kill -9 at any moment, start again: the same bits as without interruption. Real processes."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from dataclasses import replace
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import pytest

from sgnlib.training.loop import train
from sgnlib.training.runs import Run
from tests.training.rows import TINY, use_waves

ROW = replace(TINY, steps=8)


def _processes() -> ForkServerContext:
    """Starts processes in a fraction of a second: a server has done the imports for them."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.training.rows", "sgnlib.training.loop"])
    return context


def _train(runs: Path, fatal: str | None = None, nth: int = 0) -> None:
    """Trains in a child process, which kills itself in the nth call of a system call, if told."""
    use_waves(pytest.MonkeyPatch())
    if fatal:
        real, calls = getattr(os, fatal), []

        def lethal(*args: Any) -> Any:
            calls.append(args)
            if len(calls) == nth:
                if fatal == "write":
                    real(args[0], args[1][: len(args[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args)

        setattr(os, fatal, lethal)
    train(ROW, runs=runs, progress=False, device="cpu", checkpoint_seconds=0.0)


def attempt(runs: Path, *, seconds: float | None = None, **fatal: Any) -> bool:
    """Starts a training; kills it after some seconds, if told; returns whether it has finished."""
    child = _processes().Process(target=_train, args=(runs,), kwargs=fatal)
    child.start()
    child.join(seconds)
    child.kill()
    child.join()
    assert child.exitcode in (0, -signal.SIGKILL)
    return child.exitcode == 0


def result(runs: Path) -> tuple[object, ...]:
    """What must not depend on interruptions: weights and metrics without the clock."""
    run = Run(next(runs.glob(f"{ROW.name}-seed*")))
    hashes = tuple(sorted(run.info["sha256"].items()))
    return (*hashes, run.metrics().drop(columns="seconds").to_json())


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> tuple[tuple[object, ...], float]:
    """The result of two trainings that nobody interrupts, and the seconds of the second."""
    results = []
    for _ in range(2):
        runs, begun = tmp_path_factory.mktemp("runs"), time.monotonic()
        assert attempt(runs)
        seconds = time.monotonic() - begun
        results.append(result(runs))
    assert results[0] == results[1]
    return results[0], seconds


def test_killed_at_random_moments(
    uninterrupted: tuple[tuple[object, ...], float], tmp_path: Path
) -> None:
    expected, seconds = uninterrupted
    moments, kills, runs = random.Random(7), 0, 0
    while kills < 8:
        finished = attempt(tmp_path / str(runs), seconds=moments.uniform(0.1, 1) * seconds)
        kills += not finished
        if finished:
            assert result(tmp_path / str(runs)) == expected
            runs += 1
    assert attempt(tmp_path / str(runs))
    assert result(tmp_path / str(runs)) == expected


@pytest.mark.parametrize("fatal", ["write", "fsync"])
def test_killed_while_a_file_is_written(
    uninterrupted: tuple[tuple[object, ...], float], tmp_path: Path, fatal: str
) -> None:
    """Half of the bytes are written; or all, and none is sure to be on the disk."""
    expected, _ = uninterrupted
    moments, kills = random.Random(11), 0
    while not attempt(tmp_path, fatal=fatal, nth=moments.randint(4, 18)):
        kills += 1
        if kills == 6:
            assert attempt(tmp_path)
            break
    assert kills >= 2
    assert result(tmp_path) == expected
    assert not list(next(tmp_path.glob(f"{ROW.name}-seed*")).rglob(".*")), "no litter"


def test_two_at_once_train_once(
    uninterrupted: tuple[tuple[object, ...], float], tmp_path: Path
) -> None:
    children = [_processes().Process(target=_train, args=(tmp_path,)) for _ in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0, 0]
    assert result(tmp_path) == uninterrupted[0]
