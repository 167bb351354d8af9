"""The direct path: aiohttp's connections and parser, without its session around them.

A request is some bytes that are written at once. How a response is read is for `links`.
"""

import asyncio
from typing import Final, cast

from aiohttp import BaseConnector

from runloop_async.sending.attempt import Attempt
from runloop_async.sending.outgoing import Outgoing
from runloop_async.sending.transport.incoming import Incoming, Whole
from runloop_async.sending.transport.links import Link, Server

_INTERIM: Final = frozenset({100, *range(102, 200)})
"""Statuses that another response follows."""


class Direct:
    """Makes attempts over connections that it takes from a pool itself."""

    def __init__(self, connector: BaseConnector) -> None:
        """Make attempts over the connections of a pool."""
        self._connector = connector
        self._servers = dict[str, Server]()

    async def open(self, attempt: Attempt) -> Incoming:
        """Send a request, and return its response with the body unread.

        Raises:
            aiohttp.ClientError: It failed; `attempt` says how far it came.
            OSError: Likewise.
        """
        out = attempt.out
        sent = request_bytes(out)
        server = self._servers.get(out.base) or self._server(out.base)
        link = server.take()
        if link is None:
            link = await server.connected(out.timeouts.connect)
        try:
            attempt.mark_sent()
            turn = link.ask(sent)
            try:
                response = await turn
                if response is None:
                    return await _parsed(link)
            finally:
                is_sent = not link.transport.get_write_buffer_size()
                if not is_sent:
                    attempt.phase = "write"  # if it ends here, the peer does not read
        except BaseException:
            link.cut()
            raise
        return Whole(response, link if is_sent else _Half(link))

    def give_back(self) -> None:
        """Give all connections that are at hand back to the pool."""
        for server in self._servers.values():
            server.give_back()

    def _server(self, base: str) -> Server:
        """Return a server; clients that share a pool may have several."""
        server = Server(base, self._connector, asyncio.get_running_loop())
        self._servers[base] = server
        return server


async def _parsed(link: Link) -> Incoming:
    """Return a response that the parser of aiohttp reads."""
    message, content = await link.handler.read()
    while message.code in _INTERIM:
        message, content = await link.handler.read()
    is_sent = not link.transport.get_write_buffer_size()
    holder = link if is_sent else _Half(link)
    return Incoming(message.code, message.headers, content, holder, link.handler)


class _Half:
    """A connection whose response came before all of the request was sent."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def close(self) -> None:
        """Close the connection, without waiting for the peer to read."""
        self._link.cut()

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
