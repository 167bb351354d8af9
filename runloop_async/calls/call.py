"""A request to make, as a value that can be awaited, any number of times.

A resource method does no input or output. It returns a `Call`: what to ask, how to read
the response, and the runner that will send it. Awaiting it sends it; awaiting it again
sends it again.
"""

import warnings
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any, Generic, Self, TypeVar, Unpack

import attrs

from runloop_async.annotations import listed, override
from runloop_async.calls.repeatable import Repeatable
from runloop_async.calls.runner import Runner
from runloop_async.options import CallOptions, merged
from runloop_async.wire.plain import PlainHeaders
from runloop_async.wire.request import Request
from runloop_async.wire.response import Response

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


_NONE = CallOptions()


class Unsent:
    """Warns when a write is dropped that was never sent: an `await` was forgotten.

    The copies of a call share it, so that sending any of them will do.
    """

    __slots__ = ("what",)

    def __init__(self, request: Request) -> None:
        self.what: str | None = f"{request.method} {request.route}"

    def __del__(self) -> None:
        if self.what is not None:
            warnings.warn(
                f"{self.what} was never sent: await the call",
                RuntimeWarning,
                stacklevel=1,
            )


@attrs.define(eq=False, repr=False)
class Call(Repeatable[T_co]):
    """A request to make; `await` sends it, and sends it again each time."""

    runner: Runner
    """Whatever sends it."""
    request: Request
    """What to ask."""
    read: Callable[[Response], T_co]
    """Turns a successful response into the result."""
    options: CallOptions = _NONE  # which nobody changes
    """Options of this call, in place of the client's."""
    unsent: Unsent | None = attrs.field(default=None, kw_only=True)
    """Of a write, what warns if it is dropped before it, or a copy of it, was sent."""

    @override
    def start(self) -> Coroutine[Any, Any, T_co]:
        """Return a new coroutine that sends the request."""
        if self.unsent is not None:
            self._begun()
        return self.runner.run(self)

    @override
    def close(self) -> None:
        """Give up what the current task has begun, or the intention to send it."""
        self._begun()
        super().close()

    @override
    @listed
    def with_options(self, **options: Unpack[CallOptions]) -> Self:
        """Return this call with other options than the client's.

        Raises:
            ConfigurationError: An option is unknown or unusable.
            TypeError: A header or query value is of a wrong type.
            ValueError: A header has control characters, or a number is not finite.
        """
        return attrs.evolve(self, options=merged(self.options, options))

    def raw(self) -> "Call[RawResponse[T_co]]":
        """Return a call for the response as it came: status, headers, bytes."""
        return Call(
            self.runner,
            self.request,
            partial(_raw, self.read),
            self.options,
            unsent=self.unsent,
        )

    def _begun(self) -> None:
        if self.unsent is not None:
            self.unsent.what = None

    @property
    @override
    def __name__(self) -> str:
        return f"{self.request.method} {self.request.path}"

    @override
    def __repr__(self) -> str:
        return f"<{self.__class__.__qualname__} {self.__name__}>"


@attrs.frozen
class RawResponse(Generic[T_co]):
    """A response as it came."""

    status: int
    """The HTTP status."""
    headers: Mapping[str, str]
    """The headers, looked up without regard to case."""
    body: bytes = attrs.field(repr=False)
    """The body, decompressed."""
    request_id: str | None
    """The `x-request-id` that the server gave."""
    _decode: Callable[[], T_co] = attrs.field(repr=False)

    def parse(self) -> T_co:
        """Return the decoded response.

        Raises:
            APIResponseValidationError: It does not have the due shape.
        """
        return self._decode()


def _raw(read: Callable[[Response], T], response: Response) -> RawResponse[T]:
    headers = response.headers
    return RawResponse(
        response.status,
        headers.parsed() if isinstance(headers, PlainHeaders) else headers,
        response.body,
        response.request_id,
        partial(read, response),
    )
