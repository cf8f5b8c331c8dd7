"""A foreign training script runs unchanged, is timed from outside, and leaves nothing behind."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pytest
import torch

from benchmarks import authors
from benchmarks.contenders import compete
from benchmarks.timing import Times
from sgnlib.experiments import MODEL_1, smoke

SCRIPT = """
import argparse
import torch, torchvision
from torch.utils.data import DataLoader
from utils import double
from visdom import Visdom

parser = argparse.ArgumentParser()
for name in ("--size", "--batchSize", "--ndf", "--style_size", "--log_int"):
    parser.add_argument(name, type=int)
parser.add_argument("--style_image")
parser.add_argument("--style_weight", type=float)
parser.add_argument("--cuda", action="store_true", default=True)
opt = parser.parse_args()
Visdom().image(None)
assert torchvision.models.vgg16(pretrained=True).features[0].out_channels == 64
Tensor = torch.cuda.FloatTensor if opt.cuda else torch.Tensorreal_A
room = Tensor(opt.batchSize, 3, opt.size, opt.size)
for i, batch in enumerate(DataLoader(None, batch_size=opt.batchSize)):
    room.copy_(batch["A"])
    double(batch["B"]).cuda()
    open(LOG, "a").write(f"step {i}\\n")
"""

ROW = smoke(MODEL_1)
CPU = torch.device("cpu")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    log = tmp_path / "log"
    (tmp_path / "train.py").write_text(f"LOG = {str(log)!r}\n{SCRIPT}")
    (tmp_path / "utils.py").write_text("def double(x): return 2 * x\n")
    return tmp_path


def lead(clone: Path, rounds: list[None], steps: int) -> Times:
    return authors.lead(clone, ROW, CPU, iter(rounds), steps)


def test_the_script_takes_its_steps_in_turns(clone: Path) -> None:
    def rounds():  # type: ignore[no-untyped-def]
        for _ in range(3):
            yield
            (clone / "log").open("a").write("ours\n")

    times = authors.lead(clone, ROW, CPU, rounds(), steps=2)
    lines = (clone / "log").read_text().splitlines()
    assert lines == [
        *("step 0", "step 1", "ours"),
        *("step 2", "step 3", "ours"),
        *("step 4", "step 5", "ours"),
    ]
    assert times.name == authors.NAME
    assert len(times.turns) == 2 and times.setup > 0, "the first turn belongs to the set-up"


def test_nothing_is_left_behind(clone: Path) -> None:
    mine = object()
    sys.modules["utils"] = mine  # type: ignore[assignment]
    before = (list(sys.argv), list(sys.path), argparse.ArgumentParser.parse_args)
    cuda, loader = torch.Tensor.cuda, torch.utils.data.DataLoader
    try:
        lead(clone, [None], steps=1)
        assert sys.modules["utils"] is mine
    finally:
        del sys.modules["utils"]
    assert (sys.argv, sys.path, argparse.ArgumentParser.parse_args) == before
    assert torch.Tensor.cuda is cuda and torch.utils.data.DataLoader is loader
    assert "visdom" not in sys.modules and not hasattr(torch, "Tensorreal_A")


def test_an_error_of_theirs_is_seen(clone: Path) -> None:
    (clone / "utils.py").write_text("def double(x): raise OSError('theirs')\n")
    with pytest.raises(OSError, match="theirs"):
        lead(clone, [None], steps=1)


def test_a_folder_without_the_script_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="pytorch-sym-parameter"):
        lead(tmp_path, [None], steps=1)


def test_sizes_that_they_do_not_have_are_left_out(clone: Path) -> None:
    assert authors.runs(MODEL_1) and not authors.runs(ROW)
    assert compete(ROW, {}, CPU, folder=clone, rounds=1, steps=1) == []
    assert not (clone / "log").exists()
