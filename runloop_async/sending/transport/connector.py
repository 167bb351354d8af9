"""The pool of connections, as both paths use it."""

import asyncio
import gc
import select
import warnings
from collections.abc import Awaitable, Callable, Generator, Iterable
from contextlib import contextmanager, suppress
from functools import cached_property, lru_cache, partial
from ssl import SSLContext
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from aiohttp import ClientRequest, ClientTimeout
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import Connection
from yarl import URL

from runloop_async.annotations import override
from runloop_async.sending.transport.endings import Handler

if TYPE_CHECKING:
    from aiohttp.tracing import Trace

KEEPALIVE_S: Final = 15.0
"""Seconds that an idle connection is kept: less than servers and balancers keep theirs,
so that a write does not meet one that is just being closed."""
_DNS_CACHE_S: Final = 30
"""Seconds that a name's addresses are kept: a failover is seen within this."""


_poll: Final = getattr(select, "poll", None)  # Windows has none
_NO_TIMEOUT: Final = ClientTimeout(total=None)
LARGEST_HEADER: Final = 64 * 1024
"""Bytes of one line of a response's head."""
MOST_HEADERS: Final = 1024
MOST_STALE: Final = 1000
"""Connections of a caller's pool that may turn out to be unusable one after another."""
_RECEIVE: Final = "max_size"
"""The attribute of asyncio's transports, undocumented, that says how many bytes they
read at once: 256 KiB by default. Memory of that size costs two page faults per response
in most processes. Where there is no such attribute, nothing is set."""
_RECEIVE_BYTES: Final = 64 * 1024


class Connector(aiohttp.TCPConnector):
    """aiohttp's, which hands out no connection with bytes that nobody asked for."""

    def __init__(self, ssl: SSLContext | None, made_at: str) -> None:
        """Make an empty pool in the running event loop.

        Args:
            ssl: How to verify servers; None as Python does by default.
            made_at: Where the client was made, to name it if it is never closed.
        """
        super().__init__(  # pyright: ignore[reportUnknownMemberType]
            limit=0,  # how many requests are under way is bounded before they come here
            keepalive_timeout=KEEPALIVE_S,
            ttl_dns_cache=_DNS_CACHE_S,
            ssl=True if ssl is None else ssl,
        )
        self._made_at = made_at
        # Without it, a body that is cut by a reset would not be seen as such.
        if hasattr(self, "_factory"):  # pragma: no branch - it is aiohttp's own
            factory: Any = partial(Handler, loop=self._loop)
            self._factory = factory

    @override
    async def connect(
        self,
        req: ClientRequest,
        traces: "list[Trace]",
        timeout: ClientTimeout,  # noqa: ASYNC109 - aiohttp's name
    ) -> Connection:
        """Take a connection from the pool, or make one."""
        return await fresh(partial(super().connect, req, traces, timeout), self._kept())

    @property
    def size(self) -> int:
        """How many connections are open or being opened."""
        return len(self._acquired) + self._kept()

    def _kept(self) -> int:
        return sum(map(len, self._conns.values()))

    def cut(self) -> None:
        """Close without the event loop, which is another's or has ended."""
        protocols = [kept for queue in self._conns.values() for kept, _ in queue]
        protocols.extend(self._acquired)
        self._closed = True
        self._conns.clear()
        self._acquired.clear()
        with _stopped(self._loop):
            _drop(protocols)

    @override
    def __del__(self, _warnings: Any = warnings) -> None:
        if not self._closed:
            is_used = bool(self._conns or self._acquired)
            self.cut()
            if is_used:
                _warnings.warn(
                    f"the AsyncRunloop made at {self._made_at} was not closed: use "
                    "`async with`, or await its aclose()",
                    ResourceWarning,
                    source=self,
                    stacklevel=2,
                )


