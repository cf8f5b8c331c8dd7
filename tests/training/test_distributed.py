"""Several processes, one training: what they see, how they end, how they die. Gloo on the CPU."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from sgnlib import experiments
from sgnlib.experiments import Experiment
from sgnlib.training import distributed, trainer
from sgnlib.training.distributed import joined
from sgnlib.training.loop import train
from sgnlib.training.objectives import Networks
from sgnlib.training.runs import Run, run_path
from sgnlib.training.step import domain_losses
from sgnlib.training.trainer import Trainer
from tests.training.rows import TINY, tiny, use_waves

CPU = torch.device("cpu")
ROW = replace(TINY, steps=6)
PATIENCE = 120.0
"""Seconds that ranks wait for each other here, where none hangs: others may be at work here."""


# ------------------------------------------------------------------------------- starting ranks


def started(
    size: int, work: Callable[..., None], *arguments: Any, patience: float = PATIENCE
) -> list[BaseProcess]:
    """Starts `work(rank, ...)` in processes that see what torchrun would tell them."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.training.rows", "sgnlib.training.loop"])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ranks = [
        context.Process(target=_rank, args=(rank, size, port, patience, work, arguments))
        for rank in range(size)
    ]
    for process in ranks:
        process.start()
    return list(ranks)


def _rank(
    rank: int, size: int, port: int, patience: float, work: Callable[..., None], arguments: Any
) -> None:
    if size > 1:
        os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(size)}
        os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    patch = pytest.MonkeyPatch()
    use_waves(patch)
    patch.setattr(distributed, "PATIENCE", timedelta(seconds=patience))
    torch.set_num_threads(1)
    work(rank, *arguments)


def ended(ranks: list[BaseProcess], seconds: float = PATIENCE) -> list[int | None]:
    """Exit codes of all ranks; those that do not end are killed, and fail the test."""
    deadline = time.monotonic() + seconds
    for process in ranks:
        process.join(max(deadline - time.monotonic(), 0))
    codes = [process.exitcode for process in ranks]
    for process in ranks:
        process.kill()
    assert None not in codes, f"still there after {seconds} s: {codes}"
    return codes


# ------------------------------------------------------------------------------------- the step


def _in_float64() -> None:
    """Adam blows float32's rounding up to 5e-5 in five steps, and where depends on the CPU."""
    build, to_images, draw_sym = trainer.build_networks, trainer.to_images, trainer.draw_sym

    def networks(row: Experiment, device: torch.device) -> Networks:
        made = build(row, device)
        for network in (made.generator, made.features, *made.discriminators.values()):
            if network is not None:
                network.double()
        return made

    trainer.build_networks = networks
    trainer.to_images = lambda pixels: to_images(pixels).double()
    trainer.draw_sym = lambda *arguments: draw_sym(*arguments).double()


def _steps(rank: int, row: Experiment, folder: Path) -> None:
    """Five steps in float64; keeps what the losses saw and what came out."""
    _in_float64()
    seen: list[dict[str, Tensor]] = []

    def spy(networks: Any, objectives: Any, source: Any, reals: Any, sym: Any, active: Any) -> Any:
        seen.append({"source": source, "sym": sym, **reals})
        return domain_losses(networks, objectives, source, reals, sym, active)

    trainer.domain_losses = spy  # type: ignore[assignment]
    with joined(CPU, row.batch_size) as group:
        made = Trainer(row, CPU, group=group)
        losses = [made.step(number) for number in range(5)]
    torch.save({"seen": seen, "losses": losses, **made.state_dict()}, folder / str(rank))


def outcome(size: int, row: Experiment, folder: Path) -> list[dict[str, Any]]:
    folder.mkdir()
    assert ended(started(size, _steps, row, folder)) == [0] * size
    return [torch.load(folder / str(rank)) for rank in range(size)]


def without_effect(name: str) -> bool:
    """Biases that the next instance norm takes out again.

    Their gradient is nothing but rounding, which Adam blows up to the size of a step.
    """
    inner = ("stem.", "down.", "up.", "blocks.")
    judges = any(f".model.{layer}.bias" in name for layer in (2, 5))
    return judges or (name.startswith(inner) and "conv" in name and name.endswith(".bias"))


