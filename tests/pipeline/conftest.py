"""A copy of the project that tests may change, with small notebooks in place of the real ones."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

from sgnlib.paths import ROOT
from sgnlib.pipeline.plan import NOTEBOOKS

PLAN = """
import json
from sgnlib.pipeline.plan import KINDS, Plan
plan = Plan("quick")
jobs = {(kind, name): job.digest for kind in KINDS for name, job in plan.jobs(kind).items()}
print(json.dumps([[*key, digest] for key, digest in jobs.items()]))
"""


@dataclass(frozen=True)
class Copy:
    """A copy of the project in a folder of its own."""

    root: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs Python in the copy, which must not see the original."""
        keep = {k: v for k, v in os.environ.items() if not k.startswith(("SGN_", "PYTEST"))}
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.root,
            env=keep | {"PYTHONPATH": str(self.root)},
            capture_output=True,
            text=True,
            check=False,
        )

    def digests(self) -> dict[tuple[str, str], str]:
        """The digest of every job, by kind and name."""
        done = self.run("-c", PLAN)
        assert done.returncode == 0, done.stderr
        return {(kind, name): digest for kind, name, digest in json.loads(done.stdout)}

    def edit(self, file: str, old: str, new: str) -> None:
        """Replaces a text that must be there."""
        path = self.root / file
        text = path.read_text()
        assert old in text, f"{file} has no {old!r}"
        path.write_text(text.replace(old, new, 1))


def notebook(name: str, *cells: str) -> nbformat.NotebookNode:
    """A notebook with a cell of parameters and the given cells."""
    parameters = nbformat.v4.new_code_cell('profile = "quick"\nseeds = 1\nimages = ""')
    parameters.metadata.tags = ["parameters"]
    book = nbformat.v4.new_notebook(cells=[parameters, *map(nbformat.v4.new_code_cell, cells)])
    for position, cell in enumerate(book.cells):
        cell.id = f"cell-{position}"
    book.metadata.kernelspec = {"name": "python3", "language": "python", "display_name": "-"}
    return book


CELLS = {
    "01_toy_problem": "from sgnlib import notebook\nfrom sgnlib.plots import curves",
    "03_model_1": "from sgnlib import notebook\nfrom sgnlib.plots.grids import mixing_grid",
    "05_model_3": "from sgnlib import notebook\nfrom sgnlib.evaluation import kid",
}


def copied(root: Path) -> Copy:
    """A copy of the library, the Snakefile and the files that notebooks show."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "sgnlib", root / "sgnlib", ignore=ignored)
    shutil.copy(ROOT / "Snakefile", root)
    (root / "notebooks").mkdir()
    for entry in NOTEBOOKS:
        for file in entry.files:
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, root / file)
        book = notebook(entry.name, CELLS.get(entry.name, "from sgnlib import notebook"))
        nbformat.write(book, root / "notebooks" / f"{entry.name}.ipynb")
    return Copy(root)


@pytest.fixture
def project(tmp_path: Path) -> Copy:
    """A copy to change, with a space in its path."""
    return copied(tmp_path / "a copy")


@pytest.fixture(scope="session")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], str]:
    """The digests of a copy that nobody has changed."""
    return copied(tmp_path_factory.mktemp("unchanged") / "copy").digests()
