"""Connections that go from one request to the next, and read what is plain themselves.

A connection of aiohttp's pool is made a `Link`, which stays at hand for the next
request to its server. When two turns of the event loop had no need for it, it goes back
into the pool, which keeps and closes idle connections as ever. Taking it from the pool
and putting it back for each request costs as much as a third of a small call.

A link reads a response that `wire.plain` can read, and `rest` what is missing of it. If
it is another one, the bytes and all that follows go to aiohttp's protocol, as if the
link were not there.
"""

import asyncio
import math
from contextlib import suppress
from typing import Any, Final
from weakref import ref

from aiohttp import BaseConnector
from aiohttp.connector import Connection

from runloop_async.annotations import override
from runloop_async.clock import Clock
from runloop_async.sending.transport.connector import (
    KEEPALIVE_S,
    LARGEST_HEADER,
    MOST_HEADERS,
    Origin,
    reach,
    receive_less,
    unread,
)
from runloop_async.sending.transport.endings import watched
from runloop_async.sending.transport.rest import MOST_BYTES, Rest
from runloop_async.wire.plain import Plain, plain

_MUCH_BYTES: Final = 64 * 1024
"""What a new connection takes at once, whether or not the peer reads."""
_HELD: Final = "_protocol"
"""The attribute of aiohttp's `Connection` that is None once it was released."""


class Server:
    """One server, and the connections to it that are at hand."""

    __slots__ = (
        "__weakref__",
        "_at_hand",
        "_clock",
        "_connections",
        "_connector",
        "_is_looked_after",
        "_keeps",
        "_least",
        "_looked_s",
        "_origin",
        "loop",
    )

    def __init__(
        self,
        base: str,
        connector: BaseConnector,
        loop: asyncio.AbstractEventLoop,
        clock: Clock,
    ) -> None:
        """Begin without a connection.

        Args:
            base: Scheme, host and port.
            connector: The pool.
            loop: The event loop of the pool.
            clock: Time.
        """
        bounds = (connector.limit, connector.limit_per_host, connector.force_close)
        # Where others may wait for a connection of the pool, it is theirs in turn.
        self._keeps = not any(bounds)
        self._clock = clock
        self._looked_s = -math.inf
        self._origin = Origin(base, loop)
        self._connector = connector
        self.loop = loop
        """The event loop of the pool."""
        # A link does not hold its connection, which would keep the pool alive.
        self._connections = dict["Link", Connection]()
        self._at_hand = list["Link"]()
        self._least = 0  # how few there were since the last look
        self._is_looked_after = False

    def take(self, now: float) -> "Link | None":
        """Return the connection that was used last, if one is at hand.

        Args:
            now: The present time, or when its request was let through.
        """
        at_hand = self._at_hand
        if at_hand and now - self._looked_s > KEEPALIVE_S:
            self._drop()
        while at_hand:
            link = at_hand.pop()
            if len(at_hand) < self._least:  # noqa: PLR1730 - `min` takes longer
                self._least = len(at_hand)
            if link.is_usable and (link.unread is None or not link.unread(0)):
                return link
            self.close(link)
        return None

    async def connected(self, connect_s: float | None) -> "Link":
        """Return a connection from the pool, or a new one made within some seconds.

        Raises:
            aiohttp.ClientError: None can be made.
        """
        connection = await reach(self._connector, self._origin, connect_s)
        link = Link(connection, self)
        self._connections[link] = connection
        return link

    def close(self, link: "Link") -> None:
        """Close a connection."""
        connection = self._connections.pop(link, None)
        if connection is not None:
            connection.close()

    def _drop(self) -> None:
        """Close what is at hand: the event loop stood still, and it may be too old."""
        for link in self._at_hand:
            self.close(link)
        self._at_hand.clear()
        self._least = 0

    def keep(self, link: "Link") -> None:
        """Have a connection at hand for the next request, or in the pool."""
        self._at_hand.append(link)
        if not self._keeps:
            self.give_back()
        elif not self._is_looked_after:
            self._is_looked_after = True
            self._looked_s = self._clock.now()
            self.loop.call_soon(_look, ref(self))

    def look(self) -> None:
        """Give back those that were not needed since the last look."""
        self.give_back(self._least)
        self._looked_s = self._clock.now()
        self._least = len(self._at_hand)
        self._is_looked_after = bool(self._at_hand)
        if self._is_looked_after:
            self.loop.call_soon(_look, ref(self))

    def give_back(self, count: int | None = None) -> None:
        """Give so many connections back to the pool, the oldest first; None for all."""
        links = self._at_hand[:count]
        del self._at_hand[:count]
        for link in links:
            if not link.is_usable:
                self.close(link)
                continue
            link.transport.set_protocol(link.handler)
            _release(self._connections.pop(link))

    def __del__(self) -> None:
        """Leave it to the pool to close what is at hand, and close the rest."""
        self.give_back()
        for connection in self._connections.values():
            with suppress(RuntimeError):  # where the event loop has ended
                connection.close()


