"""A response whose body has not been read, and the ways to read it."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any, Final, Protocol, TypeVar

import aiohttp

from runloop_async.annotations import override
from runloop_async.errors import ResponseTooLargeError
from runloop_async.wire.inflate import (
    EncodingError,
    Inflation,
    inflation,
    transfer_encoding,
)
from runloop_async.wire.plain import Plain

BodyT = TypeVar("BodyT", bytes, bytearray)

_REFUSAL_BYTES: Final = 64 * 1024
_REFUSAL_S: Final = 2.0


_BODYLESS: Final = frozenset({204, 304})


class CutError(Exception):
    """The connection was cut in the middle of a body that has no length."""


class Holder(Protocol):
    """What holds the connection of a response: aiohttp's own of either path."""

    def release(self) -> object:
        """Give the connection back to the pool."""
        ...

    def close(self) -> object:
        """Close the connection."""
        ...


class Content(Protocol):
    """A body as it comes: a `StreamReader` of aiohttp, or what stands in for it."""

    async def readany(self) -> bytes:
        """Wait for some, and return it; nothing at its end."""
        ...


class Incoming:
    """A response, of which status and headers are there."""

    __slots__ = (
        "_content",
        "_decoder",
        "_holder",
        "_inflated",
        "_protocol",
        "headers",
        "status",
    )

    def __init__(
        self,
        status: int,
        headers: Mapping[str, str],
        content: Content,
        holder: Holder,
        protocol: object = None,
    ) -> None:
        """Begin with the body unread.

        Args:
            status: The HTTP status.
            headers: The headers, looked up without regard to case.
            content: The body, as it comes.
            holder: What holds the connection.
            protocol: What saw how the connection ended, if anything did.
        """
        self.status = status
        """The HTTP status."""
        self.headers = headers
        """The headers, looked up without regard to case."""
        self._content = content
        self._holder: Holder | None = holder
        self._protocol = protocol
        self._decoder: Inflation | None = None
        self._inflated: Iterator[bytes] | None = None

    def at_hand(self, max_bytes: int) -> bytes | bytearray | None:
        """Return the body if all of it is here as it is, else None; then ask `whole`.

        Raises:
            ResponseTooLargeError: It is larger than that.
            aiohttp.ClientError: It broke off.
        """
        content: Any = self._content  # which is of aiohttp here
        is_encoded = "Content-Encoding" in self.headers
        if not content.is_eof() or is_encoded or self._is_sent_oddly():
            return None
        body: bytes = content.read_nowait()
        self._check_end()
        return self._done(body, max_bytes)

    def _done(self, body: BodyT, max_bytes: int) -> BodyT:
        """Return a body that was read to its end, if it is not too large."""
        if len(body) > max_bytes:
            raise _too_large(max_bytes)
        holder, self._holder = self._holder, None
        if holder is not None:  # pragma: no branch - it is asked for once
            holder.release()
        return body

    async def whole(self, max_bytes: int) -> bytearray:
        """Return the body, inflated; where it is not read to its end, `close`.

        Pieces make one `bytearray`: as bytes, they would be in memory twice.

        Raises:
            ResponseTooLargeError: It is larger than that, as it comes or inflated.
            EncodingError: It is not encoded as the headers say.
            aiohttp.ClientError: It broke off.
        """
        if (self._told() or 0) > max_bytes:
            raise _too_large(max_bytes)
        joined = bytearray()
        while piece := await self.piece():
            joined += piece
            if len(joined) > max_bytes:
                raise _too_large(max_bytes)
        return joined

    async def refusal(self, most_s: float | None) -> bytes:
        """Return what can be read soon of the body of an error status.

        The status is what counts: a body that is endless, slow, cut or wrongly encoded
        takes nothing away from it. Where it is not read to its end, its connection
        is closed.

        Args:
            most_s: Seconds that are left; a little of them is kept for raising.
        """
        bound_s = _REFUSAL_S if most_s is None else min(_REFUSAL_S, 0.9 * most_s)
        pieces: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(bound_s):
                while size <= _REFUSAL_BYTES and (piece := await self.piece()):
                    pieces.append(piece)
                    size += len(piece)
        except (aiohttp.ClientError, OSError, EncodingError):
            pass
        finally:
            self.close()
        return b"".join(pieces)[:_REFUSAL_BYTES]

    async def piece(self) -> bytes:
        """Return the next piece of the body, inflated; an empty one is its end.

        There, the connection goes back to the pool.

        Raises:
            EncodingError: It is not encoded as the headers say.
            aiohttp.ClientError: It broke off.
        """
        if self._inflated is None:
            self._decoder = inflation(self.headers)
            self._inflated = iter(())
        while True:
            for piece in self._inflated:
                return piece
            data = await self._content.readany()
            if not data:
                self._check_end()
                if self._decoder is not None:
                    self._decoder.end()
                self._release()
            if not data or self._decoder is None:
                return data
            self._inflated = self._decoder.feed(data)

    def close(self) -> None:
        """Give the connection up, which does nothing where it was given back."""
        holder, self._holder = self._holder, None
        if holder is not None:
            holder.close()

    def _release(self) -> None:
        """Give the connection back, once: it may be another request's by now."""
        holder, self._holder = self._holder, None
        if holder is not None:
            holder.release()

    def _check_end(self) -> None:
        """Refuse a body that ended only because its connection was cut.

        Raises:
            CutError: It was cut.
        """
        if "Content-Length" in self.headers or self.status in _BODYLESS:
            return
        if transfer_encoding(self.headers) == "chunked":
            return
        if getattr(self._protocol, "has_ended", True) is False:
            raise CutError

    def _is_sent_oddly(self) -> bool:
        return (
            "Transfer-Encoding" in self.headers
            and transfer_encoding(self.headers) != "chunked"
        )

    def _told(self) -> int | None:
        text = self.headers.get("Content-Length", "")
        return int(text) if text.isascii() and text.isdigit() else None


class Whole(Incoming):
    """A response that came in one piece."""

    __slots__ = ("_body", "_is_encoded")

    def __init__(self, response: Plain, holder: Holder) -> None:
        """Begin with a response that `plain` has read."""
        # Not by way of `super`, since this is done for each small call.
        self.status, self.headers, self._body, self._is_encoded, _ = response
        self._holder = holder
        self._inflated = None

    @override
    def at_hand(self, max_bytes: int) -> bytes | None:
        """Return the body, if it is not compressed."""
        body = self._body
        if self._is_encoded or len(body) > max_bytes:
            return None
        # As `_done` does it, since this is done for each small call.
        holder, self._holder = self._holder, None
        if holder is not None:  # pragma: no branch - it is asked for once
            holder.release()
        return body

    @override
    async def piece(self) -> bytes:
        """Return the next piece of the body, inflated; an empty one is its end."""
        if self._inflated is None:
            self._content, self._protocol = Piece(self._body), None
        return await super().piece()


class Piece:
    """A body that is here."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def readany(self) -> bytes:
        """Return it, and from then on nothing."""
        body, self._body = self._body, b""
        return body


def _too_large(max_bytes: int) -> ResponseTooLargeError:
    return ResponseTooLargeError(
        f"the response is larger than {max_bytes} bytes: raise max_response_bytes, or "
        "ask for less at a time"
    )
