"""A plain response of which a part is missing, as all are that are larger than a read.

What is missing is received straight into the memory of the body. aiohttp would receive
it in pieces, look for its end, and put the pieces together.
"""

import asyncio
from typing import Any, Final, Protocol

from runloop_async.annotations import override
from runloop_async.sending.transport.incoming import Holder, Incoming, Piece
from runloop_async.wire.plain import Plain

MOST_BYTES: Final = 4 * 1024 * 1024
"""The largest body for which there is memory before it comes."""


class Connected(Holder, Protocol):
    """A connection that reads by itself, or lets aiohttp's protocol read."""

    handler: Any
    """The protocol of aiohttp."""

    def go_on(self) -> None:
        """Read by itself again."""
        ...

    def hand_over(self, data: bytes) -> None:
        """Let the other protocol read, beginning with some bytes."""
        ...


class Rest(asyncio.BufferedProtocol):
    """Receives what is missing of a body."""

    __slots__ = ("_at", "_head", "_link", "_view", "body", "done", "response")

    def __init__(
        self,
        data: bytes,
        response: Plain,
        link: Connected,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        """Begin where the bytes end that came first.

        Args:
            data: These bytes.
            response: What they say.
            link: The connection.
            loop: Its event loop.
        """
        _, _, begin, _, missing = response
        self.response = response
        self.body = bytearray(len(begin) + missing)
        """The body, of which the end is missing until it is `done`."""
        self.body[: len(begin)] = begin
        self.done: asyncio.Future[bool] = loop.create_future()
        """Tells whether all of it came, or aiohttp's protocol has it from now on."""
        self._at = len(begin)
        self._head = data[: len(data) - len(begin)]
        self._view = memoryview(self.body)
        self._link = link

    @override
    def get_buffer(self, sizehint: int) -> memoryview:
        """Return where to put what comes next."""
        del sizehint  # all of it may come at once
        return self._view[self._at :]

    @override
    def buffer_updated(self, nbytes: int) -> None:
        """Note that more has come."""
        self._at += nbytes
        if self._at == len(self.body):
            self._link.go_on()
            self._end(is_whole=True)

    @override
    def eof_received(self) -> None:
        """Let aiohttp say what a body means that ends too soon."""
        self.hand_over()
        self._link.handler.eof_received()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """Likewise."""
        self.hand_over()
        self._link.handler.connection_lost(exc)

    @override
    def resume_writing(self) -> None:
        """Pass it on, since the other protocol counts."""
        self._link.handler.resume_writing()

    def hand_over(self) -> None:
        """Let aiohttp's protocol read, from the beginning on."""
        self._link.hand_over(self._head + self.body[: self._at])
        self._end(is_whole=False)

    def _end(self, *, is_whole: bool) -> None:
        if not self.done.done():
            self.done.set_result(is_whole)


class Partial(Incoming):
    """A response of which a part is missing."""

    __slots__ = ("_link", "_rest")

    def __init__(self, rest: Rest, link: Connected) -> None:
        """Begin with the head, and some of the body."""
        status, headers, *_ = rest.response
        super().__init__(status, headers, Piece(b""), link)
        self._rest = rest
        self._link = link

    @override
    def at_hand(self, max_bytes: int) -> bytearray | None:
        """Return the body if all of it is here by now, and it is not compressed."""
        rest = self._rest
        *_, is_encoded, _ = rest.response
        is_here = rest.done.done() and rest.done.result()
        return self._done(rest.body, max_bytes) if is_here and not is_encoded else None

    @override
    async def whole(self, max_bytes: int) -> bytearray:
        """Return the body, inflated."""
        rest = self._rest
        *_, is_encoded, _ = rest.response
        if len(rest.body) <= max_bytes and not is_encoded and await rest.done:
            return self._done(rest.body, max_bytes)
        return await super().whole(max_bytes)

    @override
    async def piece(self) -> bytes:
        """Return the next piece of the body, inflated; an empty one is its end."""
        if self._inflated is None:
            self._content = await self._pieces()
        return await super().piece()

    async def _pieces(self) -> Any:
        rest = self._rest
        if not rest.done.done():
            rest.hand_over()
        if rest.done.result():
            return Piece(bytes(rest.body))
        _, content = await self._link.handler.read()
        return content
