"""Clocks that wait for the device, what a contender's turns took, and the machine's name."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import torch

CPUINFO = Path("/proc/cpuinfo")


def now(device: torch.device) -> float:
    """Seconds, read when the device has done all that it was given.

    On one thread of a CPU it is CPU time, which a neighbour on the same core does not lengthen.
    """
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.process_time() if clock(device) == "CPU" else time.perf_counter()


def clock(device: torch.device) -> str:
    """What `now` reads: "CPU" or "wall"."""
    alone = device.type == "cpu" and torch.get_num_threads() == 1
    return "CPU" if alone else "wall"


def about(setting: str, device: torch.device) -> dict[str, object]:
    """The columns that every table begins with."""
    return {
        "machine": machine(device),
        "load": load(),
        "clock": clock(device),
        "setting": setting,
    }


@dataclass
class Times:
    """What one contender took.

    Attributes:
        name: For the table.
        setup: Seconds from nothing to the end of its first turn: building, compiling, warming up.
        turns: Seconds per step of every later turn.
    """

    name: str
    setup: float = 0.0
    turns: list[float] = field(default_factory=list)

    @property
    def step(self) -> float:
        """Median of the seconds per step."""
        return median(self.turns)

    def note(self, seconds: float, steps: int) -> None:
        """Takes note of a turn; the first one belongs to the set-up."""
        if self.setup_done:
            self.turns.append(seconds / steps)
        else:
            self.setup += seconds
            self.setup_done = True

    setup_done: bool = field(default=False, repr=False)


def machine(device: torch.device) -> str:
    """The GPU's name, or the processor's with its instructions and the threads in use."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    instructions = torch.backends.cpu.get_cpu_capability()
    threads = torch.get_num_threads()
    return f"{_processor()}, {instructions}, {threads} thread{'s' * (threads > 1)}"


def load() -> float:
    """How busy the machine is: tasks that were ready to run, mean over the last minute."""
    return round(os.getloadavg()[0], 1)


def _processor() -> str:
    lines = CPUINFO.read_text().splitlines() if CPUINFO.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
