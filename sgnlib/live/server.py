"""Voila, as `sgn mix` runs it."""

from __future__ import annotations

from voila.app import Voila


class Server(Voila):
    """Prepares the first page before a browser asks for it, and no further ones.

    Voila would prepare one more after each page, at once, beside the picture that is being made; or
    after a delay, and a page that is asked for meanwhile waits for the end of that delay.
    """

    def listen(self) -> None:
        """Serves; the first page is under way since the kernel manager was made."""
        self.kernel_manager.kernel_pools_config = {"default": {"pool_size": 0}}
        super().listen()
