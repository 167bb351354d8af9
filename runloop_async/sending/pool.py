"""The aiohttp pool: makes one attempt, and turns what aiohttp raises into our errors.

Everything that this package knows of aiohttp is here. Nothing is retried. An error
leaves with its causes but without their tracebacks, whose frames hold the headers.
"""

import asyncio
import ssl
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Mapping,
)
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Final, TypeVar

import aiohttp
from aiohttp import ClientResponse, ClientSession, ClientTimeout

from runloop_async.errors import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    APITLSError,
    ClientClosedError,
    EventLoopError,
    Phase,
    ProxyError,
    ResponseTooLargeError,
    TruncatedBodyError,
)
from runloop_async.sending.outgoing import Attempt
from runloop_async.wire.request import Content
from runloop_async.wire.response import Response

T = TypeVar("T")

_KEEPALIVE_S: Final = 15.0
"""Seconds that an idle connection is kept: less than servers and balancers keep theirs,
so that a write does not meet one that is just being closed."""
_NO_AUTO_HEADERS: Final = frozenset({"Content-Type"})
"""A write without a body would get that of bytes."""
_REFUSED: Final = 300
"""From here on a status is no success, and its body is read as far as is cheap."""
_REFUSAL_BYTES: Final = 64 * 1024
_REFUSAL_S: Final = 2.0
_DNS_CACHE_S: Final = 30
"""Seconds that a name's addresses are kept: a failover is seen within this."""


class Answer:
    """A response whose body has not been read."""

    def __init__(
        self,
        response: ClientResponse,
        most_s: float | None,
        mapped: Callable[[Awaitable[bytes], Phase], Awaitable[bytes]],
    ) -> None:
        self._response = response
        self._most_s = most_s
        self._mapped = mapped

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self._response.status

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, looked up without regard to case."""
        return self._response.headers

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body as it comes.

        Raises:
            APIConnectionError: It broke off.
        """
        while piece := await self._mapped(self._response.content.readany(), "total"):
            yield piece

    async def refusal(self) -> Response:
        """Return the response of an error status, as far as it can be read soon."""
        body = await _read_refusal(self._response, self._most_s)
        return Response(self.status, self.headers, body)


class Pool:
    """A pool of connections, opened in the event loop that first needs it."""

    def __init__(self, session: ClientSession | None = None) -> None:
        """Make a pool, not yet open.

        Args:
            session: The caller's own, which is used and not closed; else one is made.
        """
        self._session = session
        self._is_ours = session is None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._holders = 0
        self._unread = set[ClientResponse]()
        self.is_closed = False

    def hold(self) -> None:
        """Open the pool for a block that will `let_go` of it at its end."""
        self.open()
        self._holders += 1

    async def let_go(self) -> None:
        """End a block; the last to end closes the pool."""
        self._holders -= 1
        if not self._holders:
            await self.close()

    def open(self) -> ClientSession:
        """Return the session, made now if there is none.

        Raises:
            ClientClosedError: The pool is closed.
            EventLoopError: The pool was opened in another event loop.
        """
        loop = asyncio.get_running_loop()
        if self.is_closed:
            raise ClientClosedError("the client is closed: make a new one")
        if self._loop is None:
            self._loop = loop
        elif self._loop is not loop:
            raise EventLoopError(
                "the client was opened in another event loop: make one in each loop"
            )
        if self._session is None:
            self._session = _make_session()
        elif self._session.closed:
            raise ClientClosedError("the session given to the client is closed")
        return self._session

    async def close(self) -> None:
        """Close the connections; a session that was given stays open."""
        self.is_closed = True
        session, self._session = self._session, None
        for response in self._unread:  # aiohttp would let their readers wait on
            response.content.set_exception(aiohttp.ClientConnectionError("closed"))
        if session is not None and self._is_ours:
            await session.close()

    async def send(self, attempt: Attempt) -> Response:
        """Make an attempt and return its whole response, whatever its status.

        Raises:
            APIConnectionError: No whole response came.
            ResponseTooLargeError: The response is larger than the attempt accepts.
            ClientClosedError: The pool is closed, or was meanwhile.
        """
        phase: Phase = "read"
        try:
            async with asyncio.timeout(attempt.total_s) as scope:
                response = await self._request(attempt, idle_s=None)
                phase = "total"
                try:
                    if response.status >= _REFUSED:
                        body = await _read_refusal(response, _left_s(scope))
                    else:
                        body = await _read(response, attempt.max_bytes)
                finally:
                    self._unread.discard(response)
                return Response(response.status, response.headers, body)
        except APIError:  # of which some are timeouts, and so system errors
            raise
        except (aiohttp.ClientError, OSError) as error:
            failure = self._failure(error, phase)
        raise failure

    @asynccontextmanager
    async def stream(self, attempt: Attempt) -> AsyncGenerator[Answer]:
        """Make an attempt and leave the body of its response to the caller.

        Raises:
            APIConnectionError: No response came.
            ClientClosedError: The pool is closed, or was meanwhile.
        """
        response = await self._mapped(
            self._request(attempt, idle_s=attempt.idle_s), "read"
        )
        try:
            yield Answer(response, attempt.idle_s, self._mapped)
        finally:
            self._unread.discard(response)
            response.close()

    async def _request(
        self, attempt: Attempt, *, idle_s: float | None
    ) -> ClientResponse:
        response = await self.open().request(
            attempt.method,
            attempt.url,
            headers=attempt.headers,
            skip_auto_headers=_NO_AUTO_HEADERS,
            data=_data(attempt.body),
            allow_redirects=False,
            timeout=_timeout(attempt.connect_s, idle_s),
        )
        if self.is_closed:
            response.close()
            raise aiohttp.ClientConnectionError("closed")
        self._unread.add(response)
        return response

    async def _mapped(self, work: Awaitable[T], phase: Phase) -> T:
        """Await, translating aiohttp and OS errors."""
        try:
            return await work
        except (aiohttp.ClientError, OSError) as error:
            failure = self._failure(error, phase)
        raise failure

    def _failure(self, error: Exception, phase: Phase) -> APIError | ClientClosedError:
        if self.is_closed:
            return ClientClosedError(
                "the client was closed while the call was under way"
            )
        return _translated(error, phase)


