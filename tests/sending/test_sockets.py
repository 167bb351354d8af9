"""WebSockets: what comes of them besides data."""

from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest

from runloop_async import APIConnectionError
from runloop_async.sending.transport.sockets import OpenSocket


def opened(*messages: tuple[aiohttp.WSMsgType, object]) -> OpenSocket:
    """Return a socket that some messages come from."""
    left = iter(messages)

    async def receive() -> SimpleNamespace:
        kind, data = next(left)
        return SimpleNamespace(type=kind, data=data)

    made: Any = SimpleNamespace()
    return OpenSocket(SimpleNamespace(receive=receive, close_code=4000), made)


async def test_data_comes_as_bytes_and_the_end_as_none() -> None:
    socket = opened(
        (aiohttp.WSMsgType.TEXT, "ü"),
        (aiohttp.WSMsgType.BINARY, b"b"),
        (aiohttp.WSMsgType.CLOSED, None),
    )
    assert [await socket.receive() for _ in range(3)] == ["ü".encode(), b"b", None]
    assert socket.close_code == 4000


async def test_what_is_no_websocket_any_more_is_told() -> None:
    socket = opened((aiohttp.WSMsgType.ERROR, OSError()))
    with pytest.raises(APIConnectionError, match="is closed, or broke"):
        await socket.receive()
