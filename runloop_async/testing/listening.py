"""The listening socket of the emulator and the connections that come in by it."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from runloop_async.annotations import override
from runloop_async.testing.sending import break_off
from runloop_async.testing.stats import Stats

HOST: Final = "127.0.0.1"
_BACKLOG: Final = 1024
_ACCEPTING: Final = 5
"""Turns of the event loop within which an accepted connection is known, and more."""


def _nothing() -> None:
    """Do nothing."""


Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Door(web.Server):
    """An HTTP server on a port of its own, which it keeps while it refuses."""

    def __init__(
        self,
        handler: Handler,
        stats: Stats,
        on_lost: Callable[[], object] = _nothing,
    ) -> None:
        """Make a door that is not open yet.

        Args:
            handler: Answers requests.
            stats: Counts connections.
            on_lost: Is told that a connection was lost.
        """
        super().__init__(handler, access_log=None)
        self._stats = stats
        self._on_lost = on_lost
        self._socket = _bound(0)
        self._listener: asyncio.Server | None = None
        self.port: int = self._socket.getsockname()[1]

    async def open(self) -> None:
        """Accept connections; nothing happens if it does already."""
        if self._listener is None:
            self._listener = await asyncio.get_running_loop().create_server(
                self, sock=self._socket, backlog=_BACKLOG
            )

    async def refuse(self) -> None:
        """Break off all connections and have new ones refused."""
        if self._listener is not None:
            await self._shut()
            # bound but not listening: nobody else can take the port meanwhile
            self._socket = _bound(self.port)

    async def close(self) -> None:
        """Break off all connections and give the port back."""
        await self._shut()
        self._socket.close()

    async def gone(self) -> None:
        """Wait until nothing is left of the connections that were broken off."""
        quiet = 0
        while quiet < _ACCEPTING:  # aiohttp has no event for it
            quiet = 0 if self.connections else quiet + 1
            await asyncio.sleep(0)

    def drop_connections(self) -> None:
        """Break off all connections; new ones are welcome."""
        for handler in self.connections:
            if handler.transport is not None:
                break_off(handler.transport)

    async def _shut(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            # asyncio forgets to close what it accepts in the turn in which it stops.
            with suppress(NotImplementedError):  # by the event loop of Windows
                asyncio.get_running_loop().remove_reader(self._socket)
            for _ in range(_ACCEPTING):
                await asyncio.sleep(0)
            listener.close()
            self.drop_connections()
            await listener.wait_closed()

    @override
    def connection_made(
        self, handler: RequestHandler, transport: asyncio.Transport
    ) -> None:
        """Count a connection; called by aiohttp."""
        super().connection_made(handler, transport)
        self._stats.connection_opened()
        if self._listener is None:
            # it was being accepted when the door closed; aiohttp needs a turn first
            asyncio.get_running_loop().call_soon(break_off, transport)

    @override
    def connection_lost(
        self, handler: RequestHandler, exc: BaseException | None = None
    ) -> None:
        """Count it no longer; called by aiohttp."""
        super().connection_lost(handler, exc)
        self._stats.open_connections -= 1
        self._on_lost()


def _bound(port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((HOST, port))
    sock.setblocking(False)
    return sock
