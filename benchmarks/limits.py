"""What a device can do at most, and what a training step asks of it at least."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.contenders import random_images
from benchmarks.timing import now
from sgnlib.experiments import Experiment
from sgnlib.training.trainer import Trainer

ADAM_BYTES = 28
"""Per parameter: weight, gradient and two moments are read, all but the gradient are written."""


def matmul_rate(device: torch.device, side: int = 8192) -> float:
    """Operations per second of a bfloat16 product of random square matrices."""
    a, b = (torch.randn(side, side, device=device).bfloat16() for _ in range(2))
    return 2 * side**3 / _seconds(lambda: a @ b, device)


def bandwidth(device: torch.device, size: int = 2**31) -> float:
    """Bytes per second of a copy inside the device's memory, read and written ones together."""
    source = torch.zeros(size, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    return 2 * size / _seconds(lambda: target.copy_(source), device)


def demands(row: Experiment, device: torch.device) -> tuple[float, float]:
    """Operations of one training step, and the bytes that it must move in bfloat16.

    The bytes are those of a program that fuses everything but convolutions and matrix products:
    each reads its operands and writes its results once, in two bytes a number, and Adam goes once
    over all weights in float32.
    """
    with random_images():
        trainer = Trainer(row, device)
    with FlopCounterMode(display=False) as flops, _Operands() as operands:
        trainer.step(0)
    networks = (trainer.networks.generator, *trainer.networks.discriminators.values())
    weights = sum(p.numel() for network in networks for p in network.parameters())
    return float(flops.get_total_flops()), 2.0 * operands.numbers + ADAM_BYTES * weights


class _Operands(TorchDispatchMode):
    """Counts the numbers that convolutions and matrix products read and write."""

    KINDS = ("convolution", "convolution_backward", "mm", "bmm", "addmm", "baddbmm")

    def __init__(self) -> None:
        super().__init__()
        self.numbers = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        if func.overloadpacket.__name__ in self.KINDS:
            tensors = [leaf for leaf in tree_leaves((args, result)) if isinstance(leaf, Tensor)]
            self.numbers += sum(tensor.numel() for tensor in tensors)
        return result


def _seconds(
    work: Callable[[], object], device: torch.device, turns: int = 5, each: int = 5
) -> float:
    """Median over some turns, after one that warms up."""
    times = []
    for _ in range(turns + 1):
        begun = now(device)
        for _ in range(each):
            work()
        times.append((now(device) - begun) / each)
    return median(times[1:])
