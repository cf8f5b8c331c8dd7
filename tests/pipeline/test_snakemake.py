"""The Snakefile on a plan whose jobs cost nothing: what runs, and what does not."""

from __future__ import annotations

import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from sgnlib.storage import locked
from tests.pipeline.conftest import Copy, copied

PRETENDED = """
import argparse, os, sys, time
from sgnlib import paths
from sgnlib.pipeline.manifests import manifest_dir, write_manifest

parser = argparse.ArgumentParser()
for name in ("kind", "name", "--profile", "--digest"):
    parser.add_argument(name)
given = parser.parse_args()
with open(paths.ROOT / "calls.txt", "a") as calls:
    calls.write(f"{given.kind} {given.name}\\n")
if given.name == "nobody":
    sys.exit("this one was told to fail")
time.sleep(float(os.environ.get("PAUSE", 0)))
product = paths.figures_dir() / f"{given.name}.txt"
product.parent.mkdir(exist_ok=True)
product.write_text(given.digest)
manifest = manifest_dir(given.kind) / f"{given.name}-{given.digest}.json"
write_manifest(manifest, [product], {})
"""
"""Jobs that only pretend: one line in calls.txt, one product, a manifest."""

FEW = """
NOTEBOOKS = tuple(n for n in NOTEBOOKS if n.name[:2] in ("01", "03", "05"))

NUMERICS"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A copy in which everything has been made once."""
    project = copied(tmp_path_factory.mktemp("snakemake") / "a copy")
    (project.root / "sgnlib/pipeline/jobs.py").write_text(PRETENDED)
    project.edit("sgnlib/pipeline/plan.py", "\nNUMERICS", FEW)
    warm = "sgnlib/pipeline/warm.py"  # not needed here, and slow to start
    project.edit(warm, "    import torch\n", "    sys.exit()\n    import torch\n")
    done = reproduce(project)
    assert done.returncode == 0, done.stdout
    return project


@pytest.fixture
def project(finished: Copy, tmp_path: Path) -> Copy:
    """A copy of that, with an empty list of calls."""
    root = tmp_path / "another copy"
    shutil.copytree(finished.root, root, symlinks=True)
    (root / "calls.txt").unlink()
    return Copy(root)


COMMAND = "import sys; from sgnlib.cli import main; sys.exit(main())"


def reproduce(project: Copy, *options: str) -> subprocess.CompletedProcess[str]:
    return project.run("-c", COMMAND, "reproduce", "--profile", "smoke", "--cores", "2", *options)


def calls(project: Copy) -> Counter[str]:
    file = project.root / "calls.txt"
    return Counter(file.read_text().splitlines() if file.exists() else [])


def test_everything_is_made_once(finished: Copy) -> None:
    made = calls(finished)
    assert set(made.values()) == {1}
    kinds = Counter(call.split()[0] for call in made)
    assert kinds == {"toy": 3, "images": 6, "train": 2, "notebook": 3, "report": 1}


def test_nothing_to_do_is_said_at_once(project: Copy) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = reproduce(project)
    spent = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("Nothing to do: everything in profile smoke is up to date.")
    for name in ("01_toy_problem.ipynb", "03_model_1.ipynb", "figures/report.txt"):
        assert name in done.stdout, "what is there is named"
    assert not calls(project)
    assert spent < 5, "seconds; of the processor, because others may be at work here"


def test_time_stamps_play_no_part(project: Copy) -> None:
    """A checkout or a restored cache changes all time stamps and no content."""
    now = time.time()
    for i, file in enumerate(sorted(project.root.rglob("*"))):
        os.utime(file, (now, now - 1000 * (i % 7)))
    shutil.rmtree(project.root / ".snakemake")
    done = project.run("-m", "snakemake", "--cores", "2", "--config", "profile=smoke")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing to be done" in done.stdout + done.stderr
    assert not calls(project)


def test_what_is_gone_or_altered_is_made_again(project: Copy) -> None:
    gone, altered = (project.root / "figures" / f"{n}.txt" for n in ("05_model_3", "03_model_1"))
    before = gone.read_text(), altered.read_text()
    gone.unlink()
    altered.write_text("something else")
    told = reproduce(project).stdout
    assert "05_model_3: what it made is gone or altered" in told
    assert set(calls(project)) == {"notebook 05_model_3", "notebook 03_model_1", "report report"}
    assert (gone.read_text(), altered.read_text()) == before


def test_a_changed_plot_runs_its_notebooks_alone(project: Copy) -> None:
    project.edit("sgnlib/plots/grids.py", "import", "import sys\nimport")
    told = reproduce(project, "--dry-run").stdout
    assert re.findall(r"Executing notebooks/(\w+)", told) == ["03_model_1"]
    assert "Training" not in told
    assert "Painting" not in told
    assert not calls(project), "a dry run does nothing"


def test_runs_of_several_profiles_live_side_by_side(project: Copy) -> None:
    manifests = project.root / "data" / "runs" / "manifests" / "train"
    smoke = {path.name for path in manifests.iterdir()}
    done = project.run("-c", COMMAND, "reproduce", "--profile", "quick", "--until", "trainings")
    assert done.returncode == 0, done.stdout
    both = {path.name for path in manifests.iterdir()}
    assert smoke < both
    assert len(both - smoke) == 2
    assert not [call for call in calls(project) if call.startswith("notebook")]


def test_a_failing_job_stops_only_what_needs_it(project: Copy) -> None:
    project.edit("sgnlib/pipeline/jobs.py", '"nobody"', '"model-3-smoke-seed0"')
    project.edit("sgnlib/training/pool.py", "0.5", "0.25")
    done = reproduce(project)
    assert done.returncode == 1
    assert "this one was told to fail" in done.stdout, "the log of what failed is shown"
    assert done.stderr.startswith("sgn: error: not everything could be made")
    ran = calls(project)
    assert ran["notebook 03_model_1"] == 1
    assert not ran["notebook 05_model_3"]
    assert not ran["report report"]
    project.edit("sgnlib/pipeline/jobs.py", '"model-3-smoke-seed0"', '"nobody"')
    assert reproduce(project).returncode == 0
    again = calls(project) - ran
    assert set(again) == {"train model-3-smoke-seed0", "notebook 05_model_3", "report report"}


def test_a_killed_reproduction_goes_on(project: Copy) -> None:
    project.edit("sgnlib/training/pool.py", "0.5", "0.25")
    environment = os.environ | {"PYTHONPATH": str(project.root), "PAUSE": "0.5"}
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, "reproduce", "--profile", "smoke", "--cores", "2"],
        cwd=project.root,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while sum(calls(project).values()) < 3:
        assert process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    done = reproduce(project)
    assert done.returncode == 0, done.stdout + done.stderr
    made = calls(project)
    assert len(made) == 2 + 2 + 1, "two trainings, their notebooks, the report"
    assert sum(made.values()) - len(made) <= 2, "at most what was running is done again"


def test_a_second_call_waits_for_the_first(project: Copy) -> None:
    (project.root / "figures" / "report.txt").unlink()
    environment = os.environ | {"PYTHONPATH": str(project.root)}
    arguments = [sys.executable, "-c", COMMAND, "reproduce", "--profile", "smoke"]
    with locked(project.root / "data" / "reproduce.lock", "this test holds it"):
        second = subprocess.Popen(
            arguments, cwd=project.root, env=environment, stdout=subprocess.PIPE, text=True
        )
        assert second.stdout is not None
        assert f"waiting for process {os.getpid()}" in second.stdout.readline()
        assert not calls(project)
    second.communicate()
    assert second.returncode == 0
    assert calls(project) == {"report report": 1}
