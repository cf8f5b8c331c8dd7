from __future__ import annotations

import errno
import json
import logging
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from sgnlib import storage
from sgnlib.experiments import Experiment
from sgnlib.storage import hash_file, sha256
from sgnlib.training import journal, loop, renewal, runs
from sgnlib.training.loop import train
from sgnlib.training.runs import Run, find_run, run_path
from sgnlib.training.runtime import repeatable
from sgnlib.training.trainer import Losses, Trainer
from tests.training.rows import TINY

pytestmark = pytest.mark.usefixtures("waves")


@pytest.fixture
def again(tmp_path: Path) -> Callable[..., Run]:
    """Trains TINY, or what of it is left to do, with a checkpoint after every step."""

    def call(row: Experiment = TINY, **more: object) -> Run:
        options = {"device": "cpu", "progress": False, "checkpoint_seconds": 0.0} | more
        return train(row, runs=tmp_path, **options)  # type: ignore[arg-type]

    return call


def counted(steps: list[int]) -> Callable[[int], None]:
    return steps.append


def result(run: Run) -> tuple[object, ...]:
    """What must not depend on interruptions: weights and metrics without the clock."""
    hashes = tuple(sorted(run.info["sha256"].items()))
    return (*hashes, run.metrics().drop(columns="seconds").to_json())


def stop_at(step: int) -> Callable[[int], None]:
    def check(done: int) -> None:
        if done == step:
            os.kill(os.getpid(), signal.SIGINT)

    return check


def test_a_run_is_trained_once_and_says_all(again: Callable[..., Run], tmp_path: Path) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    run = again()
    assert run.path == run_path(TINY, tmp_path) and find_run(TINY, tmp_path) == run
    assert run.complete and run.up_to_date and run.experiment == TINY
    assert sorted(path.name for path in run.path.iterdir()) == [
        "discriminators.safetensors",
        "discriminators.safetensors.sha256",
        "environment.json",
        "experiment.json",
        "generator.safetensors",
        "generator.safetensors.sha256",
        "metrics.jsonl",
        "run.json",
    ]
    assert run.metrics()["step"].tolist() == [1, 2, 3, 4, 5]
    assert run.metrics().columns.tolist() == [
        *("step", "L_G", "L_1", "L_2", "L_3", "D_2", "lr", "seconds")
    ]
    assert run.info["threads"] == 1 and torch.get_num_threads() == 2
    torch.set_num_threads(threads)
    assert run.info["torch"] == torch.__version__.split("+")[0]
    assert run.features_kind == "VGG16 layout, seeded random weights, width 0.0625"
    assert json.loads((run.path / "environment.json").read_text())["code"] == run.info["code"]
    steps: list[int] = []
    assert again(on_step=counted(steps)) == run
    assert steps == []


def test_weights_come_back(again: Callable[..., Run]) -> None:
    run = again()
    device = torch.device("cpu")
    with repeatable(TINY, device):
        trainer = Trainer(TINY, device)
        for number in range(TINY.steps):
            trainer.step(number)
    networks = run.networks()
    pairs = [(networks.generator, trainer.networks.generator)]
    pairs += [(networks.discriminators[1], trainer.networks.discriminators[1])]
    for stored, trained in [*pairs, (run.generator(), trainer.networks.generator)]:
        assert not stored.training and not any(p.requires_grad for p in stored.parameters())
        for name, tensor in trained.state_dict().items():
            assert torch.equal(stored.state_dict()[name], tensor)


@pytest.mark.parametrize("step", [1, 3, 5])
def test_ctrl_c_saves_and_the_next_call_goes_on(
    again: Callable[..., Run], step: int, tmp_path: Path
) -> None:
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt, match=f"stopped after step {step} of 5"):
        train(TINY, runs=tmp_path, progress=False, on_step=stop_at(step), checkpoint_seconds=1e9)
    assert signal.getsignal(signal.SIGINT) is handler
    assert find_run(TINY, tmp_path) is None
    steps: list[int] = []
    run = again(on_step=counted(steps))
    assert steps == list(range(step + 1, 6))
    assert result(run) == result(train(TINY, runs=tmp_path / "other", progress=False))


