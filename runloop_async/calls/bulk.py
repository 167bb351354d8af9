"""Very many calls: a bounded number at once, results in order, failures kept.

Calls are drawn from their source only as there is room for them, so that memory does
not grow with their number, and a slow reader slows the drawing.
"""

import asyncio
from collections import deque
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Callable,
    Collection,
    Iterable,
    Mapping,
    Sized,
)
from contextlib import aclosing, suppress
from functools import partial
from typing import Any, Generic, TypeVar, Unpack

import attrs

from runloop_async.annotations import listed, override
from runloop_async.calls.outcomes import BulkResult, Outcome, Progress
from runloop_async.calls.repeatable import Repeatable
from runloop_async.calls.runner import Clock
from runloop_async.errors import ConfigurationError, RunloopError
from runloop_async.options import CallOptions, merged

T = TypeVar("T")


Calls = Iterable[Repeatable[T]] | AsyncIterable[Repeatable[T]]


@attrs.define(eq=False, repr=False)
class Bulk(Repeatable[BulkResult[T]]):
    """Many calls: `await` it for all outcomes, or take them as they come.

    It can be awaited again where its calls can be iterated again.
    """

    _calls: Calls[T] = attrs.field()
    _concurrency: int = attrs.field()
    _clock: Clock = attrs.field(repr=False)
    _on_progress: Callable[[Progress], Any] | None = attrs.field(repr=False)

    _total: int | None = attrs.field(default=None, repr=False)
    _options: CallOptions = attrs.field(factory=CallOptions, repr=False)

    def __attrs_post_init__(self) -> None:
        calls: Any = self._calls
        is_one = isinstance(calls, str | bytes | Mapping | Repeatable)
        if is_one or not isinstance(calls, Iterable | AsyncIterable):
            raise TypeError(
                "bulk takes many calls, from a list or a generator, not a "
                f"{self._calls.__class__.__qualname__}"
            )
        if self._on_progress is not None and not callable(self._on_progress):
            kind = type(self._on_progress).__name__
            raise TypeError(f"on_progress must be a function, not {kind}")

    @override
    async def start(self) -> BulkResult[T]:
        """Return a new coroutine that makes all calls.

        What escapes from a call that is no `RunloopError`, or from the source, ends it.
        The exception then has the outcomes so far, in the order asked, as `outcomes`.
        """
        begun = self._clock.now()
        each = list[Outcome[T]]()
        try:
            async with aclosing(self.as_completed()) as outcomes:
                async for outcome in outcomes:
                    each.append(outcome)
        except Exception as error:
            each.sort(key=_place)
            _carry(error, each)
            raise
        each.sort(key=_place)
        elapsed_s = self._clock.now() - begun
        return BulkResult(outcomes=each, elapsed_s=elapsed_s, again=self._again)

    async def _again(self, calls: list[Repeatable[T]]) -> BulkResult[T]:
        return await attrs.evolve(self, calls=calls, total=None)

    async def as_completed(self) -> AsyncGenerator[Outcome[T], None]:
        """Yield each outcome as soon as it is there, in bounded memory.

        Leaving the loop early cancels the calls that are under way; so does cancelling
        the task. If the source of the calls raises, what was drawn before is done and
        yielded first.
        """
        begun = self._clock.now()
        total = self._total
        if total is None and isinstance(self._calls, Sized):
            total = len(self._calls)
        done = failed = 0
        crew = _Crew(self._calls, self._concurrency, self._options)
        try:
            while (outcome := await crew.next()) is not None:
                done += 1
                failed += outcome.error is not None
                if self._on_progress is not None:
                    elapsed_s = self._clock.now() - begun
                    self._on_progress(
                        Progress(
                            done=done, failed=failed, total=total, elapsed_s=elapsed_s
                        )
                    )
                yield outcome
        finally:
            await crew.disband()

    @override
    @listed
    def with_options(self, **options: Unpack[CallOptions]) -> "Bulk[T]":
        """Return this bulk with other options for each of its calls.

        Raises:
            ConfigurationError: An option is unusable, or is an idempotency key, which
                is for one write.
        """
        if options.get("idempotency_key") is not None:
            raise ConfigurationError(
                "idempotency_key is for one write: give each call of a bulk its own"
            )
        return attrs.evolve(self, options=merged(self._options, options))

    @property
    @override
    def __name__(self) -> str:
        count = f"{len(self._calls)} " if isinstance(self._calls, Sized) else ""
        return f"Bulk of {count}calls"

    @override
    def __repr__(self) -> str:
        return f"<{self.__name__}>"


