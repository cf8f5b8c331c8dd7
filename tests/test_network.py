"""Nothing escapes the offline switch: in the sources, and with sockets blocked."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from sgnlib import network
from sgnlib.experiments import MODEL_1
from sgnlib.nn import vgg
from sgnlib.paths import ROOT

PACKAGE = ROOT / "sgnlib"

REACHES_OUT = (
    "urllib.request", "http.client", "socket", "requests", "httpx", "aiohttp", "ftplib", "pooch",
    "huggingface_hub", "openvino_telemetry",
)  # fmt: skip

MAY = {
    "network.py": {"urllib.request", "http.client"},
    "datasets/download.py": {"http.client"},  # its exceptions
    "pipeline/warm.py": {"socket"},  # AF_UNIX
    "live/app.py": {"socket"},  # looks for a free port of this machine
}
"""Who may import what."""

DOWNLOADS = {"get_state_dict", "load_state_dict_from_url", "download_url_to_file", "urlopen"}
"""Functions of other packages that download."""


def imported(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def test_only_the_door_opens_connections() -> None:
    for file in sorted(PACKAGE.rglob("*.py")):
        name = file.relative_to(PACKAGE).as_posix()
        tree = ast.parse(file.read_text())
        names = {f"{found}." for found in imported(tree)}
        reaching = {out for out in REACHES_OUT if any(n.startswith(f"{out}.") for n in names)}
        assert reaching <= MAY.get(name, set()), f"{name}: use sgnlib.network"
        called = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert not called & DOWNLOADS or name == "nn/vgg.py", f"{name} downloads by itself"


@pytest.fixture
def blocked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Offline; whoever opens a socket, or resolves a name, fails the test."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network")

    monkeypatch.setenv(network.SWITCH, "1")
    monkeypatch.setenv("SGN_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.getaddrinfo", refuse)


@pytest.mark.usefixtures("blocked")
def test_offline_the_perceptual_network_is_not_asked_for() -> None:
    vgg._server_answers.cache_clear()
    assert not vgg.imagenet_available()
    assert vgg.resolve_features(MODEL_1).features == "random"


@pytest.mark.usefixtures("blocked")
def test_offline_a_run_that_needs_imagenets_weights_is_refused_not_downloaded() -> None:
    """The row says "imagenet" already: a run trained online, whose cached weights are gone."""
    with pytest.raises(network.Offline, match=r"vgg16-397923af\.pth, needs the network"):
        vgg.VGG16Features("imagenet")


@pytest.mark.usefixtures("blocked")
@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["data", "list"], 0),
        (["data", "get", "monet2photo"], 1),
        (["data", "get", "monet2photo", "--mirror", "http://127.0.0.1:9"], 1),
        (["data", "get", "--style", "udnie=https://example.org/udnie.jpg"], 1),
        (["train", "model-1", "--images", "real"], 1),
        (["doctor"], 0),
    ],
)
def test_offline_no_command_reaches_out(
    arguments: list[str], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    from sgnlib import cli

    assert cli.main(arguments) == status
    assert "the network\n" not in capsys.readouterr().err


BLOCKED = """
import socket, sys
def refuse(*_, **__):
    raise SystemExit("the network")
socket.socket.connect = socket.getaddrinfo = refuse
from sgnlib import cli, network
"""


def test_the_option_is_the_switch_for_every_command() -> None:
    script = (
        BLOCKED + "import os\n"
        "os.environ.pop('SGN_OFFLINE', None)\n"
        "status = cli.main(['data', '--offline', 'get', 'monet2photo'])\n"
        "assert status == 1 and network.offline()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "forbids" in done.stderr


def test_openvino_does_not_report_itself() -> None:
    """`import openvino` sends an event to its makers unless it is kept from it."""
    script = BLOCKED + (
        "import sgnlib.live, openvino, openvino.tools.ovc.telemetry_utils as t\n"
        "assert t.tm.__name__.endswith('telemetry_stub'), t.tm\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
