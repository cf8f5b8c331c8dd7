"""`sgn doctor`: what is installed, what the machine has, what is cached, what will be used."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from sgnlib import __version__, network, paths
from sgnlib.nn.vgg import imagenet_file
from sgnlib.training.precision import WIDE, has_bfloat16

PACKAGES = (
    "torch", "torchvision", "numpy", "pandas", "matplotlib", "scikit-image", "safetensors",
    "snakemake", "papermill", "jupyterlab", "ipywidgets",
)  # fmt: skip


def diagnosis() -> list[str]:
    """Everything worth knowing before asking for help, one fact per line."""
    return [
        _fact("sgnlib", f"{__version__} in {paths.ROOT}"),
        _fact("Python", f"{platform.python_version()} ({sys.executable})"),
        _fact("system", f"{platform.system()} {platform.release()}, {platform.machine()}"),
        *(_fact(name, _version(name)) for name in PACKAGES),
        *_compute(),
        *_storage(),
        _fact("perceptual network", _vgg()),
    ]


def _compute() -> list[str]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    device = f"cuda: {', '.join(gpus)}" if gpus else "cpu (no CUDA device)"
    small = "one thread per training in smoke, quick and laptop"
    return [
        _fact(
            "CPU",
            f"{cores} cores, {memory:.0f} GB memory, {torch.backends.cpu.get_cpu_capability()}",
        ),
        _fact("threads", f"{torch.get_num_threads()} of torch; {small}"),
        _fact("device in use", device),
        _fact("precision", _precision("cuda" if gpus else "cpu")),
    ]


def _precision(device: str) -> str:
    if not has_bfloat16(torch.device(device)):
        return "float32: the device in use has no instructions for bfloat16"
    if device == "cuda":
        return "bfloat16 in trainings, unless --precision float32"
    return f"bfloat16 in trainings with ngf of at least {WIDE} (paper), float32 in all others"


def _storage() -> list[str]:
    place = paths.data_dir()
    while not place.exists():
        place = place.parent
    runs = len(list(paths.runs_dir().glob("*/run.json")))
    cache = sum(1 for _ in paths.cache_dir().glob("*.npy"))
    return [
        _fact("data", f"{paths.data_dir()} ({_size(paths.data_dir())})"),
        _fact("images in cache", f"{cache} files ({_size(paths.cache_dir())})"),
        _fact("finished runs", f"{runs} ({_size(paths.runs_dir())})"),
        _fact("figures", str(paths.figures_dir())),
        _fact("free disk", f"{shutil.disk_usage(place).free / 2**30:.0f} GB"),
    ]


def _vgg() -> str:
    always = "quick and smoke always use seeded random weights"
    if imagenet_file().is_file():
        return f"ImageNet weights in {imagenet_file()}; {always}"
    asked = (
        "not asked for (SGN_OFFLINE=1)"
        if network.offline()
        else ("downloaded when a training of laptop or paper needs them, if there is a network")
    )
    return f"ImageNet weights are not cached: {asked}, else seeded random weights; {always}"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing: `make environment` installs it"


def _size(folder: Path) -> str:
    total = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return f"{total / 2**20:.0f} MB"


def _fact(name: str, value: str) -> str:
    return f"{name + ':':20}{value}"
