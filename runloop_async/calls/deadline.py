"""One deadline for several calls."""

from typing import Protocol, Self, TypeVar, Unpack

from runloop_async.clock import Clock
from runloop_async.options import CallOptions


class HasOptions(Protocol):
    """A call, or a flow of calls."""

    def with_options(self, **options: Unpack[CallOptions]) -> Self:
        """Return it with other options than the client's."""
        ...


T = TypeVar("T", bound=HasOptions)

_LEAST_S = 0.001
"""So that the runner, which tells what ran out, is always asked."""


class Deadline:
    """The one `deadline` of several calls in a row, if there is one."""

    def __init__(self, clock: Clock, options: CallOptions) -> None:
        self._clock = clock
        deadline_s = options.get("deadline")
        self._ends = None if deadline_s is None else clock.now() + deadline_s

    def __call__(self, call: T) -> T:
        """Return a call with the time that is left for it."""
        if self._ends is None:
            return call
        left_s = max(self._ends - self._clock.now(), _LEAST_S)
        return call.with_options(deadline=left_s)


class Steps:
    """The options of a flow, for each of its steps: one deadline, one key."""

    def __init__(self, clock: Clock, options: CallOptions) -> None:
        self._timed = Deadline(clock, options)
        self._options = options

    def __call__(self, call: T) -> T:
        """Return a step with the flow's options, and the time that is left for it.

        An idempotency key is for the first write, which is the first step.
        """
        options = self._options
        self._options = options.copy()
        self._options.pop("idempotency_key", None)
        return self._timed(call.with_options(**options))
