"""`sgn mix`: the mixer as a page of its own, served by Voila to this machine only.

torch is imported by the page's kernel alone, and that kernel starts before the server does.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

from sgnlib.live.settings import Settings
from sgnlib.live.warm import start_kernel
from sgnlib.storage import atomic_write

TEMPLATES = Path(__file__).with_name("jupyter")
"""A Jupyter data directory with the page's template; Voila looks in all on JUPYTER_PATH."""

CELL = "from sgnlib.live.page import page\n\npage()"


def serve(
    photo: Path | None, *, model: str, profile: str | None, seed: int, port: int, browser: bool
) -> None:
    """Serves the mixer on 127.0.0.1 until Ctrl-C; every page has a kernel of its own.

    Args:
        photo: The first photo; shipped ones if None.
        model: See `sgnlib.evaluation.models.find_model`.
        profile, seed: Of an experiment.
        port: Where to listen; 0 takes a free one.
        browser: Opens it.

    Raises:
        FileNotFoundError: No such photo.
        ImageError: It cannot be read.
        OSError: The port is taken.
    """
    if photo is not None and not photo.is_file():
        raise FileNotFoundError(f"{photo}: there is no such photo")
    Settings(model, profile, seed, None if photo is None else str(photo.absolute())).hand_over()
    there = os.environ.get("JUPYTER_PATH")
    os.environ["JUPYTER_PATH"] = os.pathsep.join([str(TEMPLATES), *([there] if there else [])])
    token, port = secrets.token_urlsafe(24), _bound(port)
    kernel = start_kernel()
    if photo is not None:
        from sgnlib.datasets.folders import decode

        decode(photo)  # else only the page would say that it cannot be read
    # Else jsonschema compiles, for seconds, a grammar of addresses that nothing here contains.
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
    from sgnlib.live.provisioner import register
    from sgnlib.live.server import Server

    register(kernel)
    with tempfile.TemporaryDirectory(prefix="sgn-mix-") as folder:
        notebook = Path(folder) / "mix.ipynb"
        atomic_write(notebook, json.dumps(_notebook()).encode())
        print(f"Mixing at http://127.0.0.1:{port}/?token={token}", flush=True)
        print("Only this machine can open it; Ctrl-C ends it.", flush=True)
        Server.launch_instance(_arguments(notebook, port, token, browser))


def _notebook() -> dict[str, Any]:
    """The page as a notebook; nbformat would have to be imported before anything starts."""
    cell = {"cell_type": "code", "id": "mix", "source": CELL, "outputs": [], "metadata": {}}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {
        "cells": [{**cell, "execution_count": None}],
        "metadata": {"kernelspec": kernel, "title": "Live mixing"},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _arguments(notebook: Path, port: int, token: str, browser: bool) -> list[str]:
    return [
        str(notebook),
        "--Voila.ip=127.0.0.1",
        f"--port={port}",
        "--Voila.port_retries=0",
        f"--token={token}",
        "--template=sgn",
        "--Voila.kernel_websocket_connection_class=sgnlib.live.sockets.Undelayed",
        "--Voila.log_level=ERROR",
        "--VoilaExecutor.startup_timeout=600",  # the first kernel imports before it answers
        "--preheat_kernel=True",
        "--pool_size=1",
        *([] if browser else ["--no-browser"]),
    ]


def _bound(port: int) -> int:
    """The port, or a free one for 0; fails here, in words, if it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise OSError(f"port {port} is taken; choose another, or leave --port out") from error
        return int(probe.getsockname()[1])
