"""WebSockets: terminals talk through them."""

import asyncio
import time
from contextlib import suppress
from typing import Any, Final

import aiohttp

from runloop_async.credentials import Secret
from runloop_async.errors import APIConnectionError, ProtocolError
from runloop_async.sending.attempt import Attempt
from runloop_async.wire.response import Response, error_for

_DATA: Final = {aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT}
_UNSENT: Final = (
    aiohttp.ClientConnectorError,
    aiohttp.ClientHttpProxyError,
    ValueError,
    RuntimeError,
)
"""Errors of connecting. The last two come from names and addresses: see `border`."""
_SWITCHED: Final = 101
_FIRST_REFUSAL: Final = 300
_FIRST_ERROR: Final = 400
_LAST_REFUSAL: Final = 599
"""The statuses that mean the same here as for any other request."""
_GOODBYE_S: Final = 2.0
"""Seconds that a peer has to answer the end of a WebSocket."""


class OpenSocket:
    """A WebSocket that is open; what it raises is aiohttp's."""

    def __init__(self, socket: Any, session: aiohttp.ClientSession) -> None:
        self._socket = socket
        self._session = session

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
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(_GOODBYE_S):
                    await self._socket.close()
        finally:
            await self._session.close()


async def refuse_redirects(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Have a redirect be a refusal: the token is for no other server.

    A middleware, since aiohttp follows the redirects of a handshake.

    Raises:
        aiohttp.WSServerHandshakeError: The server points elsewhere.
    """
    response = await handler(request)
    if not _FIRST_REFUSAL <= response.status < _FIRST_ERROR:
        return response
    response.close()
    raise aiohttp.WSServerHandshakeError(
        response.request_info,
        (),
        status=response.status,
        message="redirect",
        headers=response.headers,
    )


async def connected(
    session: aiohttp.ClientSession,
    attempt: Attempt,
    token: Secret,
    proxy: Secret | None,
) -> OpenSocket:
    """Open a WebSocket.

    Args:
        session: A session for this one, which is closed with it.
        attempt: What to open.
        token: What goes as the subprotocol.
        proxy: The URL of a proxy, which may hold a password.

    Raises:
        APIStatusError: The server refuses it.
        ProtocolError: The server answers with anything else.
        aiohttp.ClientError: It failed; `attempt` says how far it came.
        OSError: Likewise.
    """
    attempt.begin()  # aiohttp does not say when it sends, so that may have been done
    attempt.phase, attempt.was_sent = "read", None
    began_s = attempt.telemetry.clock.now()
    try:
        socket = await session.ws_connect(
            attempt.out.base,
            protocols=[token.reveal()],
            proxy=None if proxy is None else proxy.reveal(),
            max_msg_size=0,
        )
    except aiohttp.WSServerHandshakeError as error:
        response = Response(error.status, error.headers or {}, b"")
        reason = error.message
    except _UNSENT:
        attempt.phase, attempt.was_sent = "connect", False
        raise
    except BaseException:
        attempt.mark_sent(certainly=False)
        raise
    else:
        _note(attempt, began_s, Response(_SWITCHED, {}, b""))
        return OpenSocket(socket, session)
    _note(attempt, began_s, response)
    if _FIRST_REFUSAL <= response.status <= _LAST_REFUSAL:
        raise error_for(response, now=time.time())
    raise ProtocolError(
        f"the server opened no WebSocket: HTTP {response.status}, {reason}",
        phase="read",
        sent=True,
    )


def _note(attempt: Attempt, began_s: float, response: Response) -> None:
    """Count the handshake and its response; the latency includes connecting."""
    attempt.mark_sent()
    attempt.written_s = began_s
    attempt.heard()
    attempt.telemetry.received(attempt, response.status, response.headers)


def _broken(*, sent: bool | None) -> APIConnectionError:
    return APIConnectionError(
        "the connection is closed, or broke", phase="total", sent=sent
    )
