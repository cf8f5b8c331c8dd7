"""Jobs as forks: their output, status and end are those of the process that asked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sgnlib.pipeline.warm import SOCKET, ask

SERVER = """
import os, sys, time
from pathlib import Path
from sgnlib.pipeline.warm import serve

def work(arguments):
    if arguments[0] == "greet":
        print("out", os.environ["NAME"], flush=True)
        print("err", file=sys.stderr)
        return 7
    if arguments[0] == "crash":
        os.abort()
    if arguments[0] == "raise":
        raise ValueError("no such thing")
    try:
        Path(arguments[1]).write_text("started")
        time.sleep(30)
    except KeyboardInterrupt:
        Path(arguments[1]).write_text("interrupted")
        raise

def prepare():
    time.sleep(0.5)  # who asks early waits
    return work

serve(sys.argv[1], prepare)
"""
CLIENT = "import sys; from sgnlib.pipeline.warm import ask; sys.exit(ask(sys.argv[1:]))"

Ask = Callable[..., "subprocess.Popen[str]"]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux only")


def until(condition: Callable[[], bool]) -> None:
    for _ in range(400):
        if condition():
            return
        time.sleep(0.05)
    raise TimeoutError


@pytest.fixture
def server(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    path = str(tmp_path / "warm")
    command = [sys.executable, "-c", SERVER, path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as process:
        until(lambda: Path(path).exists())
        yield process
        process.kill()


@pytest.fixture
def client(server: subprocess.Popen[str], tmp_path: Path) -> Ask:
    def asked(*arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", CLIENT, *arguments],
            env=os.environ | {SOCKET: str(tmp_path / "warm"), "NAME": "Udnie"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return asked


def test_output_environment_and_status_are_those_of_the_asking_process(client: Ask) -> None:
    process = client("greet")
    assert process.communicate() == ("out Udnie\n", "err\n")
    assert process.returncode == 7


@pytest.mark.parametrize(("job", "told"), [("crash", ""), ("raise", "ValueError: no such thing")])
def test_a_job_that_breaks_off_is_not_done(client: Ask, job: str, told: str) -> None:
    process = client(job)
    assert told in process.communicate()[1]
    assert process.returncode == 1
    assert client("greet").wait() == 7, "the others go on"


def test_a_job_is_interrupted_when_its_asker_is_killed(client: Ask, tmp_path: Path) -> None:
    state = tmp_path / "state"
    process = client("sleep", str(state))
    until(lambda: state.exists() and state.read_text() == "started")
    process.send_signal(signal.SIGKILL)
    until(lambda: state.read_text() == "interrupted")
    process.communicate()


def test_it_ends_with_the_process_that_started_it(server: subprocess.Popen[str]) -> None:
    assert server.stdin
    server.stdin.close()
    assert server.wait(timeout=20) == 0


def test_without_it_nobody_answers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(SOCKET, raising=False)
    assert ask(["greet"]) is None
    monkeypatch.setenv(SOCKET, str(tmp_path / "none"))
    assert ask(["greet"]) is None