@pytest.mark.parametrize(
    "row", [TINY, tiny(experiments.FIG_7_SINGLEGAN)], ids=["Model 2", "SingleGAN"]
)
def test_two_ranks_are_one_process_with_the_whole_batch(row: Experiment, tmp_path: Path) -> None:
    """S, images and the pool's decisions to the bit; losses and weights up to rounding."""
    (one,) = outcome(1, row, tmp_path / "one")
    two = outcome(2, row, tmp_path / "two")
    for step, whole in enumerate(one["seen"]):
        for name, expected in whole.items():
            shares = [rank["seen"][step][name] for rank in two]
            assert [len(share) for share in shares] == [1, 1]
            assert torch.equal(torch.cat(shares), expected), name
    torch.testing.assert_close(two[0]["losses"], one["losses"], rtol=0, atol=1e-9)
    assert torch.equal(two[0]["pool"]["sym"], one["pool"]["sym"])
    torch.testing.assert_close(two[0]["pool"], one["pool"], rtol=0, atol=1e-9)
    for part in ("generator", "discriminators"):
        for name, weight in one[part].items():
            assert torch.equal(two[0][part][name], two[1][part][name]), "the ranks drift apart"
            if not without_effect(name):
                torch.testing.assert_close(two[0][part][name], weight, rtol=0, atol=1e-9)


# ------------------------------------------------------------------------------------- the loop


def _train(rank: int, runs: Path, do: dict[int, tuple[int, int]], row: Experiment = ROW) -> None:
    """Trains; a rank in `do` sends itself a signal after a step. Notes what the rank was told."""
    told = runs.with_name(f"{runs.name}-told-{rank}")
    told.unlink(missing_ok=True)
    writes = _watched(runs)

    def act(step: int) -> None:
        if do.get(rank, (0, 0))[0] == step:
            os.kill(os.getpid(), do[rank][1])

    try:
        train(row, runs=runs, progress=False, device="cpu", on_step=act, checkpoint_seconds=0.0)
    except (Exception, KeyboardInterrupt) as error:
        told.write_text(f"{type(error).__name__}: {error}")
    else:
        told.write_text(json.dumps(writes))


def _watched(folder: Path) -> list[str]:
    """Fills a list with what this process changes below the folder."""
    changes: list[str] = []

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        writing = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if (writing or event in ("os.rename", "os.remove", "os.mkdir", "os.rmdir")) and str(
            arguments[0]
        ).startswith(str(folder)):
            changes.append(f"{event} {arguments[0]}")

    sys.addaudithook(audit)
    return changes


def trained(runs: Path, *, size: int = 2, **signals: tuple[int, int]) -> list[str]:
    """What each rank was told at its end; keywords are rank_0, rank_1: (step, signal)."""
    do = {int(name[-1]): when for name, when in signals.items()}
    killed = [do.get(rank, (0, 0))[1] == signal.SIGKILL for rank in range(size)]
    codes = ended(started(size, _train, runs, do))
    assert codes == [-signal.SIGKILL if dies else 0 for dies in killed]
    files = [runs.with_name(f"{runs.name}-told-{rank}") for rank in range(size)]
    return [file.read_text() if file.exists() else "" for file in files]


