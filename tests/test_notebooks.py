"""The notebooks as they are committed: thin, complete, run in profile quick, from no one's machine.

What their outputs say is checked by `make regression`.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import Any

import pytest

from sgnlib.notebook import PARAMETERS
from sgnlib.pipeline.plan import NOTEBOOKS, Notebook
from sgnlib.pipeline.sources import notebook_file, read_notebook

by_name = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.name)

MACHINE_PATH = re.compile(r"(?<![\w.])/(home|Users|root|tmp|work|mnt|opt|var|private)/\w")


@cache
def cells(name: str) -> list[dict[str, Any]]:
    return read_notebook(name)["cells"]


def code(name: str) -> list[dict[str, Any]]:
    return [cell for cell in cells(name) if cell["cell_type"] == "code"]


def texts(value: Any) -> list[str]:
    """All strings in an output but pictures."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    if isinstance(value, dict):
        return [t for key, item in value.items() if "image" not in key for t in texts(item)]
    return []


@by_name
def test_cells_are_short_and_define_nothing(notebook: Notebook) -> None:
    for cell in code(notebook.name):
        source = cell["source"]
        assert len(source.splitlines()) <= 15, source
        defined = [
            node.name
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.FunctionDef | ast.ClassDef)
        ]
        assert not defined, f"{', '.join(defined)} belongs into sgnlib"


@by_name
def test_parameters_are_those_of_profile_quick(notebook: Notebook) -> None:
    tagged = [c for c in code(notebook.name) if "parameters" in c["metadata"].get("tags", [])]
    assert len(tagged) == 1
    assert tagged[0] is code(notebook.name)[0], "papermill puts its cell behind this one"
    set_to: dict[str, Any] = {}
    exec(tagged[0]["source"], {}, set_to)
    assert {name: type(value) for name, value in set_to.items()} == PARAMETERS
    assert set_to == {"profile": "quick", "seeds": notebook.seeds, "images": ""}


@by_name
def test_it_starts_with_its_title_and_ends_with_its_verdicts(notebook: Notebook) -> None:
    first, last = cells(notebook.name)[0], code(notebook.name)[-1]
    assert first["cell_type"] == "markdown"
    assert first["source"].startswith(f"# {notebook.name[:2]} ")
    assert last["source"].splitlines()[-1] == "book.claims"


@by_name
def test_any_kernel_of_this_python_can_run_it(notebook: Notebook) -> None:
    metadata = read_notebook(notebook.name)["metadata"]
    assert metadata["kernelspec"]["name"] == "python3"
    assert metadata["kernelspec"]["language"] == "python"
    assert "papermill" not in metadata


@by_name
def test_it_was_run_from_top_to_bottom_without_an_error(notebook: Notebook) -> None:
    run = code(notebook.name)
    assert [cell["execution_count"] for cell in run] == list(range(1, len(run) + 1))
    kinds = [output["output_type"] for cell in run for output in cell["outputs"]]
    assert "error" not in kinds
    streams = [o["name"] for c in run for o in c["outputs"] if o["output_type"] == "stream"]
    assert "stderr" not in streams, "warnings and progress bars are no results"


@by_name
def test_every_result_is_shown(notebook: Notebook) -> None:
    for cell in code(notebook.name):
        last = ast.parse(cell["source"]).body[-1]
        if isinstance(last, ast.Expr):
            assert cell["outputs"], f"no output below\n{cell['source']}"


@by_name
def test_verdicts_leave_no_claim_open(notebook: Notebook) -> None:
    told = "".join(texts(code(notebook.name)[-1]["outputs"]))
    assert "holds" in told or "partly" in told or "fails" in told
    assert ">open<" not in told


@by_name
def test_nothing_tells_of_the_machine_it_was_run_on(notebook: Notebook) -> None:
    for cell in cells(notebook.name):
        for text in [cell["source"], *texts(cell.get("outputs", []))]:
            assert not MACHINE_PATH.search(text), MACHINE_PATH.search(text)


@by_name
def test_file_ends_with_a_newline_and_is_not_large(notebook: Notebook) -> None:
    content = notebook_file(notebook.name).read_bytes()
    assert content.endswith(b"}\n")
    assert len(content) < 5_000_000


def test_there_are_no_other_notebooks() -> None:
    folder = notebook_file("any").parent
    assert {path.stem for path in folder.glob("*.ipynb")} == {n.name for n in NOTEBOOKS}
