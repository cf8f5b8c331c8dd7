"""`train`: from a row to its finished run, through any number of interruptions."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Literal

import safetensors.torch
import torch
from tqdm import tqdm

from sgnlib.experiments import Experiment
from sgnlib.storage import advice_on_full_disk, atomic_write, locked, write_hashed
from sgnlib.training import renewal
from sgnlib.training import runs as files
from sgnlib.training.checkpoints import Checkpoints
from sgnlib.training.distributed import Group, joined
from sgnlib.training.journal import Journal
from sgnlib.training.pace import choose_pace
from sgnlib.training.precision import Precision, choose_precision
from sgnlib.training.runs import Run, resolved, run_path, training_code
from sgnlib.training.runtime import choose_device, environment, repeatable
from sgnlib.training.signals import interrupts
from sgnlib.training.trainer import Pace, Trainer

log = logging.getLogger(__name__)


def train(
    experiment: Experiment,
    *,
    runs: Path | None = None,
    progress: bool = True,
    device: str = "auto",
    precision: Precision | Literal["auto"] = "auto",
    pace: Pace | Literal["auto"] = "auto",
    on_step: Callable[[int], None] | None = None,
    fresh: bool = False,
    checkpoint_seconds: float = 60.0,
) -> Run:
    """Loads the row's finished run, resumes a broken one, or trains from the beginning.

    Whatever interrupts it, the next call goes on and ends with the same bits on the same machine.
    While another process trains the same row, this one waits and then loads that one's run.
    Under torchrun, all processes train it together (`distributed.py`); the first one writes files.

    Args:
        experiment: The row.
        runs: The folder of all runs (default `paths.runs_dir()`).
        progress: Shows a bar with an estimate of the remaining time on stderr; the environment
            variable TQDM_DISABLE=1 hides it everywhere.
        device: "cpu", "cuda", "cuda:1", ...; "auto" is the GPU if there is one.
        precision: "float32" or "bfloat16"; "auto" is what the device computes fastest, but float32
            for narrow networks on a CPU. An unfinished run keeps the precision it began with.
        pace: "eager", "graphs" or "compiled"; "auto" is measured on a GPU, "eager" elsewhere. Kept
            like the precision: compiled networks may differ in last bits.
        on_step: Called with the number of updates made, after each.
        fresh: Trains anew although a finished run is there; it is replaced at the very end.
        checkpoint_seconds: Time between checkpoints.

    Raises:
        KeyboardInterrupt: Ctrl-C, SIGTERM or SIGUSR1 (Slurm's `--signal`), on any of the
            processes; a checkpoint has been written.
        NonFiniteLoss: A loss is not finite; names the domain and the step.
        OSError: The disk is full; the last checkpoint is still there.
    """
    row = resolved(experiment)
    path = run_path(row, runs)
    with joined(choose_device(device), row.batch_size) as group:
        group.agree(lambda: {"run": path.name, "code": training_code(), "torch": torch.__version__})
        with _locked(path, group):
            folder, missing = group.from_first(lambda: renewal.plan(path, fresh))
            if missing:
                with repeatable(row, group.device), advice_on_full_disk():
                    training = _Training(row, folder, group, precision, pace)
                    training.run(progress, on_step, checkpoint_seconds)
            if folder != path and group.first:
                renewal.replace(path)
            group.barrier()
    return Run(path)


class _Training:
    """One group's attempt to bring a run's folder to its end."""

    def __init__(
        self, row: Experiment, folder: Path, group: Group, precision: str, pace: str
    ) -> None:
        self.row = row
        self.folder = folder
        self.group = group
        self.checkpoints = Checkpoints(folder / "checkpoints")
        state = group.from_first(self._resumable)
        precision, pace = self._kept(state, precision=precision, pace=pace)
        self.precision = choose_precision(precision, row, group.device)
        self.pace: Pace = "eager"  # recording what ranks exchange has not been tried
        if group.size == 1:
            self.pace = choose_pace(pace, row, group.device, self.precision, row.steps)
        self.trainer = Trainer(row, group.device, self.precision, self.pace, group)
        self.environment = environment(group.device) | {
            "precision": self.precision,
            "pace": self.pace,
            "ranks": group.size,
            "code": training_code(),
        }
        self.done, self.seconds, metrics = 0, 0.0, ""
        if state:
            self.trainer.load_state_dict(state["trainer"])
            self.done, self.seconds, metrics = state["step"], state["seconds"], state["metrics"]
            log.info("%s: resuming after step %d of %d", row.name, self.done, row.steps)
        group.agree(lambda: {"precision": self.precision, **self._position()})
        if group.first:
            atomic_write(folder / files.EXPERIMENT, files.experiment_to_json(row).encode())
            atomic_write(folder / files.ENVIRONMENT, _json(self.environment))
        self.journal = Journal(
            folder / files.METRICS if group.first else None, row.domains, metrics
        )

    def run(
        self,
        progress: bool,
        on_step: Callable[[int], None] | None,
        checkpoint_seconds: float,
    ) -> None:
        """Makes the remaining steps and finishes the folder."""
        hidden = not (progress and self.group.first) or os.environ.get("TQDM_DISABLE") == "1"
        bar = tqdm(total=self.row.steps, initial=self.done, desc=self.row.name, disable=hidden)
        begun = saved = time.monotonic()
        before = self.seconds
        with bar, interrupts() as interrupted:
            while self.done < self.row.steps:
                losses = self.trainer.step(self.done)
                lr = self.trainer.learning_rate(self.done)
                self.done += 1
                now = time.monotonic()
                self.seconds = before + now - begun
                self.journal.add(self.done, losses, lr=lr, seconds=self.seconds)
                bar.update()
                bar.set_postfix_str(self.journal.summary, refresh=False)
                if on_step:
                    on_step(self.done)
                if self.group.any(interrupted.is_set()):
                    self._stop()
                if now - saved >= checkpoint_seconds and self.done < self.row.steps:
                    self._save()
                    saved = time.monotonic()
            self._finish()
            if self.group.any(interrupted.is_set()):
                raise KeyboardInterrupt(f"{self.row.name} is finished")

    def _save(self) -> None:
        self.journal.flush()
        if not self.group.first:
            return
        state = {
            "code": training_code(),
            "precision": self.precision,
            "pace": self.pace,
            "step": self.done,
            "seconds": self.seconds,
            "metrics": self.journal.text(),
            "trainer": self.trainer.state_dict(),
        }
        self.checkpoints.save(self.done, state)

    def _stop(self) -> None:
        self._save()
        self.group.barrier()  # torchrun kills all some time after the first one has ended
        raise KeyboardInterrupt(
            f"{self.row.name} stopped after step {self.done} of {self.row.steps}; a checkpoint is "
            "written, the same command goes on from there"
        )

    def _finish(self) -> None:
        """Writes the weights, then the manifest, which makes the run complete."""
        self.journal.flush()
        if not self.group.first:
            return
        networks = self.trainer.networks
        discriminators = {
            f"{k + 1}.{name}": tensor
            for k, network in networks.discriminators.items()
            for name, tensor in network.state_dict().items()
        }
        weights = {
            files.GENERATOR: networks.generator.state_dict(),
            files.DISCRIMINATORS: discriminators,
        }
        hashes = {
            name: write_hashed(self.folder / name, _safetensors(tensors))
            for name, tensors in weights.items()
        }
        manifest = self.environment | {
            "steps": self.done,
            "seconds": round(self.seconds, 1),
            "features_kind": networks.features.kind if networks.features else "none",
            "sha256": hashes,
        }
        atomic_write(self.folder / files.MANIFEST, _json(manifest))
        self.checkpoints.clear()

    def _kept(self, state: dict[str, Any] | None, **asked: str) -> list[str]:
        """What an unfinished run began with in place of what is asked for now; says so."""
        kept = {name: state[name] if state else value for name, value in asked.items()}
        for name, value in asked.items():
            if value not in ("auto", kept[name]):
                log.warning(
                    "%s goes on with the %s it began with, %s", self.row.name, name, kept[name]
                )
        return list(kept.values())

    def _position(self) -> dict[str, str | int]:
        """Where the training stands, for ranks to compare."""
        weights = _safetensors(self.trainer.networks.generator.state_dict())
        return {"step": self.done, "weights": hashlib.sha256(weights).hexdigest()[:12]}

    def _resumable(self) -> dict[str, Any] | None:
        """The state to go on from; clears away what an earlier process left half done."""
        _sweep(self.folder)
        (self.folder / files.MANIFEST).unlink(missing_ok=True)
        state = self.checkpoints.load()
        if state and state["code"] != training_code():
            log.warning("%s: its unfinished run is of other code; it starts over", self.row.name)
            self.checkpoints.clear()
            return None
        return state


@contextmanager
def _locked(path: Path, group: Group) -> Iterator[None]:
    """Keeps other processes from training the row; several ranks do not wait for one another's end.

    Raises:
        BlockingIOError: Another process trains it, and this is one of several ranks.
    """
    lock, purpose = path.with_name(f".{path.name}.lock"), f"it trains {path.name}"
    with locked(lock, purpose, wait=group.size == 1) if group.first else nullcontext():
        yield


def _sweep(folder: Path) -> None:
    """Removes the half-written files of a process that was killed."""
    for leftover in folder.rglob(".*.tmp"):
        leftover.unlink()


def _safetensors(tensors: dict[str, torch.Tensor]) -> bytes:
    """The format knows one layout only; a GPU's weights may be channels_last."""
    return safetensors.torch.save({name: tensor.contiguous() for name, tensor in tensors.items()})


def _json(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, indent=1) + "\n").encode()
