"""WebSockets: terminals talk through them."""

import asyncio
from contextlib import suppress
from typing import Any, Final

import aiohttp

from runloop_async.credentials import Secret
from runloop_async.errors import APIConnectionError
from runloop_async.sending.attempt import Attempt
from runloop_async.wire.response import Response, error_for

_DATA: Final = {aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT}
_GOODBYE_S: Final = 2.0
"""Seconds that a peer has to answer the end of a WebSocket."""


class OpenSocket:
    """A WebSocket that is open; what it raises is aiohttp's."""

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
            is_sent = False
        else:
            is_sent = True
        if not is_sent:
            raise _broken(sent=None)

    async def close(self) -> None:
        """Close it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_GOODBYE_S):
                await self._socket.close()


async def connected(
    session: aiohttp.ClientSession,
    attempt: Attempt,
    token: Secret,
    proxy: Secret | None,
) -> OpenSocket:
    """Open a WebSocket.

    Raises:
        APIStatusError: The server refuses it.
        aiohttp.ClientError: It failed; `attempt` says how far it came.
        OSError: Likewise.
    """
    attempt.phase = "connect"
    try:
        socket = await session.ws_connect(
            attempt.out.base,
            protocols=[token.reveal()],
            proxy=None if proxy is None else proxy.reveal(),
            max_msg_size=0,
        )
    except aiohttp.WSServerHandshakeError as error:
        status = error.status
    else:
        return OpenSocket(socket)
    raise error_for(Response(status, {}, b""), now=0.0)


def _broken(*, sent: bool | None) -> APIConnectionError:
    return APIConnectionError(
        "the connection is closed, or broke", phase="total", sent=sent
    )
