"""What a cluster is told: the Slurm profile, time limits, ranks of a training."""

from __future__ import annotations

import re

import pytest
import yaml
from snakemake.cli import get_argument_parser

from sgnlib.paths import ROOT
from sgnlib.pipeline.cost import time_limit
from tests.pipeline.conftest import Copy


def test_time_limits_leave_room_and_grow_with_every_attempt() -> None:
    assert time_limit(0.0) == 30
    assert time_limit(7200.0) == 30 + 3 * 120
    limits = [time_limit(7200.0, attempt=attempt) for attempt in (1, 2, 3)]
    assert limits == [390, 780, 1170]
    assert time_limit(1e6) > time_limit(1e6, gpus=1) > time_limit(1e6, gpus=4) > 30


def test_the_profile_holds_options_that_snakemake_knows() -> None:
    profile = yaml.safe_load((ROOT / "slurm" / "config.yaml").read_text())
    known = get_argument_parser()._option_string_actions
    ours = {key for key in profile if not key.startswith("slurm-")}  # those are the plugin's
    assert {f"--{key}" for key in ours} <= known.keys()
    assert profile["executor"] == "slurm" and profile["retries"] > 0


@pytest.mark.parametrize("ranks", [1, 2])
def test_a_training_gets_what_its_ranks_need(project: Copy, ranks: int) -> None:
    snakefile = project.root / "Snakefile"  # a rule's message stands in place of its resources
    snakefile.write_text(re.sub(r" +message:\n.*\n", "", snakefile.read_text()))
    target, config = "trainings", ("profile=smoke", "gpu=1", f"ranks={ranks}")
    options = ("--dry-run", "--printshellcmds", "--cores", "4", "--resources", "gpu=4")
    done = project.run("-m", "snakemake", target, *options, "--config", *config)
    assert done.returncode == 0, done.stderr
    told = done.stdout + done.stderr
    commands = re.findall(r"OMP_NUM_THREADS=.* sgnlib\.pipeline\.jobs train .*", told)
    assert len(commands) == 15
    together = f"torch.distributed.run --standalone --nproc-per-node {ranks} -m sgnlib"
    assert all((together in command) == (ranks > 1) for command in commands)
    assert all(command.startswith("OMP_NUM_THREADS=1 ") for command in commands)
    resources = re.findall(r"resources: .*gpu=(\d+).*", told)
    assert set(resources) == {str(ranks)}
    assert f"mem_mb={8000 * ranks}" in told and "runtime=31" in told
