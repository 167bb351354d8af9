"""The session path: attempts through an `aiohttp.ClientSession`, as mocks expect them.

It is taken with a session of the caller's, with a proxy, with a body that is sent in
pieces, and wherever the direct path cannot or must not be (`names`).
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from io import BytesIO
from typing import Any, Final, Self

import aiohttp
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse

from runloop_async.credentials import Secret
from runloop_async.sending.attempt import Attempt
from runloop_async.sending.transport.connector import (
    LARGEST_HEADER,
    MOST_HEADERS,
    MOST_STALE,
    Connector,
    connect_timeout,
    is_fresh,
    receive_less,
)
from runloop_async.sending.transport.endings import watched
from runloop_async.sending.transport.incoming import Incoming
from runloop_async.sending.transport.sockets import (
    OpenSocket,
    connected,
    refuse_redirects,
)
from runloop_async.wire.request import Content

_AUTHORIZATION: Final = "Authorization"
_TYPE: Final = "Content-Type"
_SKIPPED: Final = (_TYPE,)
_MANY_BYTES: Final = 256 * 1024


class BrokenConnectionError(aiohttp.ClientError):
    """A connection broke.

    In place of aiohttp's own, on which a session sends some requests again by itself:
    how often a request is sent is for the retry policy to say.
    """

    def __init__(self, reason: OSError | aiohttp.ClientError) -> None:
        super().__init__(str(reason))
        self.reason = reason


class _StaleError(Exception):
    """A connection of the pool has bytes in it that nobody asked for."""


class Sessions:
    """Makes attempts through a session: the caller's, or one of ours."""

    def __init__(
        self,
        given: aiohttp.ClientSession | None,
        connector: Connector | None,
        *,
        proxy: Secret | None = None,
        trust_env: bool = False,
    ) -> None:
        """Use a session that was given, or make one when it is needed.

        Args:
            given: The caller's session.
            connector: The pool for sessions of ours.
            proxy: The URL of a proxy, which may hold a password.
            trust_env: Whether the environment names proxies.
        """
        self._given = given
        self._connector = connector
        self._proxy = proxy
        self._trust_env = trust_env
        self._ours: list[aiohttp.ClientSession] = []
        self._made_by: object = None

    def __del__(self) -> None:
        """Leave it to the connector to say that a client was not closed."""
        for session in self._ours:
            session.detach()

    async def open(self, attempt: Attempt) -> Incoming:
        """Send a request, and return its response with the body unread.

        Raises:
            aiohttp.ClientError: It failed; `attempt` says how far it came.
            OSError: Likewise.
        """
        session = self._session()
        out = attempt.out
        headers = out.headers.mapping.copy()  # tracers write theirs into it
        key = None
        if session.auth is not None or session.trust_env:
            # aiohttp refuses a header beside credentials of its own, so ours is put in
            # their place when all is prepared.
            key = headers.pop(_AUTHORIZATION, None)
        once = _Once(attempt, key)
        data = await _data(attempt)
        attempt.was_sent = None
        attempt.phase = "read"
        try:
            response = await session.request(
                out.method,
                out.url,
                headers=headers,
                skip_auto_headers=_SKIPPED
                if out.method != "GET" and _TYPE not in headers
                else None,
                data=data,
                allow_redirects=False,
                raise_for_status=False,
                auto_decompress=False,
                proxy=None if self._proxy is None else self._proxy.reveal(),
                timeout=connect_timeout(out.timeouts.connect),
                max_line_size=LARGEST_HEADER,
                max_field_size=LARGEST_HEADER,
                max_headers=MOST_HEADERS,
                middlewares=(once, *_middlewares(session)),
            )
        except BaseException:
            await _let_go(data)
            raise
        finally:
            if attempt.was_sent is None:  # a mock took it
                attempt.mark_sent(certainly=False)
        return Incoming(
            response.status, response.headers, response.content, response, once.protocol
        )

    async def socket(self, attempt: Attempt, token: Secret) -> OpenSocket:
        """Open a WebSocket, to which nothing of a caller's session goes.

        It has its connections, proxy and tracing, as `connected` needs them.
        """
        given: Any = self._given
        session = aiohttp.ClientSession(
            connector=self._connector or given.connector,
            connector_owner=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=connect_timeout(None),
            trust_env=self._trust_env if given is None else given.trust_env,
            trace_configs=None if given is None else given.trace_configs,
            proxy=getattr(given, "_default_proxy", None),
            middlewares=(refuse_redirects,),
        )
        try:
            return await connected(session, attempt, token, self._proxy)
        except BaseException:
            await session.close()
            raise

    async def close(self) -> None:
        """Close sessions of ours."""
        for session in self._ours:
            await session.close()

    def _session(self) -> aiohttp.ClientSession:
        if self._given is not None:
            return self._given
        # Instrumentation replaces the constructor, to have a hand on each new session.
        # Looked up on the class, a wrapper is another object each time.
        maker = vars(aiohttp.ClientSession).get("__init__")
        if not self._ours or self._made_by is not maker:
            session = aiohttp.ClientSession(
                connector=self._connector,
                connector_owner=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=connect_timeout(None),
                trust_env=self._trust_env,
            )
            self._ours.append(session)  # those before it may be in use
            self._made_by = maker
        return self._ours[-1]


