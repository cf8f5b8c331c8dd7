"""Downloads that go on where they broke off, give up after a while, and are checked at the end."""

from __future__ import annotations

import http.client
import json
import re
import ssl
import time
import urllib.error
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path

from tqdm import tqdm

from sgnlib import network
from sgnlib.datasets.store import check_room
from sgnlib.storage import atomic_write, sha256

TRIES = 5
"""Broken attempts in a row, none of which brought `PROGRESS` more bytes, before giving up."""

PROGRESS = 2**20
TIMEOUT = 30.0
"""Seconds without a byte until a connection counts as broken."""

PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds to wait after the first broken attempt; twice as long after each further one."""

BUSY = (408, 425, 429, 500, 502, 503, 504)
"""HTTP answers after which it is worth asking again."""

BLOCK = 2**18


class DownloadError(Exception):
    """No address gave the file; the message says why, for each."""


@dataclass(frozen=True)
class Pin:
    """What a file must be.

    Attributes:
        most: Bytes at most.
        size: Bytes exactly, where known.
        sha256: Hex digest, where known.
    """

    most: int
    size: int | None = None
    sha256: str | None = None


class _Refused(Exception):
    """This address will not give the file; perhaps the next one will."""


class _Broken(Exception):
    """It may work at the next attempt, after `pause` seconds or more."""

    def __init__(self, reason: str, pause: float = 0.0) -> None:
        super().__init__(reason)
        self.pause = pause


def download(urls: Sequence[str], file: Path, pin: Pin) -> str:
    """Fetches a file from the first address that gives it; a part that is there is continued.

    The part lies beside, as `file`.part, and survives every kind of end. `file` appears when it
    is complete and matches the pin.

    Args:
        urls: Mirrors, the best first.
        file: Where to put it.
        pin: What it must be.

    Returns:
        The address it came from.

    Raises:
        DownloadError: No address gave it.
        Offline: The network is forbidden.
        OSError: The disk is full, for instance.
    """
    network.ask(f"the download of {file.name.removeprefix('.')}")
    part = file.with_name(file.name + ".part")
    file.parent.mkdir(parents=True, exist_ok=True)
    reasons = []
    for url in urls:
        try:
            _persist(url, part, pin)
        except _Refused as reason:
            reasons.append(f"{url}: {reason}")
        else:
            part.replace(file)
            _about(part).unlink(missing_ok=True)
            return url
    raise DownloadError("; ".join(reasons))


def _persist(url: str, part: Path, pin: Pin) -> None:
    """Attempts until the file is whole, as long as it grows."""
    failures, furthest = 0, _length(part)
    while True:
        try:
            resumed = _attempt(url, part, pin)
            return _verify(part, pin, resumed=resumed)
        except _Broken as reason:
            grown = _length(part) - furthest
            failures = 1 if grown >= PROGRESS else failures + 1
            furthest = max(furthest, _length(part))
            if failures >= TRIES:
                raise _Refused(f"{reason}; gave up after {failures} attempts") from reason
            time.sleep(min(max(PAUSE * 2 ** (failures - 1), reason.pause), LONGEST_PAUSE))


def _attempt(url: str, part: Path, pin: Pin) -> bool:
    """One connection, from where the part ends if the server still has the same file.

    Returns:
        Whether it went on with a part that was there.
    """
    validator, whole = _recall(part, url)
    start = _length(part) if validator else 0
    if start and start == whole:  # killed after the last byte
        return True
    headers = {"Range": f"bytes={start}-", "If-Range": validator} if validator and start else {}
    with _reasons(part), network.open_url(url, timeout=TIMEOUT, headers=headers) as answer:
        if start and answer.status != 206:  # another file by now, or a server without ranges
            start = 0
        total = _total(answer, start, pin)
        check_room(part.parent, (total or 0) - start)
        if not start:
            _discard(part)
            _remember(part, url, answer, total)
        _write(answer, part, start, total, pin)
    return start > 0


def _write(answer: HTTPResponse, part: Path, start: int, total: int | None, pin: Pin) -> None:
    name = part.name.removeprefix(".").removesuffix(".part")
    have = start
    with (
        part.open("ab") as file,
        tqdm(total=total, initial=start, desc=name, unit="B", unit_scale=True) as bar,
    ):
        for block in iter(lambda: answer.read(BLOCK), b""):
            have += len(block)
            if have > pin.most:
                raise _Refused(f"sends more than {pin.most:,} bytes")
            file.write(block)
            bar.update(len(block))
    if total is not None and have < total:
        raise _Broken(f"the connection ended after {have:,} of {total:,} bytes")


def _total(answer: HTTPResponse, start: int, pin: Pin) -> int | None:
    """The whole file's size, as the server says; checks that it can be the file that is wanted."""
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise _Refused(f"sends {answer.headers['Content-Encoding']}, which was not asked for")
    if start:
        span = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", answer.headers.get("Content-Range", ""))
        if not span or int(span[1]) != start:
            raise _Refused(f"answered bytes={start}- with {answer.headers.get('Content-Range')!r}")
        total = int(span[2])
    else:
        length = answer.headers.get("Content-Length", "")
        if not length.isdecimal():
            return None
        total = int(length)
    if total > pin.most or (pin.size is not None and total != pin.size):
        wanted = f"at most {pin.most:,}" if pin.size is None else f"{pin.size:,}"
        raise _Refused(f"has {total:,} bytes; expected are {wanted}")
    return total