def test_an_unfinished_run_keeps_its_precision(
    again: Callable[..., Run], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(KeyboardInterrupt):
        again(on_step=stop_at(2), precision="bfloat16")
    run = again(precision="float32")
    assert "goes on with the precision it began with, bfloat16" in caplog.text
    assert run.info["precision"] == "bfloat16" and run.info["pace"] == "eager"
    options = {"runs": tmp_path / "other", "progress": False}
    assert result(run) == result(train(TINY, precision="bfloat16", **options))
    assert result(run) != result(train(TINY, precision="float32", fresh=True, **options))


def test_not_finite_keeps_the_checkpoint(
    again: Callable[..., Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "FLUSH_EVERY", 1)
    step = Trainer.step

    def poisoned(self: Trainer, number: int) -> Losses:
        losses = step(self, number)
        if number == 3:
            losses["L_2"] = losses["L_2"] * float("nan")
        return losses

    monkeypatch.setattr(Trainer, "step", poisoned)
    with pytest.raises(journal.NonFiniteLoss, match=r"step 4: L_2 = nan \(domain 'ukiyoe'"):
        again()
    folder = run_path(TINY, tmp_path)
    assert (folder / "checkpoints" / "latest").read_text() == "step-00000003.pt"
    assert not list(folder.glob("*.safetensors"))
    monkeypatch.setattr(Trainer, "step", step)
    assert result(again()) == result(train(TINY, runs=tmp_path / "other", progress=False))


@pytest.mark.parametrize("write", [1, 3, 7, 10, 14, 18])
def test_full_disk_loses_nothing(
    again: Callable[..., Run], write: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever it strikes: the first files, a checkpoint, the final weights."""
    real, calls = os.write, []

    def full(handle: int, data: memoryview) -> int:
        calls.append(handle)
        if len(calls) >= write:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(handle, data)

    monkeypatch.setattr(storage.os, "write", full)
    with pytest.raises(OSError, match="No space left") as caught:
        again()
    assert "free some space" in caught.value.__notes__[0]
    monkeypatch.setattr(storage.os, "write", real)
    steps: list[int] = []
    run = again(on_step=counted(steps))
    # Three files at the start, then three per checkpoint.
    assert len(steps) == 5 - min(max((write - 4) // 3, 0), 4)
    assert result(run) == result(train(TINY, runs=tmp_path / "other", progress=False))


def test_damaged_weights_are_trained_again(
    again: Callable[..., Run], caplog: pytest.LogCaptureFixture
) -> None:
    run = again()
    before = result(run)
    weights = run.path / "generator.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(storage.CorruptFile):
        run.generator()
    assert result(again()) == before
    assert "damaged" in caplog.text
    run.verify()


def test_weights_swapped_together_with_their_hash_are_noticed(again: Callable[..., Run]) -> None:
    run = again()
    weights = run.path / "generator.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    hash_file(weights).write_text(f"{sha256(weights)}  {weights.name}\n")
    with pytest.raises(storage.CorruptFile, match=r"run\.json"):
        run.verify()


def test_other_code_finished_is_loaded_and_said(
    again: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run = again()
    _pretend_other_code(monkeypatch)
    steps: list[int] = []
    assert again(on_step=counted(steps)) == run and steps == []
    assert "trained by other code" in caplog.text and "fresh=True" in caplog.text


def test_other_code_unfinished_starts_over_and_says_so(
    again: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(KeyboardInterrupt):
        again(on_step=stop_at(3), checkpoint_seconds=1e9)
    _pretend_other_code(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        again(on_step=stop_at(3), checkpoint_seconds=1e9)
    assert "starts over" in caplog.text
    steps: list[int] = []
    again(on_step=counted(steps))
    assert steps == [4, 5]


def test_fresh_replaces_the_old_run_only_when_it_is_done(
    again: Callable[..., Run], tmp_path: Path
) -> None:
    run = again()
    (run.path / "old").touch()
    with pytest.raises(KeyboardInterrupt):
        again(fresh=True, on_step=stop_at(2))
    assert run.complete and (run.path / "old").exists()
    steps: list[int] = []
    again(fresh=True, on_step=counted(steps))
    assert steps == [3, 4, 5]
    assert run.complete and not (run.path / "old").exists()
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == [run.path.name]


@pytest.mark.parametrize("renames", [1, 2])
def test_death_between_the_renames_of_a_replacement(
    again: Callable[..., Run], renames: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = again()
    before, real, calls = result(run), renewal.move, []

    def dies(source: Path, target: Path) -> None:
        calls.append(source)
        if len(calls) == renames:
            raise KeyboardInterrupt
        real(source, target)

    monkeypatch.setattr(renewal, "move", dies)
    with pytest.raises(KeyboardInterrupt):
        again(fresh=True)
    monkeypatch.setattr(renewal, "move", real)
    steps: list[int] = []
    assert result(again(on_step=counted(steps))) == before and steps == []
    (tmp_path / run.path.name / "old").touch()
    assert result(again(fresh=True, on_step=counted(steps))) == before
    assert not (run.path / "old").exists()
    # Before the first rename the replacement was whole: it need not be trained twice.
    assert steps == ([] if renames == 1 else [1, 2, 3, 4, 5])


def test_leftovers_of_a_killed_write_are_swept(again: Callable[..., Run], tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        again(on_step=stop_at(2))
    leftover = run_path(TINY, tmp_path) / "checkpoints" / ".step-00000003.pt.abc.tmp"
    leftover.write_bytes(b"half")
    with pytest.raises(KeyboardInterrupt):
        again(on_step=stop_at(3))
    assert not leftover.exists()


def test_unknown_device(again: Callable[..., Run], tmp_path: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(ValueError, match="'cuda' is not to be had; here is only 'cpu'"):
        train(TINY, runs=tmp_path, device="cuda")


@pytest.mark.parametrize(("hidden", "shown"), [("0", True), ("1", False)])
def test_progress_goes_to_stderr_unless_hidden(
    hidden: str,
    shown: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    if shown:
        monkeypatch.delenv("TQDM_DISABLE", raising=False)
    else:
        monkeypatch.setenv("TQDM_DISABLE", hidden)
    train(replace(TINY, steps=2), runs=tmp_path)
    out, err = capfd.readouterr()
    assert out == ""
    assert ("model-2" in err) == shown


def _pretend_other_code(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (loop, renewal, runs):
        monkeypatch.setattr(module, "training_code", lambda: "othercode")
    logging.getLogger("sgnlib").setLevel(logging.INFO)