class _Once:
    """Sends a request over one connection, once, and notes when.

    A middleware of aiohttp, called with the request as it is about to go out.
    """

    def __init__(self, attempt: Attempt, key: str | None) -> None:
        self._attempt = attempt
        self._key = key
        self.protocol: Any = None
        """What sees how the connection ends."""

    def __deepcopy__(self, _: object) -> Self:
        """Return the same object: aioresponses copies the arguments of each request."""
        return self

    async def __call__(
        self, request: ClientRequest, handler: ClientHandlerType
    ) -> ClientResponse:
        attempt = self._attempt
        attempt.phase = "connect"
        attempt.was_sent = False
        if self._key is not None:
            request.headers[_AUTHORIZATION] = self._key
        send = request.send

        async def noted(connection: Any) -> ClientResponse:
            if not is_fresh(connection):
                raise _StaleError
            self.protocol = watched(connection.protocol)
            receive_less(connection.transport)
            attempt.mark_sent()
            return await send(connection)

        sender: Any = request
        sender.send = noted
        try:
            return await _sent(request, handler)
        finally:
            del sender.send  # which refers to the request: a cycle to be collected


async def _sent(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    for _ in range(MOST_STALE):
        try:
            return await handler(request)
        except _StaleError:
            continue
        except aiohttp.ClientConnectorError:
            raise
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
            failures = [BrokenConnectionError(error)]  # not kept: see `border`
        raise failures.pop()
    raise aiohttp.ClientConnectionError("the server sends before it is asked")


def _middlewares(session: aiohttp.ClientSession) -> tuple[Any, ...]:
    """Return a session's own middlewares, which those of a request replace."""
    return tuple(getattr(session, "_middlewares", None) or ())


async def _data(attempt: Attempt) -> BytesIO | bytes | AsyncGenerator[bytes] | None:
    body = attempt.out.body
    if isinstance(body, Content):
        # Its first piece is made now: a source that cannot be read is noticed before
        # anything is sent.
        pieces = _pieces(body, attempt)
        await anext(pieces)
        return pieces
    # Of many bytes at once aiohttp warns.
    return BytesIO(body) if body is not None and len(body) > _MANY_BYTES else body


async def _pieces(body: Content, attempt: Attempt) -> AsyncGenerator[bytes]:
    """Yield nothing once the first piece is there, and then the body.

    What the caller's own code raises meanwhile is noted, since aiohttp would make a
    broken connection of it.
    """
    try:
        async with aclosing(body.pieces()) as pieces:
            first = await anext(pieces, b"")
            yield b""
            if first:
                yield first
            async for piece in pieces:
                yield piece
    except Exception as error:
        attempt.caller_error = error
        raise


async def _let_go(data: object) -> None:
    """Close a body that will not be sent to its end."""
    if isinstance(data, AsyncGenerator):
        with suppress(RuntimeError):  # its writer has it, and is being cancelled
            await data.aclose()
