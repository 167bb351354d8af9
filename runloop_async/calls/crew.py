"""The calls under way of a bulk: drawn from their source as there is room for them."""

import asyncio
from collections import deque
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Callable,
    Collection,
    Iterable,
    Sized,
)
from typing import Any, Generic, TypeVar

import attrs

from runloop_async.calls.call import Call
from runloop_async.calls.outcomes import Outcome
from runloop_async.calls.repeatable import Repeatable
from runloop_async.calls.runner import Gate
from runloop_async.calls.tally import Tally, counting
from runloop_async.errors import APIError, RunloopError
from runloop_async.options import CallOptions

T = TypeVar("T")

Calls = Iterable[Repeatable[T]] | AsyncIterable[Repeatable[T]]

_Work = tuple[int, Repeatable[T]]
"""The place of a call, and the call."""
_LEAST = 100
"""Calls under way where their number is found: not all of them send all the time."""


@attrs.frozen
class Room:
    """How many calls of a bulk may be under way."""

    gate: Gate
    at_once: int | None
    """The number, or None: a quarter more than the gate lets through, so that some
    wait there whenever there is room for them."""

    @property
    def size(self) -> int:
        """The number at present."""
        return self.at_once or max(_LEAST, self.gate.limit * 5 // 4)


class Crew(Generic[T]):
    """The calls under way of one bulk: as many as may be, drawn from the source."""

    def __init__(
        self,
        calls: Calls[T],
        room: Room,
        options: CallOptions,
        tally: Tally,
        take: Callable[[Outcome[T]], None] | None = None,
    ) -> None:
        """Begin with none.

        Args:
            calls: Where they come from.
            room: How many may be under way.
            options: What each is given in place of its own.
            tally: What counts their requests.
            take: Takes each outcome at once; else they are kept for `next`, and count
                as calls under way until then.
        """
        self._take = take
        self._options = options
        self._tally = tally
        self._room = room
        self._total = len(calls) if isinstance(calls, Sized) else None
        self._backlog = 0
        self._source = calls
        self._plain = iter(calls) if isinstance(calls, Iterable) else None
        self._async = None if isinstance(calls, Iterable) else aiter(calls)
        self._drawing: asyncio.Task[None] | None = None
        self._space: asyncio.Future[None] | None = None
        self._drawn = 0
        self._late = deque[Outcome[T]]()
        self._is_last_pass = False
        self._tasks = set[asyncio.Task[Any]]()
        self._ended = deque[Outcome[T]]()
        self._bug: BaseException | None = None
        self._source_error: BaseException | None = None
        self._wake: asyncio.Future[None] | None = None
        self._disbanded = False

    async def next(self) -> Outcome[T] | None:
        """Return the next outcome, or None after the last."""
        while True:
            self._draw()
            if self._ended:
                return self._ended.popleft()
            is_idle = not self._tasks and self._drawing is None
            error = self._bug or (self._source_error if is_idle else None)
            if error is not None:
                if not self._late:
                    raise error
                while self._late:
                    self._deliver(self._late.popleft())
                continue
            if is_idle:
                if not self._late:
                    return None
                self._is_last_pass = True
                continue
            self._wake = asyncio.get_running_loop().create_future()
            await self._wake

    async def disband(self) -> None:
        """Cancel what is under way, and wait until it has ended."""
        self._disbanded = True
        self._expect(0)
        under_way: set[asyncio.Task[Any]] = {*self._tasks}
        if self._drawing is not None:
            under_way.add(self._drawing)
        for task in under_way:
            task.cancel()
        if isinstance(self._source, Collection):  # what is left of it was not forgotten
            for call in self._source:
                if isinstance(call, Repeatable):
                    call.close()
        if under_way:
            await asyncio.wait(under_way)

    def _draw(self) -> None:
        """Start calls while there is room for them."""
        while self._has_room() and (work := self._following()) is not None:
            self._begin(*work)
        if self._async is not None:
            source, self._async = self._async, None
            self._drawing = asyncio.ensure_future(self._draw_from(source))
            self._drawing.add_done_callback(self._drawn_all)
        if self._space is not None and self._has_room():
            self._space.set_result(None)
            self._space = None

    def _following(self) -> "_Work[T] | None":
        """Return the next call that is drawn here, with its place."""
        if self._is_last_pass:
            if not self._late:
                return None
            late = self._late.popleft()
            return late.index, late.call
        if self._plain is None:
            return None
        try:
            return self._checked(next(self._plain))
        except StopIteration:
            self._plain = None
            self._expect(0)
        except Exception as error:  # noqa: BLE001 - the caller's own, raised later
            self._plain, self._source_error = None, error
        return None

    async def _draw_from(self, source: AsyncIterator[Repeatable[T]]) -> None:
        """Draw all of an async source, in one task.

        So task groups, timeouts and context variables in it work as they should.
        """
        try:
            while True:
                if not self._has_room():
                    self._space = asyncio.get_running_loop().create_future()
                    await self._space
                work = self._checked(await anext(source))
                if work is not None:
                    self._begin(*work)
        except StopAsyncIteration:
            return
        finally:
            close = getattr(source, "aclose", None)
            if close is not None:
                await close()

    def _drawn_all(self, task: asyncio.Task[None]) -> None:
        self._drawing = None
        self._expect(0)
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if not self._disbanded:
            self._source_error = error
        self._rouse()

    def _has_room(self, leaving: int = 0) -> bool:
        """Tell whether one more may begin, when so many are just leaving."""
        under_way = len(self._tasks) + len(self._ended) - leaving
        return under_way < self._room.size and self._bug is None

    def _checked(self, call: Repeatable[T]) -> "_Work[T] | None":
        """Return a call that was drawn, with its place; note if it is none."""
        if not isinstance(call, Repeatable):
            self._bug = TypeError(
                f"bulk takes calls, such as client.benchmark_runs.retrieve(id), not "
                f"{call!r}; Flow(partial(function, argument)) makes one of your own"
            )
            self._rouse()
            return None
        if self._options:
            call = call.with_options(**self._options)
        index = self._drawn
        self._drawn += 1
        # Of a source that cannot tell, as many more are to be expected as there were.
        total = 2 * self._drawn if self._total is None else self._total
        self._expect(max(total - self._drawn, 0))
        return index, call

    def _begin(self, index: int, call: Repeatable[T]) -> None:
        with counting(self._tally):
            task = asyncio.get_running_loop().create_task(self._work(index, call))
        self._tasks.add(task)
        task.add_done_callback(self._end)

    def _expect(self, more: int) -> None:
        """Let the gate know how many more calls are to come."""
        self._room.gate.backlog += more - self._backlog
        self._backlog = more

    async def _work(self, index: int, call: Repeatable[T]) -> None:
        """Make a call, and then others: the next request leaves as a response comes."""
        work: _Work[T] | None = index, call
        while work is not None:
            await self._make(*work)
            self._rouse()
            is_free = self._has_room(leaving=1) and not self._disbanded
            work = self._following() if is_free else None

    async def _make(self, index: int, call: Repeatable[T]) -> None:
        try:
            if isinstance(call, Call):
                value = await call.start()
            else:  # the user's work may set context variables, or ask for its task
                value = await asyncio.get_running_loop().create_task(call.start())
        except RunloopError as error:
            self._fail(index, call, error)
        else:
            self._deliver(Outcome(index, call, None, value))

    def _end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        bug = asyncio.CancelledError() if task.cancelled() else task.exception()
        self._bug = self._bug or bug
        self._rouse()

    def _fail(self, index: int, call: Repeatable[T], error: RunloopError) -> None:
        """Keep a failure, or have it tried once more when all others have ended.

        That is for single requests: a flow may have done half of its work.
        """
        frames = None if error.__traceback__ is None else error.__traceback__.tb_next
        # What may have been done is for the caller to repeat.
        exhausted = (
            isinstance(error, APIError) and error.exhausted and not error.ambiguous
        )
        if exhausted and isinstance(call, Call) and not self._is_last_pass:
            error.with_traceback(None)  # it may be long until then; frames are large
            self._late.append(Outcome(index, call, error))
        else:
            error.with_traceback(frames)
            self._deliver(Outcome(index, call, error, None, frames))

    def _deliver(self, outcome: Outcome[T]) -> None:
        if self._take is None:
            self._ended.append(outcome)
        else:
            self._take(outcome)

    def _rouse(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)