def _release(connection: Connection) -> None:
    """Give a connection back to its pool."""
    try:
        connection.release()
    except RuntimeError:  # the event loop has ended
        # The pool has it already; without this it warns that it was not closed.
        setattr(connection, _HELD, None)


def _look(reference: "ref[Any]") -> None:
    server = reference()
    if server is not None:
        server.look()


class Link(asyncio.Protocol):
    """An open connection, which one request uses at a time."""

    __slots__ = (
        "_is_handed_over",
        "_loop",
        "_server",
        "_turn",
        "handler",
        "is_unsent",
        "is_usable",
        "transport",
        "unread",
    )

    def __init__(self, connection: Connection, server: Server) -> None:
        """Take the connection over from the protocol of aiohttp."""
        # Neither is None where a connection is open, as it is now.
        handler: Any = watched(connection.protocol)
        self.handler: Any = handler
        """The protocol of aiohttp, for all responses but the plain ones."""
        self.transport: asyncio.Transport = handler.transport
        """What it is written to."""
        self.is_usable = True
        """Whether it is open, and nothing came that nobody has asked for."""
        self.is_unsent = False
        """Whether a response came before all of its request was sent."""
        self.unread = unread(self.transport)
        """Tells whether something came that was not read yet; None over TLS."""
        self._loop = server.loop
        self._server = ref(server)
        self._turn: asyncio.Future[Plain | Rest | None] | None = None
        self._is_handed_over = False
        receive_less(self.transport)
        self.transport.set_protocol(self)

    def ask(self, sent: bytes) -> "asyncio.Future[Plain | Rest | None]":
        """Send a request, and return what brings its response.

        That is None where `handler` reads the response, or knows why there is none.
        """
        turn = self._turn = self._loop.create_future()
        self.transport.write(sent)
        if len(sent) > _MUCH_BYTES and self.transport.get_extra_info("ssl_object"):
            self.is_unsent = True  # for all that a transport of TLS tells
        return turn

    @override
    def data_received(self, data: bytes) -> None:
        """Read a plain response, or let the other protocol read."""
        turn, self._turn = self._turn, None
        if turn is None:
            self.is_usable = False
            return
        if turn.done():
            return  # the call was cancelled, which closes the connection
        response = plain(data)
        if response is None or response[4] > 0:
            turn.set_result(self._begun(data, response))
            return
        if response[4]:
            self.is_usable = False  # unexpected bytes follow the response
        turn.set_result(response)

    def _begun(self, data: bytes, response: Plain | None) -> Rest | None:
        """Read on after the first bytes of a response, or let the other protocol."""
        if response is None or len(response[2]) + response[4] > MOST_BYTES:
            self.hand_over(data)
            return None
        rest = Rest(data, response, self, self._loop)
        self.transport.set_protocol(rest)
        return rest

    @override
    def eof_received(self) -> None:
        """Note that the peer has ended its stream."""
        self.is_usable = False
        self.handler.eof_received()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """Let the other protocol say what that means."""
        self.is_usable = False
        self.handler.connection_lost(exc)
        turn, self._turn = self._turn, None
        if turn is not None and not turn.done():
            turn.set_result(None)

    @override
    def pause_writing(self) -> None:
        """Pass it on, since the other protocol counts."""
        self.handler.pause_writing()

    @override
    def resume_writing(self) -> None:
        """Likewise."""
        self.handler.resume_writing()

    def go_on(self) -> None:
        """Read by itself again."""
        self.transport.set_protocol(self)

    def hand_over(self, data: bytes) -> None:
        """Let the protocol of aiohttp read, beginning with some bytes."""
        self._is_handed_over = True
        self.handler.set_response_params(
            read_until_eof=True,
            auto_decompress=False,
            max_line_size=LARGEST_HEADER,
            max_field_size=LARGEST_HEADER,
            max_headers=MOST_HEADERS,
        )
        self.transport.set_protocol(self.handler)
        self.handler.data_received(data)

    def release(self) -> None:
        """Have it at hand for the next request, or close it if there can be none."""
        if self._is_handed_over:
            self._take_over()
        server = self._server() if self.is_usable and not self.is_unsent else None
        if server is None:
            self.close()
        else:
            server.keep(self)

    def _take_over(self) -> None:
        """Read again, if the other protocol is done with its response."""
        self._is_handed_over = False
        # What the peer has ended may not look closed yet, which is so over TLS.
        self.is_usable = not (self.handler.should_close or self.handler.is_over)
        if self.is_usable:
            self.go_on()

    def close(self) -> None:
        """Close it."""
        self.is_usable = False
        server = self._server()
        if server is not None:
            server.close(self)
        if self.is_unsent:  # else it would wait for the peer to read
            self.transport.abort()

    def cut(self) -> None:
        """Close it, without waiting for the peer to read."""
        self.is_unsent = True
        self.close()
