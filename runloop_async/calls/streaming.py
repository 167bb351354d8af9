"""Streams of events, which go on after a cut where they left off.

What ends a stream is told apart from what breaks it. Where the API says how to resume,
an end is believed only when the thing that is streamed has ended too.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Generator
from contextlib import AsyncExitStack
from typing import Any, Final, Generic, Self, TypeVar, Unpack

import attrs
from msgspec.structs import replace

from runloop_async.annotations import listed, override
from runloop_async.calls.call import Call
from runloop_async.calls.deadline import Deadline
from runloop_async.calls.reading import reader
from runloop_async.calls.runner import Runner, Stream
from runloop_async.convert import decode
from runloop_async.errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    NotFoundError,
    StreamError,
)
from runloop_async.options import CallOptions, merged
from runloop_async.values import query_texts
from runloop_async.wire.positions import NoPosition, Position
from runloop_async.wire.request import Request, Safety
from runloop_async.wire.response import Response, error_for
from runloop_async.wire.retry import worth_another
from runloop_async.wire.sse import EventParser, ServerEvent

T = TypeVar("T")

_TYPE: Final = "text/event-stream"
_MAX_FRUITLESS: Final = 5
"""How often in a row a stream may break before an event came."""
_UNKNOWN_FAILURE: Final = 500
_BACKOFF_S: Final = 1.0
_BACKOFF_MAX_S: Final = 30.0


@attrs.frozen
class Status:
    """How to find out whether a stream has nothing more to give."""

    call: Call[Any]
    is_over: Callable[[Any], bool]
    gone_is_over: bool = False
    """Whether the thing may be deleted, which is the end of its stream."""

    async def tells(self) -> bool:
        """Ask; return whether the stream has nothing more to give."""
        try:
            return self.is_over(await self.call)
        except NotFoundError:
            if not self.gone_is_over:
                raise
        return True


@attrs.frozen
class _Failure:
    """What an event named `error` holds."""

    code: int = _UNKNOWN_FAILURE


class EventStream(Generic[T]):
    """Events as they come, to be read once.

        async with client.axons.subscribe_sse(axon_id) as events:
            async for event in events: ...

    It may be awaited instead, which opens it, and be closed with `close`. After an
    error that leaves it usable, such as an event of a wrong shape, reading can go on.
    A call's `timeout` counts between two pieces of the stream, its `deadline` for all.
    """

    runner: Runner
    """Whatever sends the request."""
    request: Request
    """What opens the stream."""
    options: CallOptions
    """Options of this stream, in place of the client's."""

    def __init__(
        self,
        runner: Runner,
        request: Request,
        shape: type[T],
        position: Callable[[], Position[T]] = NoPosition,
        status: Status | None = None,
        options: CallOptions | None = None,
    ) -> None:
        self.runner = runner
        self.request = request
        self.options = options or CallOptions()
        self._shape = shape
        self._new_position = position
        self._position = position()
        self._status = status
        self._parser = EventParser(runner.max_response_bytes)
        self._ready = deque[ServerEvent]()
        self._answer: Stream | None = None
        self._opening: asyncio.Task[None] | None = None
        self._connection = AsyncExitStack()
        self._fruitless = 0
        self._pauses = 0
        self._has_failed = False
        self._was_open = False
        self._is_ending = False
        self._is_closed = False
        self._deadline: Deadline | None = None

    @listed
    def with_options(self, **options: Unpack[CallOptions]) -> "EventStream[T]":
        """Return this stream, unopened, with other options than the client's.

        Raises:
            ConfigurationError: An option is unknown or unusable.
        """
        return EventStream(
            self.runner,
            self.request,
            self._shape,
            self._new_position,
            self._status,
            merged(self.options, options),
        )

    @override
    def __repr__(self) -> str:
        return f"<EventStream {self.request.method} {self.request.path}>"

    async def __aenter__(self) -> Self:
        return await self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __await__(self) -> Generator[Any, Any, Self]:
        return self._opened().__await__()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        """Return the next event.

        Raises:
            StreamError: It broke and cannot be resumed; `offset` says where.
            APIStatusError: The server ended it with an error.
            APIResponseValidationError: An event has a wrong shape; later ones follow.
            ResponseTooLargeError: An event is larger than `max_response_bytes`.
        """
        while True:
            while self._ready:
                event = self._ready.popleft()
                if event.name == "error":
                    await self._fail(event)
                elif (item := self._item(event)) is not None:
                    return item
            if self._is_closed:
                raise StopAsyncIteration
            scope = self._within_deadline()
            try:
                async with scope:
                    await self._read()
            except TimeoutError as error:
                if not scope.expired():  # it is that of an attempt
                    raise
                raise await self._broken("its deadline has passed") from error

    async def close(self) -> None:
        """Give the connection back; what has not been read is lost."""
        self._is_closed = True
        self._ready.clear()
        opening, self._opening = self._opening, None
        if opening is not None:
            opening.cancel()
            await asyncio.gather(opening, return_exceptions=True)
        await self._hang_up()

    aclose = close

    async def _opened(self) -> Self:
        if self._answer is None:
            async with self._within_deadline():
                await self._connected()
        return self

    def _within_deadline(self) -> asyncio.Timeout:
        if self._deadline is None:  # it begins where the stream is first used
            deadline_s = self.options.get("deadline")
            self._deadline = Deadline(self.runner.clock, deadline_s)
        return self._deadline.scope()

    async def _connected(self) -> None:
        """Open the stream; a cancellation leaves that to the next read.

        Whoever reads with a timeout that is shorter than it takes to connect would
        never be connected else.
        """
        if self._opening is None and not self._is_closed:
            self._opening = asyncio.ensure_future(self._open())
        opening = self._opening
        if opening is not None:
            await asyncio.wait([opening])
            self._opening = None
        if opening is None or opening.cancelled():
            raise StreamError("the stream is closed: ask for a new one")
        opening.result()

    async def _open(self) -> None:
        await self._paused()
        asked = {**self.request.query, **(self._position.query() or {})}
        request = replace(self.request, query=query_texts(asked))
        # The deadline is kept here, for all connections together.
        options = merged(self.options, CallOptions(deadline=None))
        call = Call(self.runner, request, reader(bytes), options)
        answer = await self._connection.enter_async_context(self.runner.stream(call))
        kind = answer.headers.get("content-type", "")
        if not kind.lower().startswith(_TYPE):
            self._is_closed = True
            await self._hang_up()
            raise APIResponseValidationError(
                f"the response is {kind or 'of no type'}, not a stream of events",
                expected=_TYPE,
                found=kind,
            )
        self._parser = EventParser(self.runner.max_response_bytes)
        self._answer, self._was_open = answer, True

    async def _read(self) -> None:
        """Read a piece, or find out what it means that there is none."""
        if self._answer is None:
            await self._reopen()
            return
        try:
            chunk = await self._answer.piece()
            self._ready.extend(self._parser.feed(chunk))
        except APIConnectionError as error:
            await self._resume_after(error)
            return
        except APIError:
            await self.close()
            raise
        if not chunk:
            await self._resume_after(None)

    async def _reopen(self) -> None:
        try:
            await self._connected()
        except (APIConnectionError, APIStatusError) as error:
            if not self._was_open:
                raise
            if self._is_ending and isinstance(error, NotFoundError):
                self._is_closed = True  # what has ended may be gone by now
                return
            raise await self._broken(str(error)) from error

    async def _paused(self) -> None:
        """Pause after a failure; not after a time without events."""
        if not self._has_failed or self._is_ending:
            return
        pause_s = min(_BACKOFF_S * 2.0**self._pauses, _BACKOFF_MAX_S)
        self._pauses += 1
        dice = self.runner.clock.random()
        await self.runner.pause(pause_s * (0.75 + dice / 4))

    async def _resume_after(self, error: APIError | None) -> None:
        """Hang up, and see to it that the next read goes on, or that there is none.

        Args:
            error: What broke the stream, None if the server ended it.
        """
        await self._hang_up()
        can_resume = self._position.query() is not None
        if error is not None and not can_resume:
            raise await self._broken(str(error)) from error
        is_quiet = error is None or isinstance(error, TimeoutError)
        if is_quiet and self._is_ending:
            self._is_closed = True
            return
        # It is read once more: the end may have come before the last events did.
        self._is_ending = await self._is_over(unless_told=not can_resume)
        if not can_resume:
            if not self._is_ending:
                raise await self._broken("it ended before its end")
            self._is_closed = True
            return
        self._has_failed = not isinstance(error, TimeoutError)
        self._fruitless += not is_quiet
        if self._fruitless > _MAX_FRUITLESS:
            raise await self._broken(str(error)) from error

    async def _is_over(self, *, unless_told: bool) -> bool:
        """Ask whether there is nothing more to come.

        Args:
            unless_told: The answer where there is nobody to ask.
        """
        if self._status is None:
            return unless_told
        try:
            return await self._status.tells()
        except APIError as failure:
            raise await self._broken(str(failure)) from failure

    async def _broken(self, why: str) -> StreamError:
        query = self._position.query()
        offset = None if query is None else str(*query.values())
        hint = (
            "the API has no way to resume it, so events may be missing"
            if query is None
            else f"{offset!r} is where to resume it"
        )
        await self.close()
        error = StreamError(f"the stream broke: {why}; {hint}", offset=offset)
        error.method, error.route = self.request.method, self.request.route
        return error

    async def _hang_up(self) -> None:
        self._answer = None
        await self._connection.aclose()

    def _item(self, event: ServerEvent) -> T | None:
        try:
            item = decode(event.data, self._shape)
        except APIResponseValidationError:
            if event.name in {"", "message"}:
                raise
            return None  # of a kind that this release does not know
        new = self._position.new(item)
        if new is not None:
            self._fruitless = self._pauses = 0
        return new

    async def _fail(self, event: ServerEvent) -> None:
        """Raise the error that the server sent as an event, unless it may pass."""
        try:
            code = decode(event.data, _Failure).code
        except APIResponseValidationError:
            code = _UNKNOWN_FAILURE
        status = code if 400 <= code < 600 else _UNKNOWN_FAILURE  # noqa: PLR2004
        error = error_for(Response(status, {}, event.data), now=0.0)
        error.method, error.route = self.request.method, self.request.route
        self._ready.clear()
        if worth_another(error, Safety.SAFE):
            await self._resume_after(error)
            return
        await self.close()
        raise error
