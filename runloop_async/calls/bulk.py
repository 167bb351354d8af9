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
from contextlib import aclosing
from functools import partial
from typing import Any, Generic, TypeVar, Unpack, cast

import attrs

from runloop_async.annotations import listed, override
from runloop_async.calls.repeatable import Repeatable
from runloop_async.calls.runner import Clock
from runloop_async.errors import ConfigurationError, RunloopError
from runloop_async.options import CallOptions, merged

T = TypeVar("T")


@attrs.frozen(repr=False)
class Outcome(Generic[T]):
    """What became of one call."""

    index: int
    """Its place among the calls, from 0."""
    call: Repeatable[T]
    """The call; await it to do it again."""
    error: RunloopError | None
    """Why it failed, or None."""
    _value: T | None

    @property
    def value(self) -> T:
        """The result.

        Raises:
            RunloopError: The call failed, with this.
        """
        if self.error is not None:
            raise self.error
        return cast("T", self._value)  # which may itself be None

    @override
    def __repr__(self) -> str:
        end = "succeeded" if self.error is None else type(self.error).__name__
        return f"<Outcome {self.index}: {self.call!r} {end}>"


@attrs.frozen(kw_only=True)
class Progress:
    """How far a bulk is."""

    done: int
    """Calls that have ended, failed ones included."""
    failed: int
    """Calls that have failed."""
    total: int | None
    """All calls, if their number is known."""
    elapsed_s: float
    """Seconds since the start."""


@attrs.frozen(kw_only=True, repr=False)
class BulkResult(Generic[T]):
    """What became of all calls, in the order asked."""

    outcomes: list[Outcome[T]]
    """One for each call."""
    elapsed_s: float
    """Seconds from start to end."""

    @property
    def values(self) -> list[T]:
        """The results of the calls that succeeded, in the order asked."""
        return [outcome.value for outcome in self.outcomes if outcome.error is None]

    @property
    def failures(self) -> list[tuple[Repeatable[T], RunloopError]]:
        """The calls that failed, each with its error, in the order asked."""
        return [
            (outcome.call, outcome.error)
            for outcome in self.outcomes
            if outcome.error is not None
        ]

    @property
    def failed_calls(self) -> list[Repeatable[T]]:
        """The calls that failed, to try again."""
        return [call for call, _ in self.failures]

    def raise_for_failures(self) -> None:
        """Raise an `ExceptionGroup` of all errors, if there are any."""
        errors = [error for _, error in self.failures]
        if errors:
            raise ExceptionGroup(f"{len(errors)} calls failed", errors)

    @override
    def __repr__(self) -> str:
        calls, failed = len(self.outcomes), len(self.failures)
        return f"<BulkResult of {calls} calls, {failed} of them failed>"


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
        """Return a new coroutine that makes all calls."""
        begun = self._clock.now()
        async with aclosing(self.as_completed()) as outcomes:
            each = [outcome async for outcome in outcomes]
        each.sort(key=lambda outcome: outcome.index)
        return BulkResult(outcomes=each, elapsed_s=self._clock.now() - begun)

    async def as_completed(self) -> AsyncGenerator[Outcome[T], None]:
        """Yield each outcome as soon as it is there, in bounded memory.

        Leaving the loop early cancels the calls that are under way; so does cancelling
        the task. If the source of the calls raises, what was drawn before is done and
        yielded first.
        """
        begun = self._clock.now()
        total = len(self._calls) if isinstance(self._calls, Sized) else None
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
            if self._bug is not None:
                raise self._bug
            if self._ended:
                return self._ended.popleft()
            if not self._tasks:
                if self._source_error is not None:
                    raise self._source_error
                return None
            self._wake = asyncio.get_running_loop().create_future()
            await self._wake

    async def disband(self) -> None:
        """Cancel what is under way, and wait until it has ended."""
        self._disbanded = True
        for task in self._tasks:
            task.cancel()
        if isinstance(self._source, Collection):  # what is left of it was not forgotten
            for call in self._source:
                if isinstance(call, Repeatable):
                    call.close()
        if self._tasks:
            await asyncio.wait(self._tasks)

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
        if self._async is not None and self._has_room():
            source, self._async = self._async, None  # one draw at a time
            self._watch(
                asyncio.ensure_future(anext(source)), partial(self._got, source)
            )

    def _has_room(self) -> bool:
        return len(self._tasks) + len(self._ended) < self._limit

    def _start(self, call: Repeatable[T]) -> None:
        if not isinstance(call, Repeatable):
            raise TypeError(
                f"bulk takes calls, such as client.benchmark_runs.retrieve(id), not "
                f"{call!r}; Flow(partial(function, argument)) makes one of your own"
            )
        if self._options:
            call = call.with_options(**self._options)
        task = asyncio.get_running_loop().create_task(call.start())
        self._watch(task, partial(self._end, self._drawn, call))
        self._drawn += 1

    def _watch(
        self, task: asyncio.Task[Any], then: Callable[[asyncio.Task[Any]], None]
    ) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(then)

    def _end(self, index: int, call: Repeatable[T], task: asyncio.Task[T]) -> None:
        if task.cancelled():
            self._bug = asyncio.CancelledError()
        else:
            error = task.exception()
            if error is None:
                self._ended.append(Outcome(index, call, None, task.result()))
            elif isinstance(error, RunloopError):
                self._ended.append(Outcome(index, call, error, None))
            else:
                self._bug = error
        self._rouse()

    def _got(
        self, source: AsyncIterator[Repeatable[T]], task: asyncio.Task[Repeatable[T]]
    ) -> None:
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if isinstance(error, StopAsyncIteration) or self._disbanded:
            pass
        elif error is not None:
            self._source_error = error
        else:
            self._async = source
            self._start(task.result())
        self._rouse()

    def _rouse(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)
