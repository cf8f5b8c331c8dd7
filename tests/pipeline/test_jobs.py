"""Jobs: all or nothing. Notebooks are small ones, in a kernel of their own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from sgnlib import paths
from sgnlib.pipeline import jobs, manifests, outputs
from sgnlib.pipeline.plan import Job, Plan
from tests.pipeline.conftest import notebook

NAME = "03_model_1"
Place = Callable[..., Job]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Puts a notebook with the given cells into an empty project; returns its job."""
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setenv("SGN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SGN_FIGURES", str(tmp_path / "figures"))
    (tmp_path / "notebooks").mkdir()

    def placed(*cells: str, digest: str = "0" * 12) -> Job:
        nbformat.write(notebook(NAME, *cells), tmp_path / "notebooks" / f"{NAME}.ipynb")
        return Job("notebook", NAME, digest, (), (NAME, 1), 1.0)

    return placed


DRAW = """
import os, pathlib
figures = pathlib.Path(os.environ["SGN_FIGURES"])
(figures / "tables").mkdir()
_ = (figures / "tables" / "t.csv").write_text(profile), (figures / "{}").write_text("x")
"""


def test_a_notebook_gets_its_parameters_and_publishes_what_it_made(place: Place) -> None:
    made = jobs.execute(place(DRAW.format("a.png"), "seeds"), "smoke")
    folder = paths.figures_dir()
    names = {path.relative_to(folder).as_posix() for path in made}
    assert names == {"a.png", "tables/t.csv", f"executed/{NAME}.ipynb"}
    assert (folder / "tables" / "t.csv").read_text() == "smoke"
    book = json.loads((folder / "executed" / f"{NAME}.ipynb").read_text())
    assert book["cells"][-1]["outputs"][0]["data"]["text/plain"] == ["1"]
    assert {path.name for path in folder.iterdir()} == {"a.png", "tables", "executed"}


@pytest.mark.parametrize("cell", ["1 / 0", "import os; os._exit(0)"], ids=["error", "dead kernel"])
def test_a_notebook_that_breaks_off_changes_no_figure(place: Place, cell: str) -> None:
    with pytest.raises(Exception, match=r"ZeroDivisionError|died"):
        jobs.execute(place(DRAW.format("a.png"), cell), "smoke")
    assert [*paths.figures_dir().rglob("*.*")] == []


USES = """
import json, os, pathlib
made = pathlib.Path(os.environ["SGN_FIGURES"]) / "made"
made.mkdir()
_ = (made / "03_model_1.json").write_text(json.dumps({"runs": {"model-2 seed 0": {}}}))
"""


def test_a_run_that_the_plan_does_not_know_is_refused(place: Place) -> None:
    with pytest.raises(RuntimeError, match="model-2 seed 0; add the experiment"):
        jobs.execute(place(USES), "smoke")


def test_a_new_version_removes_what_only_the_old_one_made(place: Place) -> None:
    for name, digest in (("old.png", "1" * 12), ("new.png", "2" * 12)):
        job = place(DRAW.format(name), digest=digest)
        made = jobs.execute(job, "smoke")
        jobs.forget_others(job, made)
        manifests.write_manifest(job.manifest, made, {})
    folder = paths.figures_dir()
    assert (folder / "new.png").exists()
    assert (folder / "tables" / "t.csv").exists(), "both have made it"
    assert not (folder / "old.png").exists()
    assert [path.name for path in job.manifest.parent.iterdir()] == [f"{NAME}-{'2' * 12}.json"]


def test_outputs_go_back_into_the_notebook_without_traces_of_the_batch(place: Place) -> None:
    jobs.execute(place("profile", "print(6 * 7)"), "smoke")
    outputs.take_over(NAME)
    file = paths.ROOT / "notebooks" / f"{NAME}.ipynb"
    book = nbformat.read(file, as_version=4)
    assert [cell.source for cell in book.cells][1:] == ["profile", "print(6 * 7)"]
    assert [cell.execution_count for cell in book.cells] == [1, 2, 3]
    assert book.cells[2].outputs[0].text == "42\n"
    assert "papermill" not in file.read_text()
    assert str(paths.ROOT) not in file.read_text()


# -------------------------------------------------------------------------------- manifests, plan


def test_code_that_changed_since_planning_is_noticed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SGN_DATA", str(tmp_path))
    assert jobs.main(["images", "photo-32", "--profile", "smoke", "--digest", "f" * 12]) == 1
    assert "call again" in capsys.readouterr().err
    assert not [*tmp_path.iterdir()]


def test_a_training_is_taken_over_if_current_and_done_again_if_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    paths.cache_dir().mkdir(parents=True, exist_ok=True)
    (tmp_path / "cache").symlink_to(paths.cache_dir())  # images need not be painted again
    monkeypatch.setenv("SGN_DATA", str(tmp_path))
    job = Plan("smoke").runs["model-3-smoke-seed0"]
    assert jobs.do("train", job.name, "smoke", job.digest) == 0
    made = {path.name: path for path in manifests.products(job.manifest)}
    assert {"run.json", "generator.safetensors", "metrics.jsonl"} <= made.keys()
    assert manifests.is_whole(job.manifest)

    first = made["run.json"].stat().st_ino
    jobs.run_training(job, "smoke")
    assert made["run.json"].stat().st_ino == first, "the run is there, by the same code"
    info = json.loads(made["run.json"].read_text())
    made["run.json"].write_text(json.dumps(info | {"torch": "1.0"}))
    assert not manifests.is_whole(job.manifest)
    jobs.run_training(job, "smoke")
    assert json.loads(made["run.json"].read_text())["torch"] == info["torch"]


def test_a_manifest_outlives_a_move(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    product = tmp_path / "here" / "a.txt"
    product.parent.mkdir()
    product.write_text("a")
    monkeypatch.setenv("SGN_DATA", str(product.parent))
    manifests.write_manifest(product.parent / "m.json", [product], {})
    moved = tmp_path / "there"
    product.parent.rename(moved)
    monkeypatch.setenv("SGN_DATA", str(moved))
    assert manifests.is_whole(moved / "m.json")
    assert manifests.products(moved / "m.json") == [moved / "a.txt"]
    (moved / "m.json").write_text("{half of it")
    assert not manifests.is_whole(moved / "m.json")


def test_a_product_elsewhere_cannot_be_listed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="neither in"):
        manifests.write_manifest(tmp_path / "m.json", [tmp_path / "a"], {})
