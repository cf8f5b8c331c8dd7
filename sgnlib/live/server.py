"""Voila, as `sgn mix` runs it."""

from __future__ import annotations

from voila.app import Voila

PING = 30_000
"""Milliseconds in which a page must answer; as many as between two questions."""


class Server(Voila):
    """Prepares the first page before a browser asks for it, and no further ones.

    Voila would prepare one more after each page, at once, beside the picture that is being made; or
    after a delay, and a page that is asked for meanwhile waits for the end of that delay.
    """

    def listen(self) -> None:
        """Serves; the first page is under way since the kernel manager was made."""
        # Jupyter's own is longer than the time between two pings, of which tornado warns.
        self.app.settings["ws_ping_timeout"] = PING
        self.kernel_manager.kernel_pools_config = {"default": {"pool_size": 0}}
        super().listen()
