"""The direct path: aiohttp's connections and parser, without its session around them.

A request is some bytes that are written at once. How a response is read is for `links`.
"""

import asyncio
from typing import Any, Final

from aiohttp import BaseConnector, ClientSession

from runloop_async.clock import Clock
from runloop_async.sending.attempt import Attempt
from runloop_async.sending.outgoing import Outgoing
from runloop_async.sending.transport.given import tell_cookies
from runloop_async.sending.transport.incoming import Incoming, Whole
from runloop_async.sending.transport.links import Link, Server
from runloop_async.sending.transport.rest import Partial, Rest

_INTERIM: Final = frozenset({100, *range(102, 200)})
"""Statuses that another response follows."""
_AT_ONCE: Final = 2048
"""Bytes that an empty socket takes at once."""


class Direct:
    """Makes attempts over connections that it takes from a pool itself."""

    def __init__(
        self,
        connector: BaseConnector,
        clock: Clock,
        session: ClientSession | None = None,
    ) -> None:
        """Make attempts over the connections of a pool.

        Args:
            connector: The pool.
            clock: Time.
            session: The caller's session that it belongs to, if it does.
        """
        self._connector = connector
        self._clock = clock
        self._session = session
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
        link = server.take(attempt.admitted_s)
        if link is None:
            link = await server.connected(out.timeouts.connect)
        try:
            attempt.mark_sent()
            turn = link.ask(sent)
            try:
                response = await turn
                if response is None:
                    answer = await _parsed(link)
                elif isinstance(response, Rest):
                    answer = Partial(response, link)
                else:
                    answer = Whole(response, link)
            finally:
                if len(sent) > _AT_ONCE and link.transport.get_write_buffer_size():
                    attempt.phase = "write"  # if it ends here, the peer does not read
                    link.is_unsent = True
            if self._session is not None:
                tell_cookies(self._session, out.url, answer)
        except BaseException:
            link.cut()
            raise
        return answer

    def give_back(self) -> None:
        """Give all connections that are at hand back to the pool."""
        for server in self._servers.values():
            server.give_back()

    def _server(self, base: str) -> Server:
        """Return a server; clients that share a pool may have several."""
        loop = asyncio.get_running_loop()
        server = Server(base, self._connector, loop, self._clock)
        self._servers[base] = server
        return server


async def _parsed(link: Link) -> Incoming:
    """Return a response that aiohttp's parser reads."""
    message, content = await link.handler.read()
    while message.code in _INTERIM:
        message, content = await link.handler.read()
    return Incoming(message.code, message.headers, content, link, link.handler)


def request_bytes(out: Outgoing) -> bytes:
    """Return the whole request as it goes out."""
    body: Any = out.body  # bytes or None: all else takes the session path
    head = f"{out.method} {out.target} HTTP/1.1\r\n{out.headers.lines()}"
    if body is None and out.method == "GET":
        return f"{head}\r\n".encode()
    sent: bytes = body or b""
    return f"{head}Content-Length: {len(sent)}\r\n\r\n".encode() + sent
