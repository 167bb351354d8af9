"""Streams of events, which go on after a cut where they left off.

What ends a stream is told apart from what breaks it. Where the API says how to resume,
an end is believed only when the thing that is streamed has ended too.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Generator, Mapping
from contextlib import AsyncExitStack
from typing import Any, Final, Generic, Protocol, Self, TypeVar, Unpack, cast

import attrs

from runloop_async.calls.call import Call
from runloop_async.convert import decode
from runloop_async.errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    StreamError,
)
from runloop_async.options import CallOptions
from runloop_async.wire.request import Safety, Workload, query_pairs
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


class Position(Protocol[T]):
    """How far a stream has been read."""

    def query(self) -> Mapping[str, object] | None:
        """Return the parameters that resume the stream, None if there are none."""
        ...

    def new(self, item: T) -> T | None:
        """Note an item, and return what of it did not come before a cut."""
        ...


class NoPosition(Generic[T]):
    """The API has no way to resume this stream."""

    def query(self) -> None:
        """Return None."""

    def new(self, item: T) -> T | None:
        """Return the item."""
        return item


class HasSequence(Protocol):
    """An event with a number that grows."""

    @property
    def sequence(self) -> int:
        """Its number."""
        ...


SequencedT = TypeVar("SequencedT", bound=HasSequence)


class AfterSequence(Generic[SequencedT]):
    """The position of a stream whose events are numbered."""

    def __init__(self) -> None:
        self._last: int | None = None

    def query(self) -> Mapping[str, object]:
        """Ask for the events after the last one."""
        return {} if self._last is None else {"after_sequence": self._last}

    def new(self, item: SequencedT) -> SequencedT | None:
        """Leave out what is not after the last one."""
        if self._last is not None and item.sequence <= self._last:
            return None
        self._last = item.sequence
        return item


class HasOffset(Protocol):
    """A piece of text that knows its place."""

    @property
    def offset(self) -> int | None:
        """The byte at which it begins."""
        ...

    @property
    def output(self) -> str:
        """The text."""
        ...


OffsetT = TypeVar("OffsetT", bound=HasOffset)


class AtOffset(Generic[OffsetT]):
    """The position of a stream of text that can be resumed at a byte.

    It is resumed at the beginning of the last piece that came, as its end cannot be
    told: a character that was cut in two is not the bytes that it was made of. What
    that piece had, and those after it whose place is not known, is then left out,
    however the server cuts it this time.
    """

    def __init__(self) -> None:
        self._offset: int | None = None
        self._since = ""
        self._repeated = ""

    def query(self) -> Mapping[str, object] | None:
        """Ask for the last piece again."""
        self._repeated = self._since
        if self._offset is None:
            return None if self._since else {}
        return {"offset": self._offset}

    def new(self, item: OffsetT) -> OffsetT | None:
        """Leave out the text that came before."""
        text = item.output
        begins_anew = self._repeated == self._since and self._repeated != ""
        if begins_anew and item.offset is not None and item.offset != self._offset:
            self._repeated = ""  # this server goes on behind the last piece
        if self._repeated:
            if self._repeated.startswith(text):
                self._repeated = self._repeated[len(text) :]
                return None
            text = text.removeprefix(self._repeated)
            self._repeated = ""
            item = attrs.evolve(cast("Any", item), output=text)
            self._since += text
            return item
        if item.offset is None:
            self._since += text
        else:
            self._offset, self._since = item.offset, text
        return item


@attrs.frozen
class Status:
    """How to find out whether a stream has nothing more to give."""

    call: Call[Any]
    is_over: Callable[[Any], bool]


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

    def __init__(
        self,
        call: Call[T],
        position: Callable[[], Position[T]] = NoPosition,
        status: Status | None = None,
    ) -> None:
        request = attrs.evolve(call.request, accept=_TYPE, workload=Workload.WAIT)
        self.call = attrs.evolve(call, request=request)
        """The call that opens it."""
        self._new_position = position
        self._position = position()
        self._status = status
        self._parser = EventParser()
        self._ready = deque[ServerEvent]()
        self._chunks: AsyncIterator[bytes] | None = None
        self._connection = AsyncExitStack()
        self._fruitless = 0
        self._pauses = 0
        self._is_ending = False
        self._is_closed = False
        self._ends_at: float | None = None

    def with_options(self, **options: Unpack[CallOptions]) -> "EventStream[T]":
        """Return this stream, unopened, with other options than the client's."""
        call = self.call.with_options(**options)
        return EventStream(call, self._new_position, self._status)

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
            ResponseTooLargeError: An event is larger than any of the API's.
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
            try:
                async with self._within_deadline():
                    await self._read()
            except TimeoutError as error:
                raise await self._broken("its deadline has passed") from error

    async def close(self) -> None:
        """Give the connection back; what has not been read is lost."""
        self._is_closed = True
        self._ready.clear()
        await self._hang_up()

    aclose = close

    async def _opened(self) -> Self:
        if self._chunks is None:
            async with self._within_deadline():
                await self._open()
        return self

    def _within_deadline(self) -> asyncio.Timeout:
        deadline_s = self.call.options.get("deadline")
        if self._ends_at is None and deadline_s is not None:
            self._ends_at = asyncio.get_running_loop().time() + deadline_s
        return asyncio.timeout_at(self._ends_at)

    async def _open(self) -> None:
        if self._is_closed:
            raise StreamError("the stream is closed: ask for a new one")
        asked = dict(self.call.request.query) | dict(self._position.query() or {})
        request = attrs.evolve(self.call.request, query=query_pairs(asked))
        call = attrs.evolve(self.call, request=request)
        answer = await self._connection.enter_async_context(call.runner.stream(call))
        kind = answer.headers.get("content-type", "")
        if not kind.lower().startswith(_TYPE):
            await self.close()
            raise APIResponseValidationError(
                f"the answer is {kind or 'of no type'}, not a stream of events",
                expected=_TYPE,
                found=kind,
            )
        self._parser = EventParser()
        self._chunks = answer.chunks()

    async def _read(self) -> None:
        """Read a piece, or find out what it means that there is none."""
        if self._chunks is None:
            await self._reopen()
            return
        try:
            chunk = await anext(self._chunks, b"")
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
        pause_s = min(_BACKOFF_S * 2.0**self._pauses, _BACKOFF_MAX_S)
        self._pauses += 1
        if not self._is_ending:
            clock = self.call.runner.clock
            await clock.sleep(pause_s * (0.75 + clock.random() / 4))
        try:
            await self._open()
        except (APIConnectionError, APIStatusError) as error:
            raise await self._broken(str(error)) from error

    async def _resume_after(self, error: APIError | None) -> None:
        """Hang up, and see to it that the next read goes on, or that there is none.

        Args:
            error: What broke the stream, None if the server ended it.
        """
        await self._hang_up()
        if self._position.query() is None:
            if error is not None:
                raise await self._broken(str(error)) from error
            self._is_closed = True
            return
        if error is None and self._is_ending:
            self._is_closed = True
            return
        is_over = False
        if self._status is not None:
            try:
                is_over = self._status.is_over(await self._status.call)
            except APIError as failure:
                raise await self._broken(str(failure)) from failure
        # It is read once more: the end may have come before the last events did.
        self._is_ending = is_over
        is_quiet = error is None or isinstance(error, TimeoutError)
        self._fruitless += not is_quiet
        if self._fruitless > _MAX_FRUITLESS:
            raise await self._broken(str(error)) from error

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
        error.method, error.route = self.call.request.method, self.call.request.route
        return error

    async def _hang_up(self) -> None:
        self._chunks = None
        await self._connection.aclose()

    def _item(self, event: ServerEvent) -> T | None:
        try:
            item = decode(event.data, self.call.shape)
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
        error.method, error.route = self.call.request.method, self.call.request.route
        self._ready.clear()
        if worth_another(error, Safety.SAFE):
            await self._resume_after(error)
            return
        await self.close()
        raise error
