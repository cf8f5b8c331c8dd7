"""A process that has imported torch once; jobs are forks of it, and start at once.

Importing torch and making its first optimiser takes several seconds, as long as a fifth of a
training in profile quick. `reproduce` starts this process and tells its jobs where it listens; a
job that cannot reach it, on a cluster for instance, works in its own process instead.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from typing import Any

SOCKET = "SGN_WARM"
"""Environment variable with the path of the socket."""

Work = Callable[[list[str]], int]


@contextlib.contextmanager
def warm_process() -> Iterator[dict[str, str]]:
    """Runs the process while the context lasts; gives the environment that leads jobs to it.

    It ends with the process that started it, however that ends.
    """
    if sys.platform != "linux":  # elsewhere a fork of a process with loaded frameworks may crash
        yield {}
        return
    with tempfile.TemporaryDirectory(prefix="sgn-") as folder:
        path = f"{folder}/warm"
        command = [sys.executable, "-m", "sgnlib.pipeline.warm", path]
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        with subprocess.Popen(command, stdin=subprocess.PIPE, env=environment) as process:
            try:
                yield {SOCKET: path}
            finally:
                process.kill()


def ask(arguments: list[str]) -> int | None:
    """Has a job done by a fork of the warm process; its exit status, or None without one.

    What the job prints goes to this process's stdout and stderr. If this process dies, the job is
    interrupted as by Ctrl-C.
    """
    path = os.environ.get(SOCKET)
    if not path:
        return None
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(path)
        except OSError:
            return None
        request = json.dumps({"arguments": arguments, "environment": dict(os.environ)}).encode()
        socket.send_fds(connection, [len(request).to_bytes(8, "big")], [1, 2])
        connection.sendall(request)
        answer = connection.recv(1)
    return answer[0] if answer else 1


def serve(path: str, prepare: Callable[[], Work]) -> None:
    """Forks for every request on the socket, until stdin is closed.

    Args:
        path: Where to listen; who asks early waits.
        prepare: Imports what takes long and returns what a fork does with its arguments.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the jobs
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(64)
        work = prepare()
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries the forks
        while True:
            sources: list[Any] = [listener, 0]
            ready, _, _ = select.select(sources, [], [])
            if 0 in ready:
                return
            connection, _ = listener.accept()
            with connection:
                if os.fork() == 0:
                    listener.close()
                    _fork(connection, work)


def _fork(connection: socket.socket, work: Work) -> None:
    """Does one job in this fork and ends it."""
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        arguments, environment = _receive(connection)
        os.environ.clear()
        os.environ.update(environment)
        threading.Thread(target=_watch, args=(connection,), daemon=True).start()
        status = work(arguments)
    except KeyboardInterrupt:
        status = 130
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the asker leaves once it has its answer
        sys.stdout.flush()
        sys.stderr.flush()
        with contextlib.suppress(OSError):
            connection.sendall(bytes([status & 255]))
        os._exit(status & 255)


def _receive(connection: socket.socket) -> tuple[list[str], dict[str, str]]:
    head, files, _, _ = socket.recv_fds(connection, 8, 2)
    for ours, theirs in zip((1, 2), files, strict=True):
        os.dup2(theirs, ours)
        os.close(theirs)
    size, request = int.from_bytes(head, "big"), b""
    while len(request) < size:
        request += connection.recv(size - len(request))
    given = json.loads(request)
    return given["arguments"], given["environment"]


def _watch(connection: socket.socket) -> None:
    """Interrupts this process once the asking one is gone."""
    connection.recv(1)
    os.kill(os.getpid(), signal.SIGINT)


def prepare() -> Work:
    """Imports what the jobs import."""
    import torch

    from sgnlib.pipeline.jobs import main as work
    from sgnlib.training import loop, toy_runs  # noqa: F401

    torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))])  # the first one imports half of torch
    return work


if __name__ == "__main__":
    serve(sys.argv[1], prepare)
