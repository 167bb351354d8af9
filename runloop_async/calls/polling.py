"""Waiting for something to end: ask, look, sleep, until a deadline.

All time is monotonic. What a wait gives, or puts on its error, is always something that
the server has sent.
"""

from collections.abc import Awaitable, Callable, Container
from operator import attrgetter
from typing import Any, Final, Protocol, TypeVar

import attrs

from runloop_async.calls.call import Call
from runloop_async.calls.runner import Clock
from runloop_async.errors import (
    APIError,
    PollingTimeout,
    WaitError,
)
from runloop_async.options import count, seconds
from runloop_async.wire.request import Safety
from runloop_async.wire.retry import worth_another

T = TypeVar("T")

_STATE: Final = attrgetter("state")
_JITTER = 0.1
"""The share of an interval by which waits differ, so that many do not ask at once."""


class PollingConfigLike(Protocol):
    """A `PollingConfig`, or the official client's."""

    @property
    def interval_seconds(self) -> float:
        """Seconds between two questions."""
        ...

    @property
    def max_attempts(self) -> int:
        """With the interval, the deadline if there is no `timeout_seconds`."""
        ...

    @property
    def timeout_seconds(self) -> float | None:
        """Seconds after which to give up."""
        ...


@attrs.frozen(kw_only=True)
class PollingConfig:
    """How often to ask, and for how long."""

    interval_seconds: float = attrs.field(default=1.0)
    """Seconds between two questions, give or take a tenth."""
    max_attempts: int = attrs.field(default=120)
    """With the interval, the deadline if there is no `timeout_seconds`."""
    timeout_seconds: float | None = attrs.field(default=None)
    """Seconds after which to give up."""

    def __attrs_post_init__(self) -> None:
        seconds("interval_seconds", self.interval_seconds)
        count("max_attempts", self.max_attempts, least=1)
        if self.timeout_seconds is not None:
            seconds("timeout_seconds", self.timeout_seconds)

    @classmethod
    def of(cls, polling: PollingConfigLike) -> "PollingConfig":
        """Return what may be the official client's as one of ours.

        Raises:
            TypeError: It is neither.
        """
        if isinstance(polling, cls):
            return polling
        try:
            return cls(
                interval_seconds=polling.interval_seconds,
                max_attempts=polling.max_attempts,
                timeout_seconds=polling.timeout_seconds,
            )
        except AttributeError:
            found = type(polling).__name__
        raise TypeError(f"polling_config must be a PollingConfig, not {found}")

    @property
    def deadline_s(self) -> float:
        """Seconds after which to give up."""
        if self.timeout_seconds is not None:
            return self.timeout_seconds
        return self.interval_seconds * self.max_attempts


LONG = PollingConfig(interval_seconds=5.0, timeout_seconds=86_400.0)
"""For runs and jobs, which take minutes to hours: every 5 s, for a day."""


async def poll(
    ask: Callable[[float], Awaitable[T]],
    is_done: Callable[[T], bool],
    *,
    clock: Clock,
    polling: PollingConfigLike,
    what: str,
) -> T:
    """Ask until the answer will do.

    A failure that may pass (no connection, 429, most of 5xx) counts as "not yet".

    Args:
        ask: Asks once, within the seconds that it is given.
        is_done: Tells whether an answer will do.
        clock: Time and chance.
        polling: How often, and for how long.
        what: What is waited for, for the error.

    Raises:
        PollingTimeout: The deadline passed first; `last_value` is the last answer.
        APIError: A question failed for good.
    """
    polling = PollingConfig.of(polling)
    ends = clock.now() + polling.deadline_s
    last: T | None = None
    failure: APIError | None = None
    while (left_s := ends - clock.now()) > 0:
        try:
            last, failure = await ask(left_s), None
            if is_done(last):
                return last
        except APIError as error:
            if clock.now() < ends and not worth_another(error, Safety.SAFE):
                raise
            failure = error
        pause_s = polling.interval_seconds * (1 + _JITTER * (2 * clock.random() - 1))
        await clock.sleep(min(pause_s, max(ends - clock.now(), 0.0)))
    raise PollingTimeout(
        f"{what} was not there after {polling.deadline_s:g} s; the last answer: {last}",
        last_value=last,
    ) from failure


async def until_ended(
    call: Call[T], ended: Container[str], polling: PollingConfigLike
) -> T:
    """Ask for a thing until its state is one of those in which it has ended.

    Raises:
        PollingTimeout: The deadline passed first.
        APIError: A question failed for good.
    """
    return await poll(
        lambda left_s: call.with_options(deadline=left_s),
        lambda thing: _STATE(thing) in ended,
        clock=call.runner.clock,
        polling=polling,
        what=f"the end of {call.request.path}",
    )


async def until_left(
    call: Call[T],
    passing: Container[str],
    wanted: str,
    polling: PollingConfigLike,
    state: Callable[[Any], str] = _STATE,
) -> T:
    """Ask for a thing until it leaves its passing states for the one that is wanted.

    Raises:
        PollingTimeout: The deadline passed first.
        WaitError: It went into another state.
        APIError: A question failed for good.
    """
    thing = await poll(
        lambda left_s: call.with_options(deadline=left_s),
        lambda thing: state(thing) not in passing,
        clock=call.runner.clock,
        polling=polling,
        what=f"the state {wanted!r} of {call.request.path}",
    )
    if state(thing) != wanted:
        raise WaitError(
            f"{call.request.path} is {state(thing)}, not {wanted}", last_value=thing
        )
    return thing
