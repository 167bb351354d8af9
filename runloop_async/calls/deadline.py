"""When something must have ended: a call, several calls in a row, a stream, a wait."""

import asyncio
import math
from typing import Final, Protocol, Self, TypeVar, Unpack

from runloop_async.clock import Clock
from runloop_async.options import CallOptions


class HasOptions(Protocol):
    """A call, or a flow of calls."""

    def with_options(self, **options: Unpack[CallOptions]) -> Self:
        """Return it with other options than the client's."""
        ...


T = TypeVar("T", bound=HasOptions)

NO_TIME_S: Final = 0.001
"""The deadline of a call for which no time is left: the runner does not send it, and
says what ran out."""


class Deadline:
    """A time of a clock, or never.

    It is made once, where a call, a flow, a stream or a wait begins, and handed to
    everything that is a part of it.
    """

    __slots__ = ("_clock", "ends_at", "total_s")

    def __init__(self, clock: Clock, delay_s: float | None) -> None:
        """Begin now.

        Args:
            clock: Time.
            delay_s: Seconds until it must have ended; None for no limit.
        """
        self._clock = clock
        self.total_s = math.inf if delay_s is None else delay_s
        """The seconds that there were at the beginning."""
        self.ends_at = math.inf if delay_s is None else clock.now() + delay_s
        """Seconds of the clock; infinity for no limit."""

    def left_s(self) -> float:
        """Return the seconds that are left, below 0 where it has passed."""
        return self.ends_at - self._clock.now()

    def on(self, call: T) -> T:
        """Return a call with the time that is left for it."""
        if self.ends_at == math.inf:
            return call
        return call.with_options(deadline=max(self.left_s(), NO_TIME_S))

    def scope(self) -> asyncio.Timeout:
        """Return what ends a block of code at the deadline, with a `TimeoutError`."""
        is_set = self.ends_at < math.inf
        return asyncio.timeout(max(self.left_s(), 0.0) if is_set else None)


class Steps:
    """The options of a flow, for each of its steps: one deadline, one key."""

    def __init__(
        self, clock: Clock, options: CallOptions, most_s: float = math.inf
    ) -> None:
        bound_s = options.get("deadline")
        self.deadline = Deadline(
            clock, most_s if bound_s is None else min(bound_s, most_s)
        )
        """When the last step must have ended."""
        self._options = options

    def __call__(self, call: T) -> T:
        """Return a step with the flow's options, and the time that is left for it.

        An idempotency key is for the first write, which is the first step.
        """
        options = self._options
        self._options = options.copy()
        self._options.pop("idempotency_key", None)
        return self.deadline.on(call.with_options(**options))
