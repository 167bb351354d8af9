"""The protocols between what is asked and how it is sent."""

from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

from runloop_async.clock import Clock
from runloop_async.credentials import Secret
from runloop_async.errors import APIResponseValidationError
from runloop_async.options import CallOptions
from runloop_async.wire.request import Request
from runloop_async.wire.response import Response

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Gate(Protocol):
    """Of the gate of short calls, what a bulk goes by, and what it tells it."""

    limit: int
    """How many requests may be under way at present."""
    backlog: int
    """How many more calls are to come, so that the gate knows what it grows for."""


class Stream(Protocol):
    """A response that is read piece by piece."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, looked up without regard to case."""
        ...

    def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body as it comes."""
        ...

    async def piece(self) -> bytes:
        """Return the next piece of the body, an empty one at its end.

        A cancellation leaves the response as it is: ask again.
        """
        ...


class Socket(Protocol):
    """A WebSocket that is open."""

    @property
    def close_code(self) -> int | None:
        """With what it was closed; None while it is open, and after a break."""
        ...

    async def receive(self) -> bytes | None:
        """Return what comes next; None once it is closed."""
        ...

    async def send(self, data: bytes) -> None:
        """Send some bytes."""
        ...


class Sendable(Protocol[T_co]):
    """What a runner sends: a request, its options, and how to read the response."""

    @property
    def request(self) -> Request:
        """What to ask."""
        ...

    @property
    def options(self) -> CallOptions:
        """Options of this call alone."""
        ...

    def read(self, response: Response, /) -> T_co:
        """Turn a successful response into the result."""
        ...


class Runner(Protocol):
    """Whatever sends calls: a client, or in tests a recorder."""

    @property
    def clock(self) -> Clock:
        """Time and chance."""
        ...

    @property
    def gate(self) -> Gate:
        """Of the gate of short calls, what a bulk goes by."""
        ...

    @property
    def prefetch(self) -> bool:
        """Whether a list fetches its next page while the present one is consumed."""
        ...

    @property
    def base_url(self) -> str:
        """Where the API is."""
        ...

    @property
    def deadline(self) -> float | None:
        """Seconds that a call may take which has no deadline of its own."""
        ...

    @property
    def max_response_bytes(self) -> int:
        """How large a response, or an event of a stream, may be."""
        ...

    @property
    def is_strict(self) -> bool:
        """Whether a page with an item that cannot be read is an error."""
        ...

    def note_unreadable(
        self, route: str, errors: Sequence[APIResponseValidationError]
    ) -> None:
        """Count and log items of a page that could not be read."""
        ...

    def socket(self, url: str, token: Secret) -> AbstractAsyncContextManager[Socket]:
        """Open a WebSocket, to which the token goes as its subprotocol.

        Raises:
            APIError: It could not be opened.
        """
        ...

    async def pause(self, delay_s: float) -> None:
        """Sleep between two requests of one wait.

        Raises:
            ClientClosedError: The client is closed, or was meanwhile.
        """
        ...

    def run(self, call: Sendable[T]) -> Coroutine[Any, Any, T]:
        """Send a request, again if need be, and return its decoded response.

        Raises:
            APIError: No attempt succeeded, or the response has the wrong shape.
        """
        ...

    def stream(self, call: Sendable[Any]) -> AbstractAsyncContextManager[Stream]:
        """Send a request, again if need be, and return its successful response unread.

        Raises:
            APIError: No attempt succeeded.
        """
        ...
