"""Downloads against a server that misbehaves; everything stays on this machine."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from sgnlib import network
from sgnlib.datasets import download as module
from sgnlib.datasets.download import DownloadError, Pin, download
from tests.datasets.server import gives, says, serving

CONTENT = np.random.default_rng(0).bytes(40_000)
DIGEST = hashlib.sha256(CONTENT).hexdigest()
PIN = Pin(most=10**6, size=len(CONTENT), sha256=DIGEST)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Online, without a proxy and without patience."""
    for name in (network.SWITCH, "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(module, "PAUSE", 0.001)
    monkeypatch.setattr(module, "PROGRESS", 1000)
    monkeypatch.setattr(module, "TIMEOUT", 10.0)


def ranges(seen: list[tuple[str, dict[str, str]]]) -> list[str]:
    return [headers.get("Range", "all") for _, headers in seen]


def test_a_cut_connection_is_continued_where_it_ended(tmp_path: Path) -> None:
    script = [gives(CONTENT, cut=15_000), gives(CONTENT, cut=15_000), gives(CONTENT)]
    with serving(*script) as server:
        assert download([server.url], tmp_path / "file", PIN) == server.url
        assert ranges(server.seen) == ["all", "bytes=15000-", "bytes=30000-"]
        assert server.seen[1][1]["If-Range"] == '"one"'
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_part_of_an_earlier_process_is_continued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TRIES", 1)
    with serving(gives(CONTENT, cut=15_000), gives(CONTENT)) as server:
        with pytest.raises(DownloadError, match="ended after 15,000 of 40,000 bytes"):
            download([server.url], tmp_path / "file", PIN)
        assert not (tmp_path / "file").exists()
        download([server.url], tmp_path / "file", PIN)
        assert ranges(server.seen) == ["all", "bytes=15000-"]
    assert (tmp_path / "file").read_bytes() == CONTENT


@pytest.mark.parametrize(
    "second",
    [gives(CONTENT, ranges=False), gives(CONTENT, etag='"two"')],
    ids=["no ranges", "another file by now"],
)
def test_a_server_that_does_not_continue_starts_over(tmp_path: Path, second) -> None:
    older = bytes(len(CONTENT))
    with serving(gives(older, cut=15_000), second) as server:
        download([server.url], tmp_path / "file", PIN)
    assert (tmp_path / "file").read_bytes() == CONTENT


@pytest.mark.parametrize("etag", ["", 'W/"weak"'])
def test_without_a_strong_validator_nothing_is_continued(tmp_path: Path, etag: str) -> None:
    with serving(gives(CONTENT, cut=15_000, etag=etag), gives(CONTENT, etag=etag)) as server:
        download([server.url], tmp_path / "file", PIN)
        assert ranges(server.seen) == ["all", "all"]
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_a_server_that_lies_about_its_file_costs_one_new_start(tmp_path: Path) -> None:
    """Same ETag, other bytes: only the hash notices."""
    older = bytes(len(CONTENT))
    with serving(gives(older, cut=15_000), gives(CONTENT)) as server:
        download([server.url], tmp_path / "file", PIN)
        assert ranges(server.seen) == ["all", "bytes=15000-", "all"]
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_a_part_longer_than_the_file_is_thrown_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(gives(CONTENT, cut=15_000), gives(CONTENT)) as server:
        monkeypatch.setattr(module, "TRIES", 1)
        with pytest.raises(DownloadError):
            download([server.url], tmp_path / "file", PIN)
        monkeypatch.setattr(module, "TRIES", 5)
        (tmp_path / "file.part").write_bytes(bytes(50_000))
        download([server.url], tmp_path / "file", PIN)
        assert ranges(server.seen) == ["all", "bytes=50000-", "all"]
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_attempts_are_bounded_and_pauses_grow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(module.time, "sleep", pauses.append)
    monkeypatch.setattr(module, "PAUSE", 1.0)
    with serving(says(503), says(500), says(503, Retry_After="7"), says(500)) as server:
        with pytest.raises(DownloadError, match=r"HTTP 500 .*; gave up after 5 attempts"):
            download([server.url], tmp_path / "file", PIN)
        assert len(server.seen) == module.TRIES
    assert pauses == [1, 2, 7, 8]


def test_a_connection_that_brings_next_to_nothing_is_given_up(tmp_path: Path) -> None:
    with serving(gives(CONTENT, cut=100)) as server:
        with pytest.raises(DownloadError, match="gave up after 5 attempts"):
            download([server.url], tmp_path / "file", PIN)
        assert len(server.seen) == module.TRIES


@pytest.mark.parametrize("code", [403, 404, 410])
def test_a_no_is_a_no_and_the_next_mirror_is_asked(tmp_path: Path, code: int) -> None:
    with serving(says(code)) as bad, serving(gives(CONTENT)) as good:
        assert download([bad.url, good.url], tmp_path / "file", PIN) == good.url
        assert len(bad.seen) == 1
    assert (tmp_path / "file").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (gives(CONTENT[:-1] + b"x"), f"40,000 bytes with SHA-256 .*; expected .*{DIGEST[:12]}"),
        (gives(CONTENT[:-1]), "has 39,999 bytes; expected are 40,000"),
        (gives(CONTENT + b"x"), "has 40,001 bytes; expected are 40,000"),
        (gives(CONTENT, claim=10**7), "has 10,000,000 bytes; expected are 40,000"),
        (says(302, Location="file:///etc/passwd"), "HTTP 302"),
        (says(302, Location="ftp://127.0.0.1/x"), "HTTP 302 redirected to ftp"),
        (says(302, Location="/again"), "HTTP 302"),
    ],
)
def test_wrong_answers_leave_nothing(tmp_path: Path, answer, reason: str) -> None:
    with serving(answer) as server, pytest.raises(DownloadError, match=reason):
        download([server.url], tmp_path / "file", PIN)
    assert not list(tmp_path.iterdir())


