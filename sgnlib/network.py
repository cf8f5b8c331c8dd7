"""The one door to the network. SGN_OFFLINE=1, or `sgn --offline`, shuts it for the whole project.

Nobody else opens a connection: a test looks through the sources. Proxies are those of the
environment (HTTP_PROXY, HTTPS_PROXY, NO_PROXY), certificates those of the system.
"""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPResponse
from typing import Any
from urllib.parse import urlsplit

SWITCH = "SGN_OFFLINE"
"""The environment variable; empty and "0" leave the door open, everything else shuts it."""


class Offline(Exception):
    """Something needs the network, and the network is forbidden."""


def offline() -> bool:
    """Whether the network is forbidden."""
    return os.environ.get(SWITCH, "") not in ("", "0")


def shut() -> None:
    """Forbids the network to this process and to all that it starts."""
    os.environ[SWITCH] = "1"


def ask(purpose: str) -> None:
    """Every use of the network asks here first.

    Raises:
        Offline: The network is forbidden; the message says what it was wanted for.
    """
    if offline():
        raise Offline(
            f"{purpose} needs the network, which {SWITCH}=1 or --offline forbids: leave that out, "
            "or bring the file here yourself"
        )


def open_url(
    url: str,
    *,
    timeout: float,
    headers: Mapping[str, str] | None = None,
    method: str = "GET",
) -> HTTPResponse:
    """Opens an address; redirections are followed, but never from https to something weaker.

    Args:
        url: http:// or https://.
        timeout: Seconds to wait for a connection, and for each part of the answer.
        headers: To send.
        method: GET or HEAD.

    Raises:
        Offline: The network is forbidden.
        ValueError: Another kind of address.
        urllib.error.HTTPError: The server says no.
        urllib.error.URLError: There is no connection.
    """
    ask(url)
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise ValueError(f"{url!r} is no address that starts with https:// or http://")
    sent = {"User-Agent": "sgnlib", "Accept-Encoding": "identity", **(headers or {})}
    request = urllib.request.Request(url, headers=sent, method=method)
    opener = urllib.request.build_opener(_Redirections)
    answer: HTTPResponse = opener.open(request, timeout=timeout)
    return answer


class _Redirections(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: Any,
        code: int,
        msg: str,
        headers: Any,
        newurl: str,
    ) -> urllib.request.Request | None:
        there = urlsplit(newurl).scheme
        if there != "https" and there != urlsplit(req.full_url).scheme:
            raise urllib.error.HTTPError(newurl, code, f"redirected to {there}://", headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)
