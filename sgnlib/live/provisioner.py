"""Tells Jupyter that a kernel is there already."""

from __future__ import annotations

import asyncio
import os
import subprocess
from importlib.metadata import EntryPoint
from typing import Any, ClassVar

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner

from sgnlib.live.warm import give_orders, start_kernel

NAME = "sgn-warm"

LATER = 60.0
"""Seconds after a kernel's start until the next one is made ready: its imports take a core from a
page that is being tried out."""

QUIET = "--IPKernelApp.log_level=ERROR"
"""Else kernels warn of eavesdroppers on a connection that never leaves this machine."""


class WarmProvisioner(LocalProvisioner):
    """Starts kernels as Jupyter does, but quiet, unless one has been started before and waits.

    Attributes:
        waiting: The process that becomes the next kernel.
    """

    waiting: ClassVar[subprocess.Popen[bytes] | None] = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Hands the connection to the process that waits; without one, starts another."""
        kernel, WarmProvisioner.waiting = WarmProvisioner.waiting, None
        asyncio.get_running_loop().call_later(LATER, _have_one_wait)
        cmd = [*cmd, QUIET]
        if kernel is None or kernel.poll() is not None:
            return await super().launch_kernel(cmd, **kwargs)
        give_orders(kernel, cmd, kwargs.get("env") or {})
        self.process, self.pid, self.pgid = kernel, kernel.pid, os.getpgid(kernel.pid)
        self.cwd = kwargs.get("cwd", ".")
        return self.connection_info


def _have_one_wait() -> None:
    if WarmProvisioner.waiting is None:
        WarmProvisioner.waiting = start_kernel()


def register(kernel: subprocess.Popen[bytes]) -> None:
    """Makes this process's kernels those of `WarmProvisioner`, and the given one the first."""
    group, place = KernelProvisionerFactory.GROUP_NAME, f"{__name__}:{WarmProvisioner.__name__}"
    KernelProvisionerFactory.provisioners[NAME] = EntryPoint(NAME, place, group)
    os.environ[KernelProvisionerFactory.default_provisioner_name_env] = NAME
    WarmProvisioner.waiting = kernel
