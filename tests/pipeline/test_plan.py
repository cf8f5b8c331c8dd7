"""A change makes again what depends on it, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sgnlib.evaluation import paper_claims
from sgnlib.experiments import EXPERIMENTS
from sgnlib.pipeline.plan import NOTEBOOKS, Plan
from tests.pipeline.conftest import Copy

Key = tuple[str, str]
REPORT: Key = ("report", "report")


Digests = dict[Key, str]
Changed = Callable[[str, str, str], set[Key]]


@pytest.fixture
def changed(project: Copy, unchanged: Digests) -> Changed:
    """The jobs that become necessary when a text in a file is replaced."""

    def edited(file: str, old: str, new: str) -> set[Key]:
        project.edit(file, old, new)
        after = project.digests()
        assert after.keys() == unchanged.keys()
        return {key for key, digest in unchanged.items() if after[key] != digest}

    return edited


def notebooks(*numbers: str) -> set[Key]:
    return {("notebook", n.name) for n in NOTEBOOKS if n.name[:2] in numbers}


def all_of(digests: Digests, kind: str) -> set[Key]:
    return {key for key in digests if key[0] == kind}


@pytest.mark.parametrize("file", ["sgnlib/training/step.py", "sgnlib/plots/grids.py"])
def test_a_comment_changes_nothing(changed: Changed, file: str) -> None:
    text = "from __future__ import annotations\n"
    assert changed(file, text, f"{text}\n# A comment, and an empty line.\n\n") == set()


def test_a_plot_changes_the_notebooks_that_show_it(changed: Changed) -> None:
    found = changed("sgnlib/plots/grids.py", "import", "import sys\nimport")
    assert found == {*notebooks("03"), REPORT}


def test_an_evaluation_changes_the_notebooks_that_call_it(changed: Changed) -> None:
    found = changed("sgnlib/evaluation/kid.py", "import torch", "import sys, torch")
    assert found == {*notebooks("05"), REPORT}


def test_the_toy_problem_has_runs_of_its_own(changed: Changed, unchanged: Digests) -> None:
    found = changed("sgnlib/training/toy.py", "import", "import sys\nimport")
    assert len(all_of(unchanged, "toy")) == 3
    assert found == {*all_of(unchanged, "toy"), *notebooks("01"), REPORT}


def test_training_code_changes_every_run_and_what_reads_runs(
    changed: Changed, unchanged: Digests
) -> None:
    found = changed("sgnlib/training/pool.py", "0.5", "0.25")
    assert found >= all_of(unchanged, "train")
    assert found - all_of(unchanged, "train") == {
        *(all_of(unchanged, "notebook") - notebooks("01", "12")),
        REPORT,
    }


def test_a_painter_changes_images_and_all_that_learns_from_them(
    changed: Changed, unchanged: Digests
) -> None:
    package = "sgnlib/datasets/procedural/__init__.py"
    found = changed(package, "import", "import sys\nimport")
    assert found == unchanged.keys() - notebooks("01", "12") - all_of(unchanged, "toy")


def test_one_row_changes_its_own_runs_and_their_notebooks(changed: Changed) -> None:
    row = 'Reconstruction("summer"), Adversarial("winter")'
    new = 'Reconstruction("summer", weight=3), Adversarial("winter")'
    found = changed("sgnlib/experiments.py", row, new)
    assert found == {("train", "model-3-quick-seed0"), *notebooks("05"), REPORT}


def test_a_shared_row_changes_all_that_is_derived_from_it(
    changed: Changed, unchanged: Digests
) -> None:
    found = changed("sgnlib/experiments.py", "style_scale=200.0", "style_scale=150.0")
    runs = {key for key in all_of(unchanged, "train") if key[1].startswith("model-1")}
    assert len(runs) == 7 * 3
    assert found == {*runs, *notebooks("00", "02", "03", "10", "11"), REPORT}


def test_a_cell_changes_its_notebook(changed: Changed) -> None:
    found = changed("notebooks/05_model_3.ipynb", "import kid", "import kid  # why")
    assert found == {*notebooks("05"), REPORT}


def test_outputs_of_a_notebook_change_nothing(project: Copy, unchanged: Digests) -> None:
    file = project.root / "notebooks" / "05_model_3.ipynb"
    book = json.loads(file.read_text())
    stream = {"output_type": "stream", "name": "stdout", "text": ["done\n"]}
    book["cells"][1] |= {"outputs": [stream], "execution_count": 7}
    file.write_text(json.dumps(book))
    assert project.digests() == unchanged


def test_the_report_alone_changes_with_its_own_code(changed: Changed) -> None:
    found = changed("sgnlib/evaluation/report.py", "import json", "import json, math")
    assert found == {REPORT}


# --------------------------------------------------------------------------- the plan is complete


def test_notebooks_are_those_of_the_claims() -> None:
    assert tuple(n.name for n in NOTEBOOKS) == paper_claims.NOTEBOOKS


def test_every_experiment_has_a_notebook() -> None:
    used = {row.name for notebook in NOTEBOOKS for row in notebook.rows}
    assert used == {row.name for row in EXPERIMENTS}


def test_runs_are_trained_once_though_several_notebooks_read_them() -> None:
    rows = Plan("quick").rows
    keys = [(row.name, row.seed) for row in rows]
    assert len(keys) == len(set(keys)) == 7 * 3 + 3 * 3 + 5
    assert len(Plan("smoke").rows) == len(EXPERIMENTS), "smoke needs one seed"


def test_an_unknown_profile_is_refused_with_those_there_are() -> None:
    with pytest.raises(KeyError, match="quick, laptop"):
        Plan("fast")


def test_planning_does_not_import_torch(project: Copy) -> None:
    done = project.run(
        "-c",
        "import sys; from sgnlib.pipeline.plan import Plan; from sgnlib.pipeline import reproduce;"
        "Plan('quick').report; assert 'torch' not in sys.modules",
    )
    assert done.returncode == 0, done.stderr


def test_manifests_lie_with_what_they_list(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SGN_DATA", str(tmp_path / "d"))
    monkeypatch.setenv("SGN_FIGURES", str(tmp_path / "f"))
    runs = Plan("smoke").runs
    assert {job.manifest.parents[2] for job in runs.values()} == {tmp_path / "d" / "runs"}