def test_a_size_that_is_not_known_has_a_limit_all_the_same(tmp_path: Path) -> None:
    def endless(request) -> None:
        request.send_response(200)
        request.end_headers()
        for _ in range(100):
            request.wfile.write(bytes(10_000))

    with serving(endless) as server, pytest.raises(DownloadError, match="more than 100,000 bytes"):
        download([server.url], tmp_path / "file", Pin(most=100_000))
    assert not (tmp_path / "file").exists()


def test_redirections_are_followed(tmp_path: Path) -> None:
    with serving(says(302, Location="/elsewhere"), gives(CONTENT)) as server:
        download([server.url], tmp_path / "file", PIN)
        assert server.seen[1][0] == "/elsewhere"
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_https_is_never_left_for_http() -> None:
    request = network.urllib.request.Request("https://example.org/file")
    handler = network._Redirections()
    with pytest.raises(network.urllib.error.HTTPError, match="redirected to http://"):
        handler.redirect_request(request, None, 302, "", {}, "http://example.org/file")


def test_a_silent_server_and_nobody_at_all_are_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TRIES", 2)
    monkeypatch.setattr(module, "TIMEOUT", 0.1)
    with (
        serving(lambda request: time.sleep(0.4)) as server,
        pytest.raises(DownloadError, match=r"timed out.*gave up after 2"),
    ):
        download([server.url], tmp_path / "file", PIN)
    with pytest.raises(DownloadError, match="no connection"):
        download([server.url], tmp_path / "file", PIN)


def test_a_slow_server_is_waited_for(tmp_path: Path) -> None:
    with serving(gives(CONTENT, pause=0.002)) as server:
        download([server.url], tmp_path / "file", PIN)
        assert len(server.seen) == 1
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_a_full_disk_is_no_reason_to_try_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=20_000))
    with serving(gives(CONTENT)) as server:
        with pytest.raises(OSError, match="MB free, needed are"):
            download([server.url], tmp_path / "file", PIN)
        assert len(server.seen) == 1


def test_proxies_of_the_environment_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with serving(gives(CONTENT)) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        download(["http://nowhere.invalid/file"], tmp_path / "file", PIN)
        assert proxy.seen[0][0] == "http://nowhere.invalid/file"
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_offline_no_socket_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a socket")

    monkeypatch.setenv(network.SWITCH, "1")
    monkeypatch.setattr(socket, "socket", refuse)
    with pytest.raises(network.Offline, match=r"download of file needs the network.*SGN_OFFLINE=1"):
        download(["http://127.0.0.1:9"], tmp_path / "file", PIN)
    with pytest.raises(network.Offline):
        network.open_url("http://127.0.0.1:9", timeout=1.0)


@pytest.mark.parametrize(
    ("value", "shut"), [("1", True), ("true", True), ("0", False), ("", False)]
)
def test_the_switch(monkeypatch: pytest.MonkeyPatch, value: str, shut: bool) -> None:
    monkeypatch.setenv(network.SWITCH, value)
    assert network.offline() is shut


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://x/y", "x.zip", "https:///y"])
def test_only_web_addresses_are_opened(url: str) -> None:
    with pytest.raises(ValueError, match="no address that starts with https"):
        network.open_url(url, timeout=1.0)


KILLED = """
import sys
from pathlib import Path
from types import SimpleNamespace
from sgnlib.datasets.download import Pin, download
download([sys.argv[1]], Path(sys.argv[2]), Pin(10**6))
"""


def test_killed_in_the_middle_the_next_process_goes_on(tmp_path: Path) -> None:
    slow = gives(CONTENT, pause=0.02)
    with serving(slow, gives(CONTENT)) as server:
        command = [sys.executable, "-c", KILLED, server.url, str(tmp_path / "file")]
        environment = {**os.environ, "SGN_OFFLINE": "0"}
        # the block is small, so that the part on disk grows while the server is slow
        command[2] = command[2].replace(
            "download([", "import sgnlib.datasets.download as d\nd.BLOCK = 512\ndownload(["
        )
        child = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        part = tmp_path / "file.part"
        deadline = time.monotonic() + 60
        while not (part.exists() and part.stat().st_size > 1000):
            assert child.poll() is None and time.monotonic() < deadline
            time.sleep(0.01)
        child.send_signal(signal.SIGKILL)
        child.wait()
        assert not (tmp_path / "file").exists()
        reached = part.stat().st_size
        assert 1000 < reached < len(CONTENT)
        download([server.url], tmp_path / "file", PIN)
        assert ranges(server.seen) == ["all", f"bytes={reached}-"]
    assert (tmp_path / "file").read_bytes() == CONTENT
