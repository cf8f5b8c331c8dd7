"""The house: imports point one way, files and functions stay small, names say something."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sgnlib.paths import ROOT

PACKAGE = ROOT / "sgnlib"
FILES = sorted(PACKAGE.rglob("*.py"))

LAYERS = (
    {"__init__", "paths", "shapes", "storage", "provenance", "network"},
    {"experiments", "sym"},
    {"datasets"},
    {"nn"},
    {"losses"},
    {"toy"},
    {"training"},
    {"evaluation"},
    {"plots"},
    {"notebook", "live"},
    {"related"},
    {"pipeline"},
    {"doctor"},
    {"commands", "data_commands"},
    {"cli"},
)
"""Each imports from its own layer's package and from those above it in this list, never below."""

FORBIDDEN = {
    ("nn", "losses"): "nn knows no loss",
    ("losses", "nn"): "losses are functions of what networks return",
    ("plots", "nn"): "plots take arrays and images",
    ("plots", "losses"): "plots take arrays and images",
    ("plots", "training"): "plots take arrays and images",
    ("plots", "datasets"): "plots take arrays and images",
}
"""What the layers would allow."""

STANDARD_LIBRARY_ONLY = ("experiments", "provenance", "paths", "storage", "network")
"""So that planning and listing start at once."""


def part(module: str) -> str:
    """The part of the package that a module of sgnlib belongs to."""
    return module.split(".")[1] if "." in module else "__init__"


def name_of(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(file: Path) -> Iterator[tuple[int, str]]:
    """(line, module) of everything a file imports; `from a import b` gives a.b."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: absolute imports only"
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_imports_point_one_way(file: Path) -> None:
    rank = {name: height for height, names in enumerate(LAYERS) for name in names}
    here = part(name_of(file))
    assert here in rank, f"{here} has no place in LAYERS"
    for line, module in imports(file):
        if module.split(".")[0] != "sgnlib":
            continue
        there = part(module) if part(module) in rank else "__init__"
        where = f"{file.relative_to(ROOT)}:{line} imports {module}"
        assert here == there or rank[there] < rank[here], where
        assert (here, there) not in FORBIDDEN, f"{where}: {FORBIDDEN[here, there]}"


@pytest.mark.parametrize("name", STANDARD_LIBRARY_ONLY)
def test_tables_and_plumbing_use_the_standard_library_only(name: str) -> None:
    found = {module.split(".")[0] for _, module in imports(PACKAGE / f"{name}.py")}
    assert found <= sys.stdlib_module_names | {"sgnlib"}


def test_related_systems_are_guests() -> None:
    for file in FILES:
        for _, module in imports(file):
            if module.startswith("sgnlib.related."):
                assert file.parts[-2] == module.split(".")[2], f"{file} imports {module}"


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_one_idea_one_page(file: Path) -> None:
    text = file.read_text()
    assert len(text.splitlines()) <= 330, "about 300 lines at most"
    assert file.stem not in {"utils", "helpers", "misc", "common"}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or 0) - node.body[0].lineno + 1
            assert lines <= 50, f"{node.name} has {lines} lines"


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_every_module_says_what_it_is_for(file: Path) -> None:
    tree = ast.parse(file.read_text())
    assert ast.get_docstring(tree), "no docstring"
    public = [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name[0] != "_"
    ]
    silent = [node.name for node in public if not ast.get_docstring(node)]
    assert not silent, f"without docstring: {', '.join(silent)}"
