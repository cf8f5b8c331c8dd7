"""Which code made a result: a digest of the modules it imports, blind to comments and layout."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROWS = frozenset({"sgnlib.experiments"})
"""Modules that hold data, not code. A row of `experiments.py` is part of the digest of its own run
(`Experiment.digest`); counted as code, a new row would make every finished run look outdated."""


def code_digest(*modules: str, without: Collection[str] = ()) -> str:
    """Twelve hex digits that change when the code that the modules run on changes.

    Covered is the import closure inside the package, as syntax trees without docstrings: neither
    a comment nor a line break changes the digest. Not covered are `ROWS` and other packages.

    Args:
        modules: Where to start.
        without: Packages or modules to leave out, and what only they import.
    """
    files: dict[str, Path] = {}
    for module in modules:
        _collect(module, files, without)
    digest = hashlib.sha256()
    for name in sorted(files.keys() - ROWS):
        digest.update(f"{name}\n{_parsed(files[name].read_bytes()).code}\n".encode())
    return digest.hexdigest()[:12]


def module_closure(module: str) -> set[Path]:
    """The files of the module and of everything it imports from its own top-level package.

    Imports inside functions count too.

    Raises:
        ModuleNotFoundError: There is no such module.
    """
    files: dict[str, Path] = {}
    _collect(module, files)
    return set(files.values())


def _collect(module: str, files: dict[str, Path], without: Collection[str] = ()) -> None:
    """Adds the module, the packages around it and what all of them import."""
    parts = module.split(".")
    for name in (".".join(parts[: i + 1]) for i in range(len(parts))):
        if name in without:
            return
        if name in files:
            continue
        path = _find(name)
        if path is None:
            raise ModuleNotFoundError(f"no module {name!r}, asked for as part of {module!r}")
        files[name] = path
        imports = _parsed(path.read_bytes()).imports
        for imported in _imports(imports, name, is_package=path.name == "__init__.py"):
            if imported.split(".")[0] == parts[0] and _find(imported) is not None:
                _collect(imported, files, without)


def _find(module: str) -> Path | None:
    """The module's file, found without running any of its code."""
    top, *rest = module.split(".")
    spec = importlib.util.find_spec(top)
    if spec is None or spec.origin is None:
        return None
    base = Path(spec.origin).parent.joinpath(*rest)
    candidates = [base / "__init__.py"] + ([base.with_suffix(".py")] if rest else [])
    return next((path for path in candidates if path.is_file()), None)


@dataclass(frozen=True)
class _Parsed:
    """What a digest needs of a source file; kept, because closures overlap."""

    imports: tuple[ast.Import | ast.ImportFrom, ...]
    code: str


@cache
def _parsed(source: bytes) -> _Parsed:
    tree = ast.parse(source)
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))
    imports = tuple(nodes)
    return _Parsed(
        imports, hashlib.sha256(ast.dump(_without_docstrings(tree)).encode()).hexdigest()
    )


def _imports(
    nodes: Iterable[ast.Import | ast.ImportFrom], module: str, *, is_package: bool
) -> set[str]:
    """Names that may be modules: `from a import b` gives both a and a.b."""
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        else:
            base = _absolute(node, module, is_package=is_package)
            names |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    return names


def _absolute(node: ast.ImportFrom, module: str, *, is_package: bool) -> str:
    if node.level == 0:
        return node.module or ""
    package = module.split(".")
    up = node.level - 1 if is_package else node.level
    return ".".join(package[: len(package) - up] + ([node.module] if node.module else []))


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [part for part in node.body if not _is_text(part)]
    return tree


def _is_text(node: ast.stmt) -> bool:
    """A string that stands alone: a docstring, or the note below a constant."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
