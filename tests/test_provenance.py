from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sgnlib import provenance
from sgnlib.provenance import code_digest, module_closure

FILES = {
    "__init__.py": "",
    "leaf.py": '"""Leaf."""\nVALUE = 1\n"""A note."""\n',
    "other.py": "x = 0\n",
    "sub/__init__.py": "",
    "sub/deep.py": "from ..leaf import VALUE\nfrom . import sibling\n",
    "sub/sibling.py": "def f():\n    import garden.late\n",
    "late.py": "",
    "main.py": "import json\nfrom garden.sub import deep\n\n\ndef f():\n    return deep.VALUE\n",
}


@pytest.fixture
def garden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package whose main imports everything but `other`."""
    root = tmp_path / "garden"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "garden", raising=False)
    return root


def test_closure_follows_all_forms_of_import(garden: Path) -> None:
    found = {str(path.relative_to(garden)) for path in module_closure("garden.main")}
    assert found == FILES.keys() - {"other.py"}
    assert module_closure("garden.leaf") == {garden / "__init__.py", garden / "leaf.py"}
    assert "garden" not in sys.modules, "no code runs"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("leaf.py", '"""Another docstring."""\n\n\nVALUE   = 1  # a comment\n'),
        ("main.py", FILES["main.py"].replace("return", '"""New docstring."""\n    return')),
        ("other.py", "x = 1\n"),
    ],
)
def test_digest_ignores_layout_docstrings_and_other_modules(
    garden: Path, file: str, text: str
) -> None:
    before = code_digest("garden.main")
    (garden / file).write_text(text)
    assert code_digest("garden.main") == before


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("leaf.py", "VALUE = 2\n"),
        ("late.py", "y = 0\n"),
        ("sub/__init__.py", "y = 0\n"),
        ("main.py", FILES["main.py"] + "\nimport garden.other\n"),
    ],
)
def test_digest_sees_code_wherever_it_is(garden: Path, file: str, text: str) -> None:
    before = code_digest("garden.main")
    (garden / file).write_text(text)
    assert code_digest("garden.main") != before


def test_digest_of_several_modules_ignores_their_order(garden: Path) -> None:
    assert code_digest("garden.main", "garden.other") == code_digest("garden.other", "garden.main")
    assert code_digest("garden.main", "garden.other") != code_digest("garden.main")


def test_rows_are_data(garden: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "ROWS", frozenset({"garden.leaf"}))
    before = code_digest("garden.main")
    (garden / "leaf.py").write_text("VALUE = 2\n")
    assert code_digest("garden.main") == before


def test_unknown_module(garden: Path) -> None:
    with pytest.raises(ModuleNotFoundError, match=r"garden\.mian"):
        code_digest("garden.mian")


def test_what_decides_weights_is_covered_and_nothing_else() -> None:
    names = {
        path.relative_to(Path(provenance.__file__).parent).with_suffix("").as_posix()
        for path in module_closure("sgnlib.training.trainer")
    }
    assert {"training/step", "training/pool", "nn/conditioning", "losses/adversarial"} <= names
    assert {"datasets/sampling", "sym", "experiments"} <= names
    folders = {name.split("/")[0] for name in names if "/" in name}
    assert folders <= {"training", "nn", "losses", "datasets"}
    assert not {"training/loop", "training/runs", "training/journal"} & names
