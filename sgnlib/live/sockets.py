"""Kernel connections of a Jupyter server that send every message at once.

By default TCP holds a small message back until the one before it is acknowledged (Nagle's
algorithm), and a browser acknowledges up to 40 ms late: half of what a drag's frame takes. Tornado
leaves that on, and so do Jupyter's servers. This turns it off:

    jupyter lab --ServerApp.kernel_websocket_connection_class=sgnlib.live.sockets.Undelayed
"""

from __future__ import annotations

from typing import Any

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


class Undelayed(ZMQChannelsWebsocketConnection):
    """Jupyter's own connection, without delay."""

    def connect(self) -> Any:
        """Starts the traffic between browser and kernel."""
        self.websocket_handler.set_nodelay(True)
        return super().connect()