def result(runs: Path) -> tuple[object, ...]:
    """What must not depend on interruptions."""
    run = Run(next(runs.glob(f"{ROW.name}-seed*")))
    hashes = tuple(sorted(run.info["sha256"].items()))
    return (*hashes, run.metrics().drop(columns="seconds").to_json())


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The runs of two ranks that nobody disturbs, and what each rank wrote there."""
    runs = tmp_path_factory.mktemp("ranks") / "runs"
    return runs, trained(runs)


def test_only_the_first_rank_writes(uninterrupted: tuple[Path, list[str]]) -> None:
    runs, told = uninterrupted
    assert len(json.loads(told[0])) > 10
    assert json.loads(told[1]) == []
    run = Run(next(runs.glob(f"{ROW.name}-seed*")))
    assert run.complete and run.info["ranks"] == 2
    assert run.metrics()["step"].tolist() == [1, 2, 3, 4, 5, 6]
    run.verify()


@pytest.mark.parametrize("victim", [0, 1])
def test_a_killed_rank_ends_the_job_and_the_same_command_goes_on(
    victim: int, uninterrupted: tuple[Path, list[str]], tmp_path: Path
) -> None:
    begun = time.monotonic()
    told = trained(tmp_path / "runs", **{f"rank_{victim}": (4, signal.SIGKILL)})
    assert told[1 - victim].startswith(f"LostRank: rank {1 - victim} of 2: another rank has ended")
    assert time.monotonic() - begun < PATIENCE, "noticed at once, not after a time"
    checkpoints = run_path_of(tmp_path / "runs") / "checkpoints"
    assert (checkpoints / "latest").read_text() in ("step-00000003.pt", "step-00000004.pt")
    trained(tmp_path / "runs")
    assert result(tmp_path / "runs") == result(uninterrupted[0])


def test_a_rank_that_hangs_ends_the_job_after_a_time(tmp_path: Path) -> None:
    begun, stop = time.monotonic(), {1: (3, signal.SIGSTOP)}
    ranks = started(2, _train, tmp_path / "runs", stop, patience=10)
    ranks[0].join(100)
    assert ranks[0].exitcode == 0 and time.monotonic() - begun >= 10
    assert "has not answered for 10 s" in (tmp_path / "runs-told-0").read_text()
    ranks[1].kill()


@pytest.mark.parametrize(("number", "rank"), [(signal.SIGTERM, 1), (signal.SIGUSR1, 0)])
def test_a_signal_to_one_rank_stops_all_at_the_same_step(
    number: int, rank: int, uninterrupted: tuple[Path, list[str]], tmp_path: Path
) -> None:
    told = trained(tmp_path / "runs", **{f"rank_{rank}": (3, number)})
    assert all("stopped after step 3 of 6; a checkpoint is written" in text for text in told)
    trained(tmp_path / "runs")
    assert result(tmp_path / "runs") == result(uninterrupted[0])


def test_another_number_of_ranks_may_go_on(
    uninterrupted: tuple[Path, list[str]], tmp_path: Path
) -> None:
    trained(tmp_path / "runs", rank_0=(3, signal.SIGTERM))
    trained(tmp_path / "runs", size=1)
    runs = [Run(next(at.glob("model-2-seed*"))) for at in (tmp_path / "runs", uninterrupted[0])]
    assert [run.info["ranks"] for run in runs] == [1, 2]
    one, two = (run.metrics().drop(columns="seconds") for run in runs)
    assert one.columns.tolist() == two.columns.tolist()
    values = (torch.tensor(metrics.to_numpy()) for metrics in (one, two))
    torch.testing.assert_close(*values, rtol=1e-4, atol=1e-5, equal_nan=True)


def run_path_of(runs: Path) -> Path:
    return next(path for path in runs.iterdir() if path.name.startswith(ROW.name))


# ------------------------------------------------------------------------------------- the door


@pytest.mark.parametrize("size", [3, 4])
def test_a_batch_that_cannot_be_shared_is_refused(
    size: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", str(size))
    use_waves(monkeypatch)
    with pytest.raises(ValueError, match=f"batch of 2 cannot be .* {size} ranks; start 1, 2 "):
        train(ROW, runs=tmp_path, progress=False, device="cpu")
    assert not list(tmp_path.iterdir())


def _another(rank: int, runs: Path) -> None:
    _train(rank, runs, {}, replace(ROW, seed=rank))


def test_ranks_with_different_rows_are_refused(tmp_path: Path) -> None:
    ended(started(2, _another, tmp_path / "runs"))
    for rank in range(2):
        told = (tmp_path / f"runs-told-{rank}").read_text()
        assert told.startswith("Disagreement: the ranks differ in run: model-2-seed0-")
        assert "on rank 0, model-2-seed1-" in told


def test_ranks_do_not_wait_for_another_training(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The GPUs of a job are too dear to wait."""
    from sgnlib.storage import locked

    use_waves(monkeypatch)
    path = run_path(ROW, tmp_path / "runs")
    with locked(path.with_name(f".{path.name}.lock"), "this test"):
        told = trained(tmp_path / "runs")
    assert told[0].startswith(f"BlockingIOError: process {os.getpid()} is at work")
    assert told[1].startswith("LostRank")