def _make_session() -> ClientSession:
    return ClientSession(
        # How many requests are under way is bounded before they come here.
        connector=aiohttp.TCPConnector(
            limit=0, keepalive_timeout=_KEEPALIVE_S, ttl_dns_cache=_DNS_CACHE_S
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=ClientTimeout(total=None),
    )


def _data(body: bytes | Content | None) -> bytes | AsyncIterator[bytes] | None:
    return body.pieces() if isinstance(body, Content) else body


@lru_cache(maxsize=64)
def _timeout(connect_s: float | None, idle_s: float | None) -> ClientTimeout:
    return ClientTimeout(total=None, sock_connect=connect_s, sock_read=idle_s)


def _left_s(scope: asyncio.Timeout) -> float | None:
    """Return the seconds until a timeout."""
    ends = scope.when()
    return None if ends is None else ends - asyncio.get_running_loop().time()


async def _read_refusal(response: ClientResponse, most_s: float | None) -> bytes:
    """Return what can be read soon of the body of an error status.

    The status is what counts: a body that is endless, slow, cut or wrongly encoded
    takes nothing away from it. Where it is not read to its end, its connection is
    closed.

    Args:
        response: The response, whose body has not been read.
        most_s: Seconds until the attempt is out of time; a little is left for raising.
    """
    bound_s = _REFUSAL_S if most_s is None else min(_REFUSAL_S, 0.9 * most_s)
    pieces: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(bound_s):
            while size <= _REFUSAL_BYTES:
                piece = await response.content.readany()
                if not piece:
                    break
                pieces.append(piece)
                size += len(piece)
    except (aiohttp.ClientError, OSError):
        pass
    finally:
        response.close()  # which does nothing where it was read to its end
    return b"".join(pieces)[:_REFUSAL_BYTES]


async def _read(response: ClientResponse, max_bytes: int) -> bytes:
    """Read a body; where it is not read to its end, its connection is closed."""
    pieces: list[bytes] = []
    told, size = response.content_length or 0, 0
    try:
        while max(told, size) <= max_bytes:
            piece = await response.content.readany()
            if not piece:
                return pieces[0] if len(pieces) == 1 else b"".join(pieces)
            pieces.append(piece)
            size += len(piece)
    except BaseException:
        response.close()
        raise
    response.close()
    raise ResponseTooLargeError(
        f"the response is larger than {max_bytes} bytes: raise max_response_bytes, or "
        "ask for less at a time"
    )


def _translated(error: Exception, phase: Phase) -> APIConnectionError:
    """Return the error of ours that one of aiohttp's or the system's stands for."""
    ours = _error_for(error, phase)
    # What aiohttp tells of a whole exchange prints the request's headers.
    if not isinstance(error, aiohttp.ClientResponseError):
        ours.__cause__ = _without_tracebacks(error)
    return ours


def _error_for(error: Exception, phase: Phase) -> APIConnectionError:  # noqa: PLR0911
    match error:
        case aiohttp.ConnectionTimeoutError():
            return APITimeoutError(
                "no connection within the timeout", phase="connect", sent=False
            )
        case aiohttp.ClientHttpProxyError():
            return ProxyError(
                f"the proxy refused to connect: HTTP {error.status}",
                phase="proxy",
                sent=False,
            )
        case aiohttp.ClientProxyConnectionError():
            return APIConnectionError(
                "cannot connect to the proxy", phase="proxy", sent=False
            )
        case aiohttp.ClientConnectorCertificateError():
            return _tls(error.certificate_error)
        case aiohttp.ClientConnectorError():
            return _unconnected(error)
        case aiohttp.ClientPayloadError():
            return TruncatedBodyError(
                "the response broke off before its end", phase="total", sent=True
            )
        case TimeoutError():
            return APITimeoutError(
                "no response within the timeout"
                if phase == "read"
                else "the response did not end within the timeout",
                phase=phase,
                sent=None if phase == "read" else True,
            )
        case _:
            return APIConnectionError(
                f"the connection broke before a response came: {_kind(error)}",
                phase=phase,
                sent=None,
            )


def _tls(error: Exception) -> APITLSError:
    return APITLSError(
        f"the server's certificate is not to be trusted: {error}",
        phase="connect",
        sent=False,
    )


def _unconnected(error: aiohttp.ClientConnectorError) -> APIConnectionError:
    reason: OSError = error.os_error
    # A handshake that was cut off says nothing of the peer; any other failure does.
    if isinstance(reason, ssl.SSLError) and not isinstance(reason, ssl.SSLEOFError):
        return _tls(reason)
    return APIConnectionError(
        f"cannot connect to {error.host}:{error.port}: {reason}",
        phase="connect",
        sent=False,
    )


def _kind(error: Exception) -> str:
    text = str(error) if isinstance(error, OSError) else ""
    return text or type(error).__name__


def _without_tracebacks(error: BaseException) -> BaseException:
    """Take the tracebacks from an error and its causes: their frames know the key."""
    link: BaseException | None = error
    while link is not None:
        link.__traceback__ = None
        link = link.__cause__ or link.__context__
    return error
