"""What became of very many calls."""

from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Generic, TypeVar, cast

import attrs

from runloop_async.annotations import override
from runloop_async.calls.repeatable import Repeatable
from runloop_async.calls.tally import Tally
from runloop_async.errors import RunloopError

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
    _value: T | None = None
    _traceback: TracebackType | None = None

    @property
    def value(self) -> T:
        """The result.

        Raises:
            RunloopError: The call failed, with this.
        """
        if self.error is not None:
            # Each time it is raised anew, it would gain the frames of one more reader.
            raise self.error.with_traceback(self._traceback)
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


@attrs.frozen(kw_only=True)
class Summary:
    """What many calls took."""

    elapsed_s: float
    """Seconds from start to end."""
    requests: int
    """Attempts that were sent, retries included."""
    retries: int
    """Attempts after the first of a call."""
    throttled: int
    """Attempts that the service turned away."""
    bytes: int
    """Bytes of the bodies of responses, decompressed."""
    how: str = ""
    """How it was done, where there was a choice."""

    @classmethod
    def of(cls, tally: Tally, elapsed_s: float, how: str = "") -> "Summary":
        """Return what was counted, and how long it took."""
        return cls(
            elapsed_s=elapsed_s,
            requests=tally.requests,
            retries=tally.retries,
            throttled=tally.throttled,
            bytes=tally.bytes,
            how=how,
        )

    def plus(self, other: "Summary") -> "Summary":
        """Return the sum of two."""
        return Summary(
            elapsed_s=self.elapsed_s + other.elapsed_s,
            requests=self.requests + other.requests,
            retries=self.retries + other.retries,
            throttled=self.throttled + other.throttled,
            bytes=self.bytes + other.bytes,
            how="; ".join(filter(None, dict.fromkeys((self.how, other.how)))),
        )

    @override
    def __str__(self) -> str:
        """Return it as a line for a log."""
        facts = (
            f"{self.requests} requests in {self.elapsed_s:.2f} s, "
            f"{self.retries} of them retries, {self.throttled} throttled, "
            f"{self.bytes} bytes"
        )
        return f"{facts}; {self.how}" if self.how else facts


@attrs.frozen(kw_only=True, repr=False)
class BulkResult(Generic[T]):
    """What became of all calls, in the order asked."""

    outcomes: list[Outcome[T]]
    """One for each call."""
    summary: Summary
    """What they took."""
    _again: Callable[[list[Repeatable[T]]], Awaitable["BulkResult[T]"]] = attrs.field(
        alias="again"
    )

    @property
    def elapsed_s(self) -> float:
        """Seconds from start to end."""
        return self.summary.elapsed_s

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

    async def retry_failed(self) -> "BulkResult[T]":
        """Make the calls that failed again; return the result with their new outcomes.

        The successes of before are kept, and all stay in the order asked.
        """
        failed = [outcome for outcome in self.outcomes if outcome.error is not None]
        again = await self._again([outcome.call for outcome in failed])
        outcomes = {outcome.index: outcome for outcome in self.outcomes}
        for old, new in zip(failed, again.outcomes, strict=True):
            outcomes[old.index] = attrs.evolve(new, index=old.index)
        return attrs.evolve(
            self,
            outcomes=[*outcomes.values()],
            summary=self.summary.plus(again.summary),
        )

    def raise_for_failures(self) -> None:
        """Raise an `ExceptionGroup` of all errors, if there are any."""
        errors = [error for _, error in self.failures]
        if errors:
            raise ExceptionGroup(f"{len(errors)} calls failed", errors)

    @override
    def __repr__(self) -> str:
        calls, failed = len(self.outcomes), len(self.failures)
        return f"<BulkResult of {calls} calls, {failed} of them failed>"
