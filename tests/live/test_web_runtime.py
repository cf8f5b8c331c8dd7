"""onnxruntime-web comes from the cache or from npm, checked, or words say what to do."""

from __future__ import annotations

import base64
import hashlib
import io
import stat
import tarfile
from pathlib import Path

import pytest

from sgnlib.live import web_runtime as module
from sgnlib.live.web_runtime import SCRIPT, WASM, RuntimeMissing, archive_file, web_runtime
from sgnlib.storage import CorruptFile


def archive() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as package:
        for name, content in ((SCRIPT, b"script"), (WASM, b"wasm")):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            package.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A package whose integrity is the one expected; no cache, and no npm but a test's own."""
    content = archive()
    digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
    monkeypatch.setattr(module, "INTEGRITY", f"sha512-{digest}")
    monkeypatch.setenv("SGN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.delenv("SGN_OFFLINE", raising=False)
    monkeypatch.setattr(module.shutil, "which", lambda name: str(tmp_path / name))
    return content


def npm(folder: Path, script: str) -> None:
    """A command npm that does as told."""
    file = folder / "npm"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


def test_npm_is_asked_once_by_name_and_version(package: bytes, tmp_path: Path) -> None:
    (tmp_path / "made").write_bytes(package)
    npm(tmp_path, f'echo "$*" >> {tmp_path}/asked; cp {tmp_path}/made {archive_file().name}')
    for _ in range(2):
        runtime = web_runtime()
        assert (runtime.script, runtime.wasm) == ("script", b"wasm")
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked == ["pack --silent --ignore-scripts onnxruntime-web@1.30.0"]


def test_what_npm_brings_is_checked(package: bytes, tmp_path: Path) -> None:
    npm(tmp_path, f"echo other > {archive_file().name}")
    with pytest.raises(CorruptFile, match=r"is not onnxruntime-web 1\.30\.0; delete it"):
        web_runtime()
    archive_file().write_bytes(package[:-1] + b"x")
    with pytest.raises(CorruptFile):
        web_runtime()


def test_where_it_cannot_be_had_words_say_what_to_do(
    package: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    todo = "run `npm pack onnxruntime-web@1.30.0`, and put onnxruntime-web-1.30.0.tgz into"
    npm(tmp_path, "echo getaddrinfo ENOTFOUND >&2; exit 1")
    with pytest.raises(RuntimeMissing, match=f"npm failed: getaddrinfo ENOTFOUND; .*{todo}"):
        web_runtime()
    monkeypatch.setattr(module.shutil, "which", lambda name: None)
    with pytest.raises(RuntimeMissing, match=f"there is no npm on the PATH; .*{todo}"):
        web_runtime()
    monkeypatch.setenv("SGN_OFFLINE", "1")
    with pytest.raises(RuntimeMissing, match="SGN_OFFLINE=1 forbids"):
        web_runtime()
    assert not archive_file().exists()
    archive_file().parent.mkdir(parents=True)
    archive_file().write_bytes(package)
    assert web_runtime().wasm == b"wasm"
