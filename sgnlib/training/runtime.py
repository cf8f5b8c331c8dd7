"""The machine's part in a training: device, threads, algorithms that repeat."""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version

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
    strict = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    if device.type == "cpu" and experiment.ngf < SMALL:
        torch.set_num_threads(1)
    if device.type == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(strict, warn_only=warn_only)


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
