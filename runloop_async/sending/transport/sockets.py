"""WebSockets: terminals talk through them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Final

import aiohttp

from runloop_async.credentials import Secret
from runloop_async.errors import APIConnectionError, APIError
from runloop_async.wire.response import Response, error_for

_DATA: Final = {aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT}


class OpenSocket:
    """A WebSocket that is open."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket

    @property
    def close_code(self) -> int | None:
        """With what it was closed; None while it is open, and after a break."""
        code: int | None = self._socket.close_code
        return code

    async def receive(self) -> bytes | None:
        """Return what comes next; None once it is closed.

        Raises:
            APIConnectionError: The connection broke.
        """
        message = await self._socket.receive()
        if message.type in _DATA:
            data: str | bytes = message.data
            return data.encode() if isinstance(data, str) else data
        if message.type is aiohttp.WSMsgType.ERROR:
            raise _broken(sent=True)
        return None

    async def send(self, data: bytes) -> None:
        """Send some bytes.

        Raises:
            APIConnectionError: It is closed, or the connection broke.
        """
        try:
            await self._socket.send_bytes(data)
        except (aiohttp.ClientError, ConnectionError):
            error = _broken(sent=None)
        else:
            return
        raise error


@asynccontextmanager
async def connected(
    session: aiohttp.ClientSession,
    url: str,
    token: Secret,
    proxy: Secret | None,
) -> AsyncGenerator[OpenSocket]:
    """Open a WebSocket, and close it at the end.

    Raises:
        APIStatusError: The server refuses it.
        APIConnectionError: The server cannot be reached.
    """
    try:
        socket = await session.ws_connect(
            url,
            protocols=[token.reveal()],
            proxy=None if proxy is None else proxy.reveal(),
            max_msg_size=0,
        )
    except (aiohttp.ClientError, OSError) as error:
        failure = _refused(error)
    else:
        async with socket:
            yield OpenSocket(socket)
        return
    raise failure  # without the one of aiohttp, which knows the token


def _refused(error: Exception) -> APIError:
    if isinstance(error, aiohttp.WSServerHandshakeError):
        return error_for(Response(error.status, {}, b""), now=0.0)
    return APIConnectionError(
        f"cannot connect: {type(error).__name__}", phase="connect", sent=False
    )


def _broken(*, sent: bool | None) -> APIConnectionError:
    return APIConnectionError(
        "the connection is closed, or broke", phase="total", sent=sent
    )
