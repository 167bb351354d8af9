"""Waiting for something to end: ask, look, sleep, until a deadline.

All time is monotonic. What a wait gives, or puts on its error, is always something that
the server has sent. Whether a failed request is made again is for the runner to decide,
as for every call; a wait sets no bound on retries but its own deadline.
"""

import math
from collections import Counter
from collections.abc import Awaitable, Callable, Container, Sequence
from functools import partial
from operator import attrgetter
from typing import Any, Final, Protocol, TypeVar, Unpack, cast

import attrs
from msgspec.structs import replace

from runloop_async.calls.call import Call
from runloop_async.calls.deadline import Deadline
from runloop_async.calls.runner import Runner
from runloop_async.errors import APIError, PollingTimeout, RateLimitError, WaitError
from runloop_async.options import (
    CallOptions,
    count_field,
    seconds_field,
)
from runloop_async.values import excerpt
from runloop_async.wire.request import Safety
from runloop_async.wire.retry import worth_another

T = TypeVar("T")
CallT = TypeVar("CallT", bound=Call[Any])

_STATE: Final = attrgetter("state")
_JITTER: Final = 0.1
"""The share of an interval by which waits differ, so that many do not ask at once."""
_UNBOUNDED: Final = 1_000_000
"""Retries of one question; the time that is left ends them."""
_SHOWN: Final = 10
"""Items of a list that a message names."""
LAST_LOOK_S: Final = 2.0
"""Seconds for the question that is asked at the deadline of a wait."""
_LENGTH: Final = 80
"""Letters of a state or an id in a message."""
_OUTAGE_S: Final = 600.0
"""Seconds of failures after which a wait that has no deadline gives up."""


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
    """How often to ask, and for how long.

    Each kind of wait has defaults of its own: see "Waits" in `docs/options.md`.
    """

    interval_seconds: float = seconds_field("interval_seconds", default=1.0)
    """Seconds between two questions, give or take a tenth."""
    max_attempts: int = count_field("max_attempts", default=120, least=1)
    """With the interval, the deadline if there is no `timeout_seconds`."""
    timeout_seconds: float | None = seconds_field(
        "timeout_seconds", default=None, optional=True, endless=True
    )
    """Seconds after which to give up; `math.inf` for never."""

    @classmethod
    def of(
        cls, polling: PollingConfigLike | None, default: "PollingConfig"
    ) -> "PollingConfig":
        """Return what may be the official client's as one of ours, None as the default.

        Raises:
            TypeError: It is neither.
            ConfigurationError: One of its numbers is unusable.
        """
        if polling is None:
            return default
        if isinstance(polling, cls):
            return polling
        try:
            given = (
                polling.interval_seconds,
                polling.max_attempts,
                polling.timeout_seconds,
            )
        except AttributeError:
            found = type(polling).__name__
        else:
            interval_seconds, max_attempts, timeout_seconds = given
            return cls(
                interval_seconds=interval_seconds,
                max_attempts=max_attempts,
                timeout_seconds=timeout_seconds,
            )
        raise TypeError(f"polling_config must be a PollingConfig, not {found}")

    @property
    def deadline_s(self) -> float:
        """Seconds after which to give up."""
        if self.timeout_seconds is not None:
            return self.timeout_seconds
        return self.interval_seconds * self.max_attempts


COMMAND: Final = PollingConfig(timeout_seconds=math.inf)
"""For commands, which take as long as they take."""
BOOT: Final = PollingConfig(timeout_seconds=600.0)
"""For devboxes that boot, resume or suspend themselves, and for snapshots."""
BUILD: Final = PollingConfig(interval_seconds=2.0, timeout_seconds=3_600.0)
"""For builds, which take minutes."""
SCORE: Final = PollingConfig(timeout_seconds=3_600.0)
"""For scores, which take seconds to minutes."""
RUN: Final = PollingConfig(interval_seconds=5.0, timeout_seconds=86_400.0)
"""For runs and jobs, which take minutes to hours."""


def question(
    call: CallT, left_s: float, options: CallOptions, *, grace_s: float = 0.0
) -> CallT:
    """Return a call of a wait: the runner makes it again for as long as there is time.

    The deadline of the wait takes the place of the client's.

    Args:
        call: What to ask.
        left_s: Seconds until the wait is over. At its end a question is asked once.
        options: The options of the wait.
        grace_s: Seconds that the answer may take beyond the end of the wait.
    """
    is_last = left_s <= 0
    bound_s = LAST_LOOK_S if is_last else min(left_s + grace_s, _most_s(left_s))
    bound = CallOptions(deadline=bound_s)
    if is_last:
        bound["max_retries"] = 0
    wanted = CallOptions(max_retries=_UNBOUNDED) | options | bound
    wanted.pop("idempotency_key", None)  # which is for a write, once
    return attrs.evolve(
        call.with_options(**wanted), request=replace(call.request, patient=True)
    )


def beginning(
    call: CallT, left_s: float, options: CallOptions, *, grace_s: float = 0.0
) -> CallT:
    """Return the call that starts what is waited for; it is retried as others are.

    The arguments are those of `question`.
    """
    bound_s = None if left_s == math.inf else max(left_s, 0.0) + grace_s
    return call.with_options(**(options | CallOptions(deadline=bound_s)))


def _most_s(left_s: float) -> float:
    return _OUTAGE_S if left_s == math.inf else math.inf


def deadline_of(
    runner: Runner, polling: PollingConfig, options: CallOptions
) -> Deadline:
    """Return when a wait is over that begins now: the sooner of both bounds."""
    bound_s = options.get("deadline")
    if bound_s is None or bound_s >= polling.deadline_s:
        bound_s = polling.deadline_s
    return Deadline(runner.clock, bound_s)


