"""Very many calls: a bounded number at once, results in order, failures kept.

Calls are drawn from their source only as there is room for them, so that memory does
not grow with their number, and a slow reader slows the drawing.
"""

from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    Awaitable,
    Callable,
    Iterable,
    Mapping,
    Sized,
)
from contextlib import suppress
from typing import Any, TypeVar, Unpack

import attrs

from runloop_async.annotations import listed, override
from runloop_async.calls.crew import Calls, Crew, Room
from runloop_async.calls.outcomes import BulkResult, Outcome, Progress, Summary
from runloop_async.calls.repeatable import Repeatable
from runloop_async.calls.sources import told
from runloop_async.calls.tally import Tally
from runloop_async.clock import Clock
from runloop_async.errors import ConfigurationError
from runloop_async.options import CallOptions, merged

T = TypeVar("T")


@attrs.define(eq=False, repr=False)
class Bulk(Repeatable[BulkResult[T]]):
    """Many calls: `await` it for all outcomes, or take them as they come.

    It can be awaited again where its calls can be iterated again.
    """

    _calls: Calls[T] = attrs.field()
    _room: Room = attrs.field()
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

    @override
    async def start(self) -> BulkResult[T]:
        """Return a new coroutine that makes all calls.

        What escapes from a call that is no `RunloopError`, or from the source, ends it.
        The exception then has the outcomes so far, in the order asked, as `outcomes`.
        """
        begun, tally = self._clock.now(), Tally()
        each = list[Outcome[T]]()
        tell = self._teller()
        # What nobody is told of is taken where it comes.
        take = each.append if self._on_progress is None else None
        crew = Crew(self._calls, self._room, self._options, tally, take)
        try:
            while (outcome := await crew.next()) is not None:
                each.append(outcome)
                await tell(outcome)
        except Exception as error:
            each.sort(key=_place)
            _carry(error, each)
            raise
        finally:
            await crew.disband()
        each.sort(key=_place)
        summary = Summary.of(tally, self._clock.now() - begun)
        return BulkResult(outcomes=each, summary=summary, again=self._again)

    def _teller(self) -> Callable[[Outcome[T]], Awaitable[None]]:
        """Return a function that tells of each outcome how far the bulk is."""
        on_progress, begun, total = self._on_progress, self._clock.now(), self._total
        if total is None and isinstance(self._calls, Sized):
            total = len(self._calls)
        done = failed = 0

        async def tell(outcome: Outcome[T]) -> None:
            nonlocal done, failed
            done += 1
            failed += outcome.error is not None
            if on_progress is not None:
                elapsed_s = self._clock.now() - begun
                await told(
                    on_progress,
                    Progress(
                        done=done, failed=failed, total=total, elapsed_s=elapsed_s
                    ),
                )

        return tell

    async def _again(self, calls: list[Repeatable[T]]) -> BulkResult[T]:
        return await attrs.evolve(self, calls=calls, total=None)

    async def as_completed(self) -> AsyncGenerator[Outcome[T], None]:
        """Yield each outcome as soon as it is there, in bounded memory.

        A call that used up its retries is made once more when all others have ended,
        and is yielded then. Leaving the loop early cancels the calls that are under
        way; so does cancelling the task. If the source of the calls raises, what was
        drawn before is done and yielded first.
        """
        tell = self._teller()
        crew = Crew(self._calls, self._room, self._options, Tally())
        try:
            while (outcome := await crew.next()) is not None:
                await tell(outcome)
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


def _place(outcome: Outcome[Any]) -> int:
    return outcome.index


def _carry(error: Exception, outcomes: list[Outcome[Any]]) -> None:
    """Put what has ended on an error that ends a bulk."""
    carrier: Any = error
    with suppress(AttributeError):  # where the class has slots
        carrier.outcomes = outcomes
        error.add_note(f"{len(outcomes)} calls had ended before: see its `outcomes`")
