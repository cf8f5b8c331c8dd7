"""The first page's kernel, which imports torch while server and browser are still starting.

Run as a program, this module is that kernel: it imports what a page needs, and waits for the server
to say on standard input which connection to serve. Until then, the standard library is all that is
imported here, so that it can be started at once.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from importlib import import_module


def start_kernel() -> subprocess.Popen[bytes]:
    """Starts a kernel that will wait for its orders; it ends with this process."""
    return subprocess.Popen(
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # as Jupyter's own: Ctrl-C is for the server
        env=os.environ | {"JPY_PARENT_PID": str(os.getpid())},
    )


def give_orders(kernel: subprocess.Popen[bytes], command: list[str], env: dict[str, str]) -> None:
    """Says what to serve.

    Args:
        kernel: One that waits.
        command: With which Jupyter would start a kernel; it ends with options of ipykernel.
        env: The environment that it would have.
    """
    assert kernel.stdin
    orders = {"options": command[command.index("-f") :], "environment": env}
    with kernel.stdin as pipe:
        pipe.write(json.dumps(orders).encode())


def main() -> None:
    """Imports, waits, and serves; without orders, the server has ended."""
    from ipykernel.kernelapp import launch_new_instance

    import sgnlib.live.page  # noqa: F401

    # In a thread of its own: the page is served, and the browser gets its scripts, meanwhile.
    threading.Thread(target=import_module, args=["sgnlib.live.mixer"], daemon=True).start()
    if not (told := sys.stdin.buffer.read()):
        os._exit(0)  # the import does not have to be waited for
    orders = json.loads(told)
    os.environ.update(orders["environment"])
    launch_new_instance(argv=orders["options"])


if __name__ == "__main__":
    main()
