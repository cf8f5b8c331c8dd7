"""Takes the outputs of profile quick over into notebooks/ and data/models/quick, ready to commit.

python -m sgnlib.pipeline.outputs      or `make outputs`
"""

from __future__ import annotations

import sys

import nbformat

from sgnlib import paths
from sgnlib.evaluation.models import ship
from sgnlib.experiments import MODEL_1, MODEL_2, MODEL_3, quick
from sgnlib.pipeline.machine import write_machine
from sgnlib.pipeline.plan import NOTEBOOKS, Plan
from sgnlib.pipeline.sources import notebook_file
from sgnlib.storage import atomic_write
from sgnlib.training.runs import find_run


def main() -> int:
    """Takes over notebooks and the three models' weights; says what is not made."""
    jobs = Plan("quick").notebooks
    for notebook in NOTEBOOKS:
        if jobs[notebook.name].manifest.exists():
            take_over(notebook.name)
        else:
            print(f"{notebook.name} is not executed in profile quick: `make reproduce`")
    for row in (MODEL_1, MODEL_2, MODEL_3):
        if run := find_run(quick(row)):
            ship(run, "quick")
    write_machine()
    return 0


def take_over(name: str) -> None:
    """Writes the executed notebook over the committed one, without the traces of the batch.

    The cell of parameters that papermill puts in goes, its notes on times and paths too.
    """
    book = nbformat.read(paths.figures_dir() / "executed" / f"{name}.ipynb", as_version=4)
    book.cells = [
        cell for cell in book.cells if "injected-parameters" not in cell.metadata.get("tags", [])
    ]
    book.metadata.pop("papermill", None)
    count = 0
    for cell in book.cells:
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
            for output in cell.outputs:
                if output.output_type == "execute_result":
                    output.execution_count = count
    text = nbformat.writes(book).rstrip("\n") + "\n"
    atomic_write(notebook_file(name), text.encode())


if __name__ == "__main__":
    sys.exit(main())
