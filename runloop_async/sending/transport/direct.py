"""The direct path: aiohttp's connections and parser, without its session around them.

A request is some bytes that are written at once, and a response is what the parser
makes of those that come back.
"""

import asyncio
from typing import TYPE_CHECKING, Final, cast

from aiohttp.connector import Connection

from runloop_async.sending.attempt import Attempt
from runloop_async.sending.outgoing import Outgoing
from runloop_async.sending.transport.connector import (
    LARGEST_HEADER,
    MOST_HEADERS,
    Connector,
    Origin,
    receive_less,
)
from runloop_async.sending.transport.incoming import Incoming

if TYPE_CHECKING:
    from aiohttp.client_proto import ResponseHandler

_INTERIM: Final = frozenset({100, *range(102, 200)})
"""Statuses that another response follows."""


class Direct:
    """Makes attempts over connections that it takes from a pool itself."""

    def __init__(self, connector: Connector) -> None:
        """Make attempts over the connections of a pool."""
        self._connector = connector
        self._origins = dict[str, Origin]()

    async def open(self, attempt: Attempt) -> Incoming:
        """Send a request, and return its response with the body unread.

        Raises:
            aiohttp.ClientError: It failed; `attempt` says how far it came.
            OSError: Likewise.
        """
        out = attempt.out
        sent = request_bytes(out)
        connection = await self._connector.reach(
            self._origin(out.base), out.timeouts.connect
        )
        # Neither is None where a connection is open, as it is now.
        protocol = cast("ResponseHandler", connection.protocol)
        transport = cast("asyncio.Transport", protocol.transport)
        try:
            protocol.set_response_params(
                read_until_eof=True,
                auto_decompress=False,
                max_line_size=LARGEST_HEADER,
                max_field_size=LARGEST_HEADER,
                max_headers=MOST_HEADERS,
            )
            receive_less(transport)
            attempt.mark_sent()
            transport.write(sent)
            try:
                message, content = await protocol.read()
                while message.code in _INTERIM:
                    message, content = await protocol.read()
            finally:
                is_sent = not transport.get_write_buffer_size()
                if not is_sent:
                    attempt.phase = "write"  # if it ends here, the peer does not read
        except BaseException:
            connection.close()
            transport.abort()  # else it would wait for the peer to read
            raise
        holder = connection if is_sent else _Half(connection, transport)
        return Incoming(message.code, message.headers, content, holder, protocol)

    def _origin(self, base: str) -> Origin:
        """Return a server; clients that share a pool may have several."""
        origin = self._origins.get(base)
        if origin is None:
            origin = Origin(base, asyncio.get_running_loop())
            self._origins[base] = origin
        return origin


class _Half:
    """A connection whose response came before all of the request was sent."""

    def __init__(
        self, connection: Connection, transport: asyncio.WriteTransport
    ) -> None:
        self._connection = connection
        self._transport = transport

    def close(self) -> None:
        """Close the connection, without waiting for the peer to read."""
        self._connection.close()
        self._transport.abort()

    release = close


def request_bytes(out: Outgoing) -> bytes:
    """Return the whole request as it goes out."""
    body = cast("bytes | None", out.body)  # all else takes the session path
    line = f"{out.method} {out.target} HTTP/1.1\r\n".encode()
    headers = out.headers.encoded()
    if body is None and out.method == "GET":
        return b"%b%b\r\n" % (line, headers)
    sent = body or b""
    return b"%b%bContent-Length: %d\r\n\r\n%b" % (line, headers, len(sent), sent)