async def poll(
    ask: Callable[[float], Awaitable[T]],
    is_done: Callable[[T], bool],
    *,
    runner: Runner,
    polling: PollingConfig,
    options: CallOptions,
    what: str,
    pause_after: Callable[[T], float] | None = None,
) -> T:
    """Ask until the response will do, and for a last time at the deadline.

    Without that last look, a thing that ended during the last pause, or while the last
    question was retried, would be reported as still going on.

    Args:
        ask: Asks once, within the seconds that are left; at the end, for a last time.
        is_done: Tells whether a response will do.
        runner: Whatever sends the questions.
        polling: How often, and for how long.
        options: The options of the wait.
        what: What is waited for, for the error.
        pause_after: Seconds to pause after a response; by default the interval.

    Raises:
        PollingTimeout: The deadline passed first; `last_value` is the last response.
        APIError: A question failed for good.
    """
    deadline = deadline_of(runner, polling, options)
    pause = pause_after or partial(_interval_s, runner, polling)
    last: T | None = None
    failure: APIError | None = None
    is_last = False
    while not is_last:
        is_last = (left_s := deadline.left_s()) <= 0
        try:
            last = await ask(left_s)
        except APIError as error:
            failure, pause_s = in_vain(error, left_s), math.inf
            is_last = is_last or ends_wait(error)
        else:
            failure = None
            if is_done(last):
                return last
            pause_s = pause(last)
        if (left_s := deadline.left_s()) <= 0:
            break  # that was the look at the end
        if pause_s > 0 and not is_last:
            await runner.pause(min(pause_s, left_s))
    raise timed_out(what, deadline, last) from failure


def _interval_s(runner: Runner, polling: PollingConfig, _: object) -> float:
    jitter = 1 + _JITTER * (2 * runner.clock.random() - 1)
    return polling.interval_seconds * jitter


def in_vain(error: APIError, left_s: float) -> APIError:
    """Return an error of a question for which there was no time, or no more time.

    Args:
        error: The error.
        left_s: The seconds that were left when the question was asked.

    Raises:
        APIError: The question failed for another reason.
    """
    may_pass = left_s <= 0 and worth_another(error, Safety.SAFE)
    if left_s == math.inf or not (error.out_of_time or may_pass):
        raise error
    return error


def ends_wait(error: APIError) -> bool:
    """Tell whether a question that was out of time is the last one of its wait.

    That is so if it was in flight at the deadline, or if a rate limit forbids to ask
    until after it. Otherwise there was no time to repeat the question, and it is asked
    once more at the deadline.
    """
    is_forbidden = isinstance(error, RateLimitError) and error.retry_after is not None
    return is_forbidden or is_cut(error)


def is_cut(error: APIError) -> bool:
    """Tell whether a call was in flight at its deadline."""
    return getattr(error, "phase", None) == "deadline"


def timed_out(what: str, deadline: Deadline, last: object) -> PollingTimeout:
    """Return the error for a wait whose deadline has passed."""
    total_s = round(deadline.total_s, 1)
    return PollingTimeout(
        f"timed out after {total_s:g} s waiting for {what}; {_seen(last)}",
        last_value=last,
    )


async def until_ended(
    call: Call[T],
    ended: Container[str],
    polling: PollingConfig,
    **options: Unpack[CallOptions],
) -> T:
    """Ask for a thing until its state is one of those in which it has ended.

    Raises:
        PollingTimeout: The deadline passed first.
        APIError: A question failed for good.
    """
    return await poll(
        lambda left_s: question(call, left_s, options),
        lambda thing: _STATE(thing) in ended,
        runner=call.runner,
        polling=polling,
        options=options,
        what=f"{call.request.path} to end",
    )


async def until_left(
    call: Call[T],
    passing: Container[str],
    wanted: str,
    polling: PollingConfig,
    state: Callable[[Any], str] = _STATE,
    **options: Unpack[CallOptions],
) -> T:
    """Ask for a thing until it leaves its passing states for the one that is wanted.

    Raises:
        PollingTimeout: The deadline passed first.
        WaitError: It went into another state.
        APIError: A question failed for good.
    """
    thing = await poll(
        lambda left_s: question(call, left_s, options),
        lambda thing: state(thing) not in passing,
        runner=call.runner,
        polling=polling,
        options=options,
        what=f"{call.request.path} to be {wanted}",
    )
    if state(thing) != wanted:
        raise WaitError(
            f"{call.request.path} is {excerpt(state(thing))}, not {wanted}",
            last_value=thing,
        )
    return thing


def _seen(last: object) -> str:
    """Say how a thing, or each of several, was seen last: states and ids alone."""
    if last is None:
        return "its state is not known"
    if not isinstance(last, Sequence) or isinstance(last, str):
        return f"last state: {_state(last)}"
    things = cast("Sequence[object]", last)
    counts = Counter(map(_state, things)).most_common(_SHOWN)
    states = ", ".join(f"{count} {state}" for state, count in counts)
    named = [f"{_id(thing)} {_state(thing)}" for thing in things[:_SHOWN]]
    more = f" and {len(things) - _SHOWN} more" if len(things) > _SHOWN else ""
    return f"last states: {states} ({', '.join(named)}{more})"


def _state(thing: object) -> str:
    state = getattr(thing, "state", None) or getattr(thing, "status", "of no state")
    return excerpt(str(state), _LENGTH)


def _id(thing: object) -> str:
    return excerpt(str(getattr(thing, "id", "?")), _LENGTH)
