"""A request to make, as a value that can be awaited, any number of times.

A resource method does no input or output. It returns a `Call`: what to ask, the type of
the answer, and the runner that will send it. Awaiting it sends it; awaiting it again
sends it again.
"""

from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from types import NoneType
from typing import Any, Generic, Self, TypeVar, Unpack, cast

import attrs

from runloop_async.annotations import override
from runloop_async.calls.repeatable import Repeatable
from runloop_async.calls.runner import Runner
from runloop_async.convert import decode
from runloop_async.errors import APIResponseValidationError
from runloop_async.options import CallOptions, check_call_options
from runloop_async.wire.request import Request, checked_header, query_pairs
from runloop_async.wire.response import Response

T = TypeVar("T")


@attrs.frozen(eq=False)
class Call(Repeatable[T]):
    """A request to make; `await` sends it, and sends it again each time."""

    runner: Runner = attrs.field(repr=False)
    """Whatever sends it."""
    request: Request
    """What to ask."""
    shape: type[T]
    """The type of the answer; `bytes` and `str` are the body as it came."""
    options: CallOptions = attrs.field(factory=CallOptions, repr=False)
    """Wishes for this call alone."""

    @override
    def start(self) -> Coroutine[Any, Any, T]:
        """Return a new coroutine that sends the request."""
        return self.runner.run(self)

    def with_options(self, **options: Unpack[CallOptions]) -> Self:
        """Return this call with other options than the client's.

        Raises:
            ConfigurationError: A time, deadline or number of retries is unusable.
            TypeError: A header or query value is of a wrong type.
            ValueError: A header has control characters, or a number is not finite.
        """
        check_call_options(options)
        for header in options.get("headers", {}).items():
            checked_header(*header)
        query_pairs(options.get("query", {}))
        return attrs.evolve(self, options=self.options | options)

    def raw(self) -> "RawCall[T]":
        """Return a call for the answer as it came: status, headers, bytes."""
        return RawCall(
            self.runner, self.request, RawResponse[T], self.options, call=self
        )

    def decode(self, response: Response) -> T:
        """Return what an answer stands for.

        Raises:
            APIResponseValidationError: It does not have the due shape.
        """
        return decode_body(response, self.shape)


def decode_body(response: Response, shape: type[T]) -> T:
    """Return the value of a shape that the body of an answer stands for.

    Raises:
        APIResponseValidationError: The body is not of this shape.
    """
    if shape is bytes:
        return cast("T", response.body)
    if shape is str:
        return cast("T", _text(response))
    if shape is NoneType:  # nothing is promised of the body
        return cast("T", None)
    try:
        return decode(response.body, shape)
    except APIResponseValidationError as error:
        error.request_id = response.request_id
        raise


def _text(response: Response) -> str:
    try:
        return response.body.decode()
    except UnicodeDecodeError as error:
        failure = APIResponseValidationError(
            f"the answer is not UTF-8: {error}", expected="UTF-8", body=response.body
        )
    failure.request_id = response.request_id
    raise failure


@attrs.frozen
class RawResponse(Generic[T]):
    """An answer as it came."""

    status: int
    """The HTTP status."""
    headers: Mapping[str, str]
    """The headers, looked up without regard to case."""
    body: bytes = attrs.field(repr=False)
    """The body, decompressed."""
    request_id: str | None
    """The `x-request-id` that the server gave."""
    _decode: Callable[[], T] = attrs.field(repr=False)

    def parse(self) -> T:
        """Return the decoded answer, decoded when asked for.

        Raises:
            APIResponseValidationError: It does not have the due shape.
        """
        return self._decode()


@attrs.frozen(eq=False)
class RawCall(Call[RawResponse[T]]):
    """A call for the answer as it came."""

    _call: Call[T] = attrs.field(alias="call", kw_only=True)

    @override
    def decode(self, response: Response) -> RawResponse[T]:
        """Return the answer as it came."""
        return RawResponse(
            response.status,
            response.headers,
            response.body,
            response.request_id,
            partial(self._call.decode, response),
        )
