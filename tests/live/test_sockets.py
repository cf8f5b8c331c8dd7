"""Messages between kernel and browser do not wait for each other."""

from __future__ import annotations

from unittest.mock import Mock

import pytest
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

from sgnlib.live.sockets import Undelayed


def test_the_delay_is_off_before_the_first_message(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[object] = []
    monkeypatch.setattr(
        ZMQChannelsWebsocketConnection, "connect", lambda self: done.append("connected")
    )
    monkeypatch.setattr(Undelayed, "__init__", lambda self, handler: None)
    connection = Undelayed(None)
    monkeypatch.setattr(Undelayed, "websocket_handler", Mock(set_nodelay=done.append))
    connection.connect()
    assert done == [True, "connected"]
