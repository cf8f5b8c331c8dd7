"""onnxruntime-web, which computes ONNX models in a page: its two files, out of the npm package.

The package is not part of the project. It lies in data/cache as `npm pack` writes it; where it is
missing, npm is asked for it by name. Its content is checked at every use.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sgnlib import paths
from sgnlib.storage import CorruptFile, atomic_write

PACKAGE = "onnxruntime-web"
VERSION = "1.30.0"
INTEGRITY = (
    "sha512-q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZ"
    "ClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="
)
"""Of the archive, as npm states it."""

SCRIPT = "package/dist/ort.wasm.bundle.min.mjs"
WASM = "package/dist/ort-wasm-simd-threaded.wasm"

PATIENCE = 300
"""Seconds for 33 MB."""


class RuntimeMissing(Exception):
    """The package is not there and cannot be had; the message says what to do."""


@dataclass(frozen=True)
class WebRuntime:
    """What a page needs of onnxruntime-web.

    Attributes:
        script: A JavaScript module without imports.
        wasm: The compiled runtime, 14 MB; for the CPU, one thread or more.
    """

    script: str
    wasm: bytes


def web_runtime() -> WebRuntime:
    """The runtime, from data/cache or npm.

    Raises:
        RuntimeMissing: It is not cached and npm does not give it.
        CorruptFile: What is cached is not what npm's integrity hash says.
    """
    archive = archive_file()
    if not archive.is_file():
        atomic_write(archive, _packed())
    content = archive.read_bytes()
    if _integrity(content) != INTEGRITY:
        raise CorruptFile(
            f"{archive} is not {PACKAGE} {VERSION}; delete it, and npm is asked again"
        )
    with tarfile.open(fileobj=io.BytesIO(content)) as package:
        return WebRuntime(_member(package, SCRIPT).decode(), _member(package, WASM))


def archive_file() -> Path:
    """Where the package lies, under the name that npm gives it."""
    return paths.cache_dir() / f"{PACKAGE}-{VERSION}.tgz"


def _packed() -> bytes:
    """What `npm pack` makes of the package's name."""
    npm = shutil.which("npm")
    if os.environ.get("SGN_OFFLINE") == "1":
        raise _missing("SGN_OFFLINE=1 forbids to ask npm for it")
    if npm is None:
        raise _missing("there is no npm on the PATH")
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", "--silent", "--ignore-scripts", f"{PACKAGE}@{VERSION}"]
        try:
            subprocess.run(
                command, cwd=folder, check=True, capture_output=True, text=True, timeout=PATIENCE
            )
        except subprocess.TimeoutExpired as error:
            raise _missing(f"npm took longer than {PATIENCE} s") from error
        except subprocess.CalledProcessError as error:
            words = " ".join(f"{error.stderr}{error.stdout}".split())
            raise _missing(f"npm failed: {words[:300]}") from error
        return (Path(folder) / archive_file().name).read_bytes()


def _missing(why: str) -> RuntimeMissing:
    return RuntimeMissing(
        f"a page with the network needs {PACKAGE} {VERSION}, and {why}; where there is npm and a "
        f"network, run `npm pack {PACKAGE}@{VERSION}`, and put {archive_file().name} into "
        f"{archive_file().parent}"
    )


def _integrity(content: bytes) -> str:
    return f"sha512-{base64.b64encode(hashlib.sha512(content).digest()).decode()}"


def _member(package: tarfile.TarFile, name: str) -> bytes:
    file = package.extractfile(name)
    assert file is not None, name
    return file.read()
