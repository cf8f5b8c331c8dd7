"""The first kernel is the one that waits; later ones start as usual."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from ipywidgets import VBox
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from voila.app import Voila
from voila.voila_kernel_manager import voila_kernel_manager_factory

from sgnlib.live import provisioner as module
from sgnlib.live.mixer import Mixer
from sgnlib.live.page import fill
from sgnlib.live.provisioner import QUIET, WarmProvisioner, register
from sgnlib.live.server import Server
from sgnlib.live.settings import Settings
from sgnlib.live.warm import start_kernel

COMMAND = ["python", "-m", "ipykernel_launcher", "-f", "kernel-1.json"]


@pytest.fixture
def provisioner(monkeypatch: pytest.MonkeyPatch) -> WarmProvisioner:
    async def launched(self: LocalProvisioner, cmd: list[str], **kwargs: Any) -> dict[str, Any]:
        return {"started": cmd}

    monkeypatch.setattr(LocalProvisioner, "launch_kernel", launched)
    monkeypatch.setattr(WarmProvisioner, "waiting", None)
    return WarmProvisioner(kernel_id="one", kernel_spec=KernelSpec(), parent=None)


def waiting(code: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-S", "-c", f"import sys; {code}"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def test_the_process_that_waits_gets_the_connection_once(provisioner: WarmProvisioner) -> None:
    process = waiting("sys.stdout.write(sys.stdin.read())")
    WarmProvisioner.waiting = process
    provisioner.connection_info = {"shell_port": 1}
    told = asyncio.run(provisioner.launch_kernel(COMMAND, env={"VOILA": "here"}))
    assert told == {"shell_port": 1} and provisioner.process is process
    assert process.stdout
    orders = json.loads(process.stdout.read())
    options = ["-f", "kernel-1.json", QUIET]
    assert orders == {"options": options, "environment": {"VOILA": "here"}}
    process.wait(10)
    assert asyncio.run(provisioner.launch_kernel(COMMAND)) == {"started": [*COMMAND, QUIET]}


def test_one_that_has_died_is_replaced(provisioner: WarmProvisioner) -> None:
    WarmProvisioner.waiting = waiting("sys.exit(1)")
    WarmProvisioner.waiting.wait(10)
    assert asyncio.run(provisioner.launch_kernel(COMMAND)) == {"started": [*COMMAND, QUIET]}


def test_a_minute_later_another_one_waits(
    provisioner: WarmProvisioner, monkeypatch: pytest.MonkeyPatch
) -> None:
    another = waiting("sys.stdin.read()")
    monkeypatch.setattr(module, "start_kernel", lambda: another)
    monkeypatch.setattr(module, "LATER", 0.05)

    async def launched() -> None:
        await provisioner.launch_kernel(COMMAND)
        assert WarmProvisioner.waiting is None, "not while the page is being tried out"
        await asyncio.sleep(0.2)

    asyncio.run(launched())
    assert WarmProvisioner.waiting is another
    another.communicate()


def test_voila_prepares_the_first_page_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its pool is asked as its page handler does: a page finds none that is only promised."""
    started: list[str] = []

    async def initialize(self: Any, notebook: str, kernel: None, **kwargs: Any) -> dict[str, Any]:
        started.append(notebook)
        return {"renderer": SimpleNamespace(rendered_cache=[]), "task": None, "kernel_id": "one"}

    manager = voila_kernel_manager_factory(AsyncMappingKernelManager, True, 1)
    monkeypatch.setattr(manager, "_initialize", initialize)
    monkeypatch.setattr(Voila, "listen", lambda self: None)

    async def pool_before_and_after_a_page() -> list[int]:
        server = Server(notebook_path="/mix.ipynb", root_dir="/")
        server.kernel_manager = pools = manager(parent=server)
        server.app = SimpleNamespace(settings={})
        server.listen()
        before = pools.get_pool_size("mix.ipynb")
        await pools.get_rendered_notebook("mix.ipynb")
        assert server.app.settings == {"ws_ping_timeout": 30_000}
        return [before, pools.get_pool_size("mix.ipynb")]

    assert asyncio.run(pool_before_and_after_a_page()) == [1, 0]
    assert started == ["mix.ipynb"]


def test_jupyter_finds_the_provisioner(
    monkeypatch: pytest.MonkeyPatch, provisioner: WarmProvisioner
) -> None:
    monkeypatch.setattr(os, "environ", dict(os.environ))
    kernel = waiting("sys.stdin.read()")
    register(kernel)
    assert WarmProvisioner.waiting is kernel
    name = os.environ[KernelProvisionerFactory.default_provisioner_name_env]
    assert KernelProvisionerFactory.provisioners[name].load() is WarmProvisioner
    kernel.communicate()


def test_without_orders_the_kernel_ends() -> None:
    kernel = start_kernel()
    kernel.communicate()
    assert kernel.returncode == 0


def imported(modules: str) -> set[str]:
    code = f"import sys, {modules}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_a_page_imports_no_more_than_it_needs() -> None:
    assert "torch" not in imported("sgnlib.live.page"), "the page is there before the network"
    heavy = {"matplotlib", "torchvision", "skimage", "sklearn", "openvino", "pandas"}
    assert not heavy & imported("sgnlib.live.mixer, sgnlib.evaluation.models")


def test_a_page_gets_its_mixer_or_says_why_it_has_none() -> None:
    box = VBox()
    fill(box, Settings("model-1", None, 0, None))
    heading, mixer = box.children
    assert "shipped with the project" in heading.value and isinstance(mixer, Mixer)
    fill(box, Settings("<nobody>", None, 0, None))
    (words,) = box.children
    assert "role='alert'" in words.value and "&lt;nobody&gt;" in words.value
