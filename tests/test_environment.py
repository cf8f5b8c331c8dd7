"""pyproject.toml, environment.yml, requirements.lock and the Makefile agree with each other."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from sgnlib.paths import ROOT

CONDA_NAMES = {"pytorch": "torch", "snakemake-minimal": "snakemake"}


@pytest.fixture(scope="module")
def declared() -> dict[str, Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    return {r.name: r for r in map(Requirement, lines)}


def pinned() -> dict[str, set[Version]]:
    """Versions in the lock, several where they depend on Python or the system."""
    found: dict[str, set[Version]] = {}
    for name, version in re.findall(r"^([a-z0-9.-]+)==(\S+)", lock(), flags=re.MULTILINE):
        found.setdefault(name, set()).add(Version(version))
    return found


def lock() -> str:
    return (ROOT / "requirements.lock").read_text()


def test_conda_has_the_same_packages_with_the_same_bounds(declared: dict[str, Requirement]) -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    lines = [line for line in environment["dependencies"] if isinstance(line, str)]
    conda = {CONDA_NAMES.get(r.name, r.name): r.specifier for r in map(Requirement, lines)}
    python = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert str(conda.pop("python")) == python
    assert conda.pop("pip") == ""
    assert conda == {name: requirement.specifier for name, requirement in declared.items()}


def test_conda_installs_this_package_itself() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert {"pip": ["-e ."]} in environment["dependencies"]


def test_lock_holds_every_declared_package_within_its_bounds(
    declared: dict[str, Requirement],
) -> None:
    versions = pinned()
    for name, requirement in declared.items():
        assert name in versions, f"{name} is not locked: make lock"
        assert all(v in requirement.specifier for v in versions[name]), f"{name}: make lock"


def test_every_pin_of_the_lock_has_hashes() -> None:
    blocks = re.split(r"^(?=[a-z0-9])", lock(), flags=re.MULTILINE)[1:]
    bare = [block.split()[0] for block in blocks if "--hash=sha256:" not in block]
    assert len(blocks) > 100
    assert not bare


def test_lock_names_no_index_no_host_and_no_path() -> None:
    assert not re.search(r"://|index-url|find-links|trusted-host|file:|^\s*/", lock(), re.MULTILINE)


def test_the_build_backend_is_locked_too() -> None:
    """The package itself is installed without build isolation, so nothing comes in unhashed."""
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    for requirement in map(Requirement, build):
        assert all(v in requirement.specifier for v in pinned()[requirement.name])


def test_without_a_python_make_says_what_it_needs(tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "cat", "cksum", "awk", "make"):
        found = shutil.which(name)
        assert found
        (tools / name).symlink_to(found)
    (tools / "python3").write_text("#!/bin/sh\nexit 1\n")  # an old one says no
    (tools / "python3").chmod(0o755)
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    made = subprocess.run(
        [str(tools / "make"), "environment", "SHELL=" + str(tools / "sh")],
        cwd=tmp_path,
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode != 0
    assert "No Python >= 3.11" in made.stderr
    assert "PYTHON=" in made.stderr
    assert not (tmp_path / ".venv").exists()
