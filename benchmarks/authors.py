"""The authors' own training script as a contender: run unchanged, their loop waits for the others.

    git clone https://github.com/TimeLighter/pytorch-sym-parameter

Their `train.py` runs as it is, with its networks, losses, optimisers and image pool. In place of
files it is fed prepared images, so that reading costs it nothing; in place of ImageNet's weights
VGG16 has random ones, so that nothing is downloaded; what it plots is dropped. On the CPU its
`.cuda()` does nothing. Nothing of theirs is copied, and all replacements are taken back at the end.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import runpy
import sys
import types
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from torch import Tensor

from benchmarks.timing import Times, now
from sgnlib.experiments import Experiment
from sgnlib.shapes import Images

NAME = "authors' code, float32"
NGF, N_BLOCKS, D_LAYERS = 64, 9, 3
"""Sizes that their script has built in."""


def runs(row: Experiment) -> bool:
    """Whether their script has the row's sizes."""
    return (row.ngf, row.n_blocks, row.d_layers) == (NGF, N_BLOCKS, D_LAYERS)


def find(folder: Path) -> Path:
    """Their script.

    Raises:
        FileNotFoundError: There is no train.py in the folder.
    """
    script = folder / "train.py"
    if not script.is_file():
        raise FileNotFoundError(
            f"{script} is missing; give the folder of a clone of "
            "https://github.com/TimeLighter/pytorch-sym-parameter"
        )
    return script


def lead(
    folder: Path, row: Experiment, device: torch.device, rounds: Iterable[None], steps: int
) -> Times:
    """Runs their script; after each of its turns the next of `rounds` happens.

    Args:
        folder: Their checkout.
        row: Gives image size, batch size and width of the discriminator.
        device: Where.
        rounds: What else happens between the turns; its length is the number of turns.
        steps: Training steps per turn.

    Raises:
        FileNotFoundError: There is no train.py in the folder.
    """
    script = find(folder)
    times = Times(NAME)
    feed = _Feed(times, row, device, rounds, steps)
    with _theatre(folder, feed, device), contextlib.suppress(_Enough):
        sys.argv = [str(script), *_arguments(folder, row)]
        runpy.run_path(str(script), run_name="__main__")
    return times


class _Enough(Exception):
    """Ends their loop."""


class _Feed:
    """Stands in for their DataLoader: the same images again and again, and a look at the clock."""

    def __init__(
        self,
        times: Times,
        row: Experiment,
        device: torch.device,
        rounds: Iterable[None],
        steps: int,
    ) -> None:
        self.times, self.device, self.rounds, self.steps = times, device, rounds, steps
        self.batch = {name: noise(row, seed) for seed, name in enumerate("AB")}
        self.begun = now(device)

    def __len__(self) -> int:
        return 1_000_000  # far from the end of an epoch

    def __iter__(self) -> Iterator[dict[str, Images]]:
        for _ in self.rounds:
            if self.times.setup_done:
                self.begun = now(self.device)
            for _ in range(self.steps):
                yield self.batch
            self.times.note(now(self.device) - self.begun, self.steps)
        raise _Enough


def noise(row: Experiment, seed: int) -> Images:
    """A batch of random images in [-1, 1]."""
    shape = (row.batch_size, 3, row.image_size, row.image_size)
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def _arguments(folder: Path, row: Experiment) -> list[str]:
    size = str(row.image_size)
    style = folder / "images" / "style-images" / "udnie.jpg"
    return [
        *("--size", size, "--style_size", size, "--style_image", str(style)),
        *("--batchSize", str(row.batch_size), "--ndf", str(row.ndf), "--style_weight", "200"),
        *("--log_int", "1000000"),  # no pictures in between
    ]


@contextlib.contextmanager
def _theatre(folder: Path, feed: _Feed, device: torch.device) -> Iterator[None]:
    """The world that their script expects, for as long as it runs."""
    import torchvision

    vgg16 = torchvision.models.vgg16
    with contextlib.ExitStack() as stack:

        def put(target: Any, name: str, value: Any, create: bool = False) -> None:
            stack.enter_context(mock.patch.object(target, name, value, create=create))

        stack.enter_context(_modules_of(folder))
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")  # what torch has renamed since
        put(sys, "argv", sys.argv)
        put(sys, "path", [str(folder), *sys.path])
        put(torchvision.models, "vgg16", lambda pretrained: vgg16(weights=None))
        put(torch.utils.data, "DataLoader", lambda *args, **kwargs: feed)
        if device.type == "cpu":
            put(argparse.ArgumentParser, "parse_args", _without_cuda())
            put(Tensor, "cuda", lambda self: self)
            # Their script names the CPU's tensors so, by a slip of the pen.
            put(torch, "Tensorreal_A", torch.FloatTensor, create=True)
        yield


@contextlib.contextmanager
def _modules_of(folder: Path) -> Iterator[None]:
    """Lets them import their own `utils` and `model`, and forgets these afterwards."""
    names = {path.stem for path in folder.glob("*.py")} | {"visdom"}
    before = {name: sys.modules.pop(name) for name in names & sys.modules.keys()}
    visdom: Any = types.ModuleType("visdom")
    visdom.Visdom = mock.MagicMock
    sys.modules["visdom"] = visdom
    try:
        yield
    finally:
        for name in names & sys.modules.keys():
            del sys.modules[name]
        sys.modules.update(before)


def _without_cuda() -> Callable[..., argparse.Namespace]:
    """Their script has a switch for CUDA that cannot be switched off."""
    parse = argparse.ArgumentParser.parse_args

    def parse_args(self: argparse.ArgumentParser) -> argparse.Namespace:
        return argparse.Namespace(**(vars(parse(self)) | {"cuda": False}))

    return parse_args