def _verify(part: Path, pin: Pin, *, resumed: bool) -> None:
    size, digest = _length(part), sha256(part)
    if pin.sha256 in (None, digest) and pin.size in (None, size):
        return
    _discard(part)
    told = f"{size:,} bytes with SHA-256 {digest[:12]}…"
    if resumed:  # the two halves may be of different files
        raise _Broken(f"the continued file has {told}, which is wrong")
    wanted = "" if pin.size is None else f"{pin.size:,} bytes with "
    raise _Refused(f"gave {told}; expected are {wanted}{(pin.sha256 or 'any')[:12]}…")


@contextmanager
def _reasons(part: Path) -> Iterator[None]:
    """Says of every failure of the connection whether another attempt is worth it."""
    try:
        yield
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416:
            _discard(part)
            raise _Broken("the part was longer than the file") from error
        reason = f"HTTP {error.code} {error.reason}"
        if error.code in BUSY:
            pause = error.headers.get("Retry-After", "")
            raise _Broken(reason, float(pause) if pause.isdecimal() else 0.0) from error
        raise _Refused(reason) from error
    except urllib.error.URLError as error:
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            raise _Refused(f"its certificate is not valid ({error.reason})") from error
        raise _Broken(f"no connection ({error.reason})") from error
    except (http.client.HTTPException, ConnectionError, TimeoutError, ssl.SSLError) as error:
        raise _Broken(f"the connection broke ({error or type(error).__name__})") from error


def _about(part: Path) -> Path:
    """Where it is noted which file of which server the part belongs to."""
    return part.with_name(part.name + ".json")


def _remember(part: Path, url: str, answer: HTTPResponse, total: int | None) -> None:
    tag = answer.headers.get("ETag", "")  # a weak one does not promise the same bytes
    validator = answer.headers.get("Last-Modified") if tag[:2] in ("", "W/") else tag
    note = {"url": url, "validator": validator, "size": total}
    atomic_write(_about(part), (json.dumps(note, indent=1) + "\n").encode())


def _recall(part: Path, url: str) -> tuple[str | None, int | None]:
    """What lets the server recognise its file, and the whole file's size."""
    try:
        note = json.loads(_about(part).read_text())
    except (FileNotFoundError, ValueError):
        return None, None
    return (note["validator"], note["size"]) if note["url"] == url else (None, None)


def _discard(part: Path) -> None:
    part.unlink(missing_ok=True)
    _about(part).unlink(missing_ok=True)


def _length(part: Path) -> int:
    return part.stat().st_size if part.is_file() else 0
