"""A request to make, as a value that can be awaited, any number of times.

A resource method does no input or output. It returns a `Call`: what to ask, the type of
the answer, and the runner that will send it. Awaiting it sends it; awaiting it again
sends it again.
"""

import asyncio
from abc import abstractmethod
from collections.abc import (
    AsyncIterator,
    Callable,
    Coroutine,
    Generator,
    Mapping,
    Sequence,
)
from contextlib import AbstractAsyncContextManager
from functools import cache, partial
from types import NoneType
from typing import Any, Generic, Protocol, Self, TypeVar, Unpack, cast, get_type_hints

import attrs

from runloop_async.annotations import JsonObject, override
from runloop_async.convert import decode, encode, shapes
from runloop_async.errors import APIResponseValidationError
from runloop_async.models.shared import InQuery
from runloop_async.options import CallOptions, check_call_options
from runloop_async.wire.request import (
    Request,
    Safety,
    Workload,
    checked_header,
    fill,
    query_pairs,
)
from runloop_async.wire.response import Response

T = TypeVar("T")


class Clock(Protocol):
    """Time and chance, so that tests can bring their own."""

    def now(self) -> float:
        """Return monotonic seconds."""
        ...

    async def sleep(self, delay_s: float) -> None:
        """Wait."""
        ...

    def random(self) -> float:
        """Return a number from 0 to 1."""
        ...


class Stream(Protocol):
    """An answer that is read piece by piece."""

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


class Runner(Protocol):
    """Whatever sends calls: a client, or in tests a recorder."""

    @property
    def clock(self) -> Clock:
        """Time and chance."""
        ...

    async def run(self, call: "Call[T]") -> T:
        """Send a request, again if need be, and return its decoded answer.

        Raises:
            APIError: No attempt was answered with success, or not in due shape.
        """
        ...

    def stream(self, call: "Call[Any]") -> AbstractAsyncContextManager[Stream]:
        """Send a request, again if need be, and return its successful answer unread.

        Raises:
            APIError: No attempt was answered with success.
        """
        ...


@attrs.frozen(eq=False)
class Repeatable(Coroutine[Any, Any, T]):
    """Something to await, any number of times; each time it is done anew.

    It is a coroutine to everything in asyncio that takes one: `gather`, `create_task`,
    `TaskGroup`, `wait_for`, `shield`, `as_completed`. As with any coroutine, `gather`
    takes the very same object given twice for one and does it once.
    """

    _driven: dict[object, Coroutine[Any, Any, T]] = attrs.field(
        factory=dict["object", "Coroutine[Any, Any, T]"], init=False, repr=False
    )
    """For each task that drives this as a coroutine, the coroutine that does the work:
    so one value may be handed to several tasks, and each does the work."""

    @abstractmethod
    def start(self) -> Coroutine[Any, Any, T]:
        """Return a new coroutine that does the work once."""

    @override
    def __await__(self) -> Generator[Any, Any, T]:
        return self.start().__await__()

    @override
    def send(self, value: Any, /) -> Any:
        """Go on as a coroutine; the first time in a task starts the work."""
        task = _task()
        work = self._driven.get(task)
        if work is None:
            work = self._driven[task] = self.start()
        try:
            return work.send(value)
        except BaseException:  # StopIteration, which brings the result, included
            del self._driven[task]
            raise

    @override
    def throw(self, *error: Any) -> Any:
        """Go on as a coroutine with an error, such as a cancellation."""
        task = _task()
        work = self._driven.get(task)
        if work is None:
            work = self._driven[task] = self.start()
        try:
            return work.throw(*error)
        except BaseException:
            del self._driven[task]
            raise

    @override
    def close(self) -> None:
        """Give up all work that tasks have begun here."""
        while self._driven:
            self._driven.popitem()[1].close()


def _task() -> object:
    try:
        return asyncio.current_task()
    except RuntimeError:  # driven by hand, outside of an event loop
        return None


@attrs.frozen(eq=False)
class Flow(Repeatable[T]):
    """Several calls in a row, such as starting something and waiting for its end."""

    _work: Callable[[], Coroutine[Any, Any, T]]

    @override
    def start(self) -> Coroutine[Any, Any, T]:
        """Return a new coroutine that makes the calls."""
        return self._work()


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


class Resource:
    """What the API offers around one kind of thing, each endpoint as a method."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def _get(
        self,
        route: str,
        shape: type[T],
        query: Mapping[str, object] | None = None,
        params: type | None = None,
        /,
        **ids: object,
    ) -> Call[T]:
        """Make a read; `params` says which query parameters there are."""
        request = Request(
            method="GET",
            route=route,
            path=fill(route, ids),
            query=_query(query, params) if query and params else (),
        )
        return Call(self._runner, request, shape)

    def _delete(self, route: str, shape: type[T], /, **ids: object) -> Call[T]:
        """Make a deletion; a second one changes nothing."""
        request = Request(method="DELETE", route=route, path=fill(route, ids))
        return Call(self._runner, request, shape)

    def _post(
        self,
        route: str,
        shape: type[T],
        fields: Mapping[str, object] | None = None,
        params: type | None = None,
        /,
        *,
        safety: Safety = Safety.ONCE,
        workload: Workload = Workload.API,
        accept: str = "application/json",
        timeout_s: float | None = None,
        **ids: object,
    ) -> Call[T]:
        """Make a write; `params` says which fields there are, none sends no body."""
        body: JsonObject | None = None
        query: dict[str, object] = {}
        if params is not None:
            body = encode(fields or {}, params)
            asked = _in_query(params)
            query = {name: body.pop(name) for name in asked if name in body}
            if len(asked) == len(params.__annotations__):  # there is no body at all
                body = None
        request = Request(
            method="POST",
            route=route,
            path=fill(route, ids),
            query=query_pairs(query),
            json=body,
            safety=safety,
            workload=workload,
            accept=accept,
            timeout_s=timeout_s,
        )
        return Call(self._runner, request, shape)


@cache
def _in_query(params: type) -> Sequence[str]:
    """Return the names of the fields of a write that go into its query."""
    hints = get_type_hints(params, include_extras=True)
    return [
        shapes.wire_name(name, hint)
        for name, hint in hints.items()
        if shapes.note(hint, InQuery) is not None
    ]


def _query(query: Mapping[str, object], params: type) -> tuple[tuple[str, str], ...]:
    known = params.__annotations__
    given = {
        name: value
        for name, value in query.items()
        if value is not None or name not in known  # a misspelt name is told in any case
    }
    return query_pairs(encode(given, params))
