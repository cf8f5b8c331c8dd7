"""A run's metrics: one JSON line per step, and the watch over values that are not finite."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import torch

from sgnlib.experiments import Domain
from sgnlib.storage import atomic_write
from sgnlib.training.trainer import Losses

FLUSH_EVERY = 20
"""Steps whose losses wait on the device before they are fetched together."""


class NonFiniteLoss(ArithmeticError):
    """A loss became infinite or not a number."""


class Journal:
    """Collects the losses of steps and writes them as lines of metrics.jsonl.

    Fetching losses from a GPU makes it wait, so it is done for several steps at once. Nothing may
    be saved as a checkpoint before `flush` has found all losses finite.

    Args:
        path: The file; without one, the losses are only watched.
        domains: The row's domains, to name one in an error.
        text: Lines to begin with: those of the checkpoint that the training resumes from.
    """

    def __init__(self, path: Path | None, domains: Sequence[Domain], text: str = "") -> None:
        self.path = path
        self.summary = ""
        self._domains = domains
        self._waiting: list[tuple[int, Losses, dict[str, float]]] = []
        if path:
            atomic_write(path, text.encode())

    def add(self, step: int, losses: Losses, **more: float) -> None:
        """Takes note of a step's losses.

        Args:
            step: Updates made, this one included.
            losses: The trainer's.
            more: Further numbers for the line, such as the learning rate.

        Raises:
            NonFiniteLoss: See `flush`.
        """
        self._waiting.append((step, losses, more))
        if len(self._waiting) >= FLUSH_EVERY:
            self.flush()

    def flush(self) -> None:
        """Writes the waiting lines.

        Raises:
            NonFiniteLoss: A loss is not finite; the message names the step and the domains.
        """
        waiting, self._waiting = self._waiting, []
        values = [loss for _, losses, _ in waiting for loss in losses.values()]
        fetched = iter(torch.stack(values).tolist() if values else [])
        lines = []
        for step, losses, more in waiting:
            numbers = {name: next(fetched) for name in losses}
            self._demand_finite(step, numbers)
            self.summary = f"L_G {numbers['L_G']:.3f}"
            rounded = {name: float(f"{x:.7g}") for name, x in (numbers | more).items()}
            lines.append(json.dumps({"step": step} | rounded) + "\n")
        if self.path:
            with self.path.open("a") as file:
                file.writelines(lines)

    def text(self) -> str:
        """All lines up to the last flush, for a checkpoint."""
        return self.path.read_text() if self.path else ""

    def _demand_finite(self, step: int, numbers: dict[str, float]) -> None:
        bad = {name: x for name, x in numbers.items() if not math.isfinite(x)}
        if bad:
            named = ", ".join(f"{name} = {x}{self._domain(name)}" for name, x in bad.items())
            raise NonFiniteLoss(
                f"step {step}: {named}. The weights of earlier checkpoints are untouched; train "
                "with a lower learning_rate, or another seed"
            )

    def _domain(self, name: str) -> str:
        kind, _, number = name.partition("_")
        if not number.isdigit():
            return ""
        domain = self._domains[int(number) - 1]
        network = ", its discriminator" if kind == "D" else ""
        return f" (domain {domain.data!r}, {type(domain).__name__}{network})"