class _Crew(Generic[T]):
    """The calls under way of one bulk: as many as may be, drawn from the source."""

    def __init__(self, calls: Calls[T], limit: int, options: CallOptions) -> None:
        self._options = options
        self._limit = limit
        self._source = calls
        self._plain = iter(calls) if isinstance(calls, Iterable) else None
        self._async = None if isinstance(calls, Iterable) else aiter(calls)
        self._drawing: asyncio.Task[None] | None = None
        self._room: asyncio.Future[None] | None = None
        self._drawn = 0
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
            if self._bug is not None:
                raise self._bug
            if not self._tasks and self._drawing is None:
                if self._source_error is not None:
                    raise self._source_error
                return None
            self._wake = asyncio.get_running_loop().create_future()
            await self._wake

    async def disband(self) -> None:
        """Cancel what is under way, and wait until it has ended."""
        self._disbanded = True
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
        while self._plain is not None and self._has_room():
            try:
                call = next(self._plain)
            except StopIteration:
                self._plain = None
            except Exception as error:  # noqa: BLE001 - the caller's own, raised later
                self._plain, self._source_error = None, error
            else:
                self._start(call)
        if self._async is not None:
            source, self._async = self._async, None
            self._drawing = asyncio.ensure_future(self._draw_from(source))
            self._drawing.add_done_callback(self._drawn_all)
        if self._room is not None and self._has_room():
            self._room.set_result(None)
            self._room = None

    async def _draw_from(self, source: AsyncIterator[Repeatable[T]]) -> None:
        """Draw all of an async source, in one task.

        So task groups, timeouts and context variables in it work as they should.
        """
        try:
            while True:
                if not self._has_room():
                    self._room = asyncio.get_running_loop().create_future()
                    await self._room
                self._start(await anext(source))
        except StopAsyncIteration:
            return
        finally:
            close = getattr(source, "aclose", None)
            if close is not None:
                await close()

    def _drawn_all(self, task: asyncio.Task[None]) -> None:
        self._drawing = None
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if not self._disbanded:
            self._source_error = error
        self._rouse()

    def _has_room(self) -> bool:
        return self._bug is None and len(self._tasks) + len(self._ended) < self._limit

    def _start(self, call: Repeatable[T]) -> None:
        if not isinstance(call, Repeatable):
            self._bug = TypeError(
                f"bulk takes calls, such as client.benchmark_runs.retrieve(id), not "
                f"{call!r}; Flow(partial(function, argument)) makes one of your own"
            )
            self._rouse()
            return
        if self._options:
            call = call.with_options(**self._options)
        task = asyncio.get_running_loop().create_task(call.start())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(partial(self._end, self._drawn, call))
        self._drawn += 1

    def _end(self, index: int, call: Repeatable[T], task: asyncio.Task[T]) -> None:
        if task.cancelled():
            self._bug = asyncio.CancelledError()
        else:
            error = task.exception()
            if error is None:
                self._ended.append(Outcome(index, call, None, task.result()))
            elif isinstance(error, RunloopError):
                frames = error.__traceback__
                self._ended.append(Outcome(index, call, error, None, frames))
            else:
                self._bug = error
        self._rouse()

    def _rouse(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)


def _place(outcome: Outcome[Any]) -> int:
    return outcome.index


def _carry(error: Exception, outcomes: list[Outcome[Any]]) -> None:
    """Put what has ended on an error that ends a bulk."""
    carrier: Any = error
    with suppress(AttributeError):  # where the class has slots
        carrier.outcomes = outcomes
        error.add_note(f"{len(outcomes)} calls had ended before: see its `outcomes`")
