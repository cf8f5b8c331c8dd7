"""Tells Jupyter that the first kernel is there already."""

from __future__ import annotations

import os
import subprocess
from importlib.metadata import EntryPoint
from typing import Any, ClassVar

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner

from sgnlib.live.warm import give_orders

NAME = "sgn-warm"


class WarmProvisioner(LocalProvisioner):
    """Starts kernels as Jupyter does, except for the first one, which has been started before.

    Attributes:
        waiting: The process that becomes the first kernel.
    """

    waiting: ClassVar[subprocess.Popen[bytes] | None] = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Hands the connection to the process that waits; without one, starts another."""
        kernel, WarmProvisioner.waiting = WarmProvisioner.waiting, None
        if kernel is None or kernel.poll() is not None:
            return await super().launch_kernel(cmd, **kwargs)
        give_orders(kernel, cmd, kwargs.get("env") or {})
        self.process, self.pid, self.pgid = kernel, kernel.pid, os.getpgid(kernel.pid)
        self.cwd = kwargs.get("cwd", ".")
        return self.connection_info


def register(kernel: subprocess.Popen[bytes]) -> None:
    """Makes this process's kernels those of `WarmProvisioner`, and the given one the first."""
    group, place = KernelProvisionerFactory.GROUP_NAME, f"{__name__}:{WarmProvisioner.__name__}"
    KernelProvisionerFactory.provisioners[NAME] = EntryPoint(NAME, place, group)
    os.environ[KernelProvisionerFactory.default_provisioner_name_env] = NAME
    WarmProvisioner.waiting = kernel
