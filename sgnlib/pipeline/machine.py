"""What decides the last digits of a result: the processor's kind and the numerical packages.

The same training on another kind of processor takes other roundings, and after a few hundred steps
of adversarial training its losses differ like those of another seed. So committed outputs say on
what kind of machine they were made (`figures/machine.json`), and `make test` asks for equality on
that kind alone.
"""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path

from sgnlib import paths
from sgnlib.storage import atomic_write

CPUINFO = Path("/proc/cpuinfo")


def fingerprint() -> dict[str, str]:
    """The kind of machine; equal fingerprints give equal results."""
    import torch

    names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    return {
        "processor": _processor(),
        "device": ", ".join(names) or "cpu",
        "capability": torch.backends.cpu.get_cpu_capability(),
        "python": ".".join(map(str, sys.version_info[:2])),
        **{package: version(package) for package in ("torch", "numpy", "scipy")},
    }


def machine_file() -> Path:
    """Where the committed outputs say what they were made on."""
    return paths.ROOT / "figures" / "machine.json"


def write_machine() -> Path:
    """Says that the outputs were made on this kind of machine."""
    return atomic_write(machine_file(), (json.dumps(fingerprint(), indent=1) + "\n").encode())


def same_machine() -> bool:
    """Whether the committed outputs were made on this kind of machine."""
    file = machine_file()
    return file.is_file() and json.loads(file.read_text()) == fingerprint()


def _processor() -> str:
    """The processor's name and a digest of what it can do."""
    if not CPUINFO.is_file():
        return f"{platform.machine()} {platform.processor()}"
    lines = CPUINFO.read_text().splitlines()
    found = {
        key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)
    }
    flags = " ".join(sorted(found.get("flags", found.get("Features", "")).split()))
    digest = hashlib.sha256(flags.encode()).hexdigest()[:8]
    return f"{found.get('model name', platform.machine())}, features {digest}"
