"""The machine's part in a training: device, threads, algorithms that repeat."""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib.metadata import version
from typing import Any

import torch

from sgnlib.experiments import Experiment

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""Numbers of glibc's malloc.h."""

SMALL = 32
"""Below this ngf, several threads hardly help one training; two trainings side by side do."""


def choose_device(name: str) -> torch.device:
    """The device of a name such as "cpu" or "cuda:1"; "auto" is the GPU if there is one.

    Raises:
        ValueError: There is no such device here.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    device = torch.device(name)
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ValueError(f"device {name!r} is not to be had; here is only 'cpu' (or 'auto')")
    return device


def keep_freed_memory() -> None:
    """Lets a process keep the memory that it frees; changes no number.

    glibc returns every large block to the kernel and asks for it again in the next step: 2,700 page
    faults, 9 % of a small training's time. Elsewhere (musl, macOS, Windows) nothing happens.
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, 32 << 20)  # the largest value that glibc takes
        libc.mallopt(_M_TRIM_THRESHOLD, 1 << 30)


@contextmanager
def repeatable(experiment: Experiment, device: torch.device) -> Iterator[None]:
    """Settings under which a training gives the same bits again on the same machine.

    A small network gets one CPU thread, so that its weights do not depend on the number of cores.
    On a GPU, torch is asked for deterministic algorithms and warns where it has none. On leaving,
    the settings of before come back.
    """
    keep_freed_memory()
    threads = torch.get_num_threads()
    if device.type == "cpu" and experiment.ngf < SMALL:
        torch.set_num_threads(1)
    try:
        with _deterministic_gpu() if device.type == "cuda" else nullcontext():
            yield
    finally:
        torch.set_num_threads(threads)


@contextmanager
def _deterministic_gpu() -> Iterator[None]:
    """Deterministic algorithms; float32 means float32.

    cuDNN rounds float32 to TF32 by default, and the authors' numbers to 1e-4 would be lost. It may
    if it is asked to, by torch's own switch: `torch.set_float32_matmul_precision("high")`, or the
    environment variable TORCH_ALLOW_TF32_CUBLAS_OVERRIDE=1.
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    strict = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    deterministic: Any = torch.utils.deterministic  # a module whose settings are properties
    fill = deterministic.fill_uninitialized_memory
    tf32 = torch.backends.cudnn.allow_tf32
    torch.use_deterministic_algorithms(True, warn_only=True)
    # Nothing here reads memory before it is written; filling it costs a pass over every tensor.
    deterministic.fill_uninitialized_memory = False
    torch.backends.cudnn.allow_tf32 = torch.get_float32_matmul_precision() != "highest"
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(strict, warn_only=warn_only)
        deterministic.fill_uninitialized_memory = fill
        torch.backends.cudnn.allow_tf32 = tf32


def environment(device: torch.device) -> dict[str, str | int]:
    """Versions, device and threads, as they are now."""
    names = ("torch", "torchvision", "numpy", "safetensors")
    return {
        "python": sys.version.split()[0],
        **{name: version(name) for name in names},
        "platform": f"{platform.system()} {platform.machine()}",
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "threads": torch.get_num_threads(),
    }
