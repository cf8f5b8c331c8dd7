"""A web server on this machine that misbehaves as told, and a proxy."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[["Handler"], None]
"""How a request is answered."""


class Handler(BaseHTTPRequestHandler):
    """Notes every request, then does what the server's script says."""

    server: Server

    def do_GET(self) -> None:
        self.server.seen.append((self.path, dict(self.headers)))
        script = self.server.script
        (script.pop(0) if len(script) > 1 else script[0])(self)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    """Attributes: script (answers; the last one again and again), seen (requests)."""

    daemon_threads = True
    script: list[Answer]
    seen: list[tuple[str, dict[str, str]]]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def serving(*script: Answer) -> Iterator[Server]:
    """A server with this script."""
    server = Server(("127.0.0.1", 0), Handler)
    server.script, server.seen = list(script), []
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def gives(
    content: bytes,
    *,
    etag: str = '"one"',
    cut: int | None = None,
    claim: int | None = None,
    ranges: bool = True,
    pause: float = 0.0,
) -> Answer:
    """Gives a file as servers do.

    Args:
        content: The file.
        etag: "" for none.
        cut: Bytes after which the connection ends.
        claim: A Content-Length that is not true.
        ranges: Whether Range and If-Range are understood.
        pause: Seconds before each KiB.
    """

    def answer(request: Handler) -> None:
        asked = request.headers.get("Range", "") if ranges else ""
        start = int(asked.removeprefix("bytes=").rstrip("-") or 0)
        if request.headers.get("If-Range", etag) != etag:
            start, asked = 0, ""
        if asked and start >= len(content):
            request.send_response(416)
            request.end_headers()
            return
        request.send_response(206 if asked else 200)
        if asked:
            span = f"bytes {start}-{len(content) - 1}/{len(content)}"
            request.send_header("Content-Range", span)
        request.send_header("Content-Length", str((claim or len(content)) - start))
        if etag:
            request.send_header("ETag", etag)
        request.end_headers()
        body = content[start:] if cut is None else content[start : start + cut]
        for at in range(0, len(body), 1024) if pause else (0,):
            time.sleep(pause)
            request.wfile.write(body[at : at + 1024] if pause else body)
            request.wfile.flush()

    return answer


def says(code: int, **headers: str) -> Answer:
    """Answers with a status code."""

    def answer(request: Handler) -> None:
        request.send_response(code)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", "0")
        request.end_headers()

    return answer
