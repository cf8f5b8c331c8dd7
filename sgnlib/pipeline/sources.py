"""Notebooks as source: their cells, and the modules that these import."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sgnlib import paths


def notebook_file(name: str) -> Path:
    """Where a notebook lies."""
    return paths.ROOT / "notebooks" / f"{name}.ipynb"


def read_notebook(name: str) -> dict[str, Any]:
    """A notebook as JSON, every cell's source as one string."""
    book = json.loads(notebook_file(name).read_text(encoding="utf-8"))
    for cell in book["cells"]:
        cell["source"] = "".join(cell["source"])
    return book


def code_cells(name: str) -> list[str]:
    """The sources of a notebook's code cells."""
    return [c["source"] for c in read_notebook(name)["cells"] if c["cell_type"] == "code"]


def imported(cells: Iterable[str]) -> list[str]:
    """The modules of sgnlib that cells of code import, submodules included."""
    found: set[str] = set()
    for node in ast.walk(ast.parse("\n".join(cells))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return sorted(name for name in found if name.split(".")[0] == "sgnlib" and _is_module(name))


def _is_module(name: str) -> bool:
    place = paths.ROOT.joinpath(*name.split("."))
    return place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()
