"""A plugin for pytest: nbval's kernels are reached through files, not TCP ports.

Two notebooks at a time start two kernels at a time, and a port that is free when chosen may be
taken a moment later.
"""

from __future__ import annotations

import os
import tempfile
from typing import Any

import nbval.kernel
from jupyter_client.manager import KernelManager


def manager(**options: Any) -> KernelManager:
    """A manager whose kernel's sockets lie in a folder of their own, below the run's figures."""
    sockets = tempfile.mkdtemp(prefix="k", dir=os.environ["SGN_FIGURES"])
    return KernelManager(transport="ipc", ip=f"{sockets}/k", **options)


nbval.kernel.KernelManager = manager