async def fresh(connect: Callable[[], Awaitable[Connection]], most: int) -> Connection:
    """Connect until there is a connection that says nothing before it is asked.

    Args:
        connect: Takes a connection from a pool, or makes one.
        most: How many in the pool may be bad before one that is new is so.

    Raises:
        aiohttp.ClientError: The last one said something, or none could be made.
    """
    for _ in range(most + 2):
        connection = await connect()
        if is_fresh(connection):
            return connection
        connection.close()
    raise aiohttp.ClientConnectionError("the server sends before it is asked")


async def reach(
    connector: aiohttp.BaseConnector, origin: "Origin", connect_s: float | None
) -> Connection:
    """Take a connection from a pool, or make one within some seconds.

    Looking the name up counts, and so does each of its addresses.

    Raises:
        aiohttp.ConnectionTimeoutError: It took longer.
        aiohttp.ClientError: It cannot be made.
    """
    connect = partial(connector.connect, origin, [], _NO_TIMEOUT)
    try:
        async with asyncio.timeout(connect_s):
            if isinstance(connector, Connector):  # which sees to that itself
                return await connect()
            return await fresh(connect, MOST_STALE)
    except TimeoutError as error:
        raise aiohttp.ConnectionTimeoutError from error


@lru_cache(maxsize=64)
def connect_timeout(connect_s: float | None) -> ClientTimeout:
    """Return aiohttp's timeouts, which bound reaching the server, and nothing else."""
    return ClientTimeout(total=None, connect=connect_s, sock_connect=connect_s)


def is_fresh(connection: Connection) -> bool:
    """Tell whether a connection is open, and has nothing from before in it."""
    protocol = connection.protocol
    if protocol is None or protocol.should_close:
        return False
    look = unread(protocol.transport)
    return look is None or not look(0)


def unread(transport: Any) -> Callable[[int], object] | None:
    """Return what tells whether a connection has anything that was not read yet.

    The event loop reads once in a turn. What comes behind a response, be it bytes that
    nobody asked for or the end of the stream, may wait in the socket while the next
    request is about to be written, and would be taken for its response.

    None is returned for TLS, which has records of its own, and where there is no poll.
    """
    if _poll is None or transport.get_extra_info("ssl_object") is not None:
        return None
    poll = _poll()
    poll.register(transport.get_extra_info("socket"), select.POLLIN)
    look: Callable[[int], object] = poll.poll
    return look


def receive_less(transport: object) -> None:
    """Bound what a transport reads at once."""
    if getattr(transport, _RECEIVE, 0) > _RECEIVE_BYTES:
        setattr(transport, _RECEIVE, _RECEIVE_BYTES)


def _drop(protocols: Iterable[Any]) -> None:
    """Let go of connections; the last reference to a transport closes its socket."""
    # At the end of the interpreter the module cannot be looked up any more.
    with warnings.catch_warnings(module=warnings):
        warnings.simplefilter("ignore", ResourceWarning)
        for protocol in protocols:
            # A place that is kept for a connection in the making has no transport.
            transport, protocol.transport = protocol.transport, None
            with suppress(RuntimeError):  # where the event loop has ended
                if transport is not None:
                    transport.abort()
            del transport
        gc.collect()  # transports refer to themselves


@contextmanager
def _stopped(loop: asyncio.AbstractEventLoop) -> Generator[None]:
    """Have an event loop that does not run refuse to do something later.

    A transport that is aborted leaves its socket open until the loop has a turn, which
    may never come. If the loop refuses, the transport closes it when it is let go.
    """

    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("the event loop does not run")

    patched: Any = loop
    # That of uvloop cannot be changed.
    if loop.is_running() or not isinstance(loop, asyncio.BaseEventLoop):
        yield
        return
    patched.call_soon = refuse
    try:
        yield
    finally:
        del patched.call_soon


class Origin(ClientRequest):
    """Of a request, what a connector has to know: where it goes."""

    def __init__(self, url: str, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__("GET", URL(url), loop=loop)

    @cached_property
    @override
    def connection_key(  # pyright: ignore[reportIncompatibleMethodOverride]
        self,
    ) -> ConnectionKey:
        """The key of the pool, which aiohttp would compute for each request."""
        return super().connection_key
