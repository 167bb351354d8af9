"""Long polls: a question that the server holds until it has the answer, or for a time.

A 408 means that the time was up and nothing had happened yet: ask again.
"""

import math
from collections.abc import Callable
from typing import Final, TypeVar

from runloop_async.calls.call import Call
from runloop_async.calls.polling import PollingConfig, PollingConfigLike
from runloop_async.calls.runner import Clock
from runloop_async.errors import APIError, APIStatusError, PollingTimeout, WaitError
from runloop_async.models.devboxes.devboxes import DevboxStatus, DevboxView
from runloop_async.wire.request import Safety
from runloop_async.wire.retry import worth_another

T = TypeVar("T")

_NOT_YET: Final = 408
_LEEWAY_S: Final = 5.0
"""Seconds that an answer may take beyond the time that the server was to hold it."""
_LEAST_HOLD_S: Final = 1.0
"""Whoever says "not yet" sooner than this is not asked again at once."""
_PAUSE_MAX_S: Final = 30.0
_MAX_DOUBLINGS: Final = 30
DEVBOX_HOLD_S: Final = 30
"""Seconds that the server holds a question for the state of a devbox at most."""
BOOTING: Final = frozenset({"scheduled", "queued", "provisioning", "initializing"})
"""States on the way to running."""


async def held(
    ask: Callable[[int], Call[T]],
    is_done: Callable[[T], bool],
    *,
    clock: Clock,
    polling: PollingConfigLike,
    hold_s: int,
    what: str,
) -> T:
    """Ask, and have the server hold the question, until the answer will do.

    Args:
        ask: Makes the question, to be held for the seconds that it is given.
        is_done: Tells whether an answer will do.
        clock: Time and chance.
        polling: How long to go on, and how long to pause after a failure.
        hold_s: The longest that the server holds a question.
        what: What is waited for, for the error.

    Raises:
        PollingTimeout: The deadline passed first; `last_value` is the last answer.
        APIError: A question failed for good.
    """
    polling = PollingConfig.of(polling)
    ends = clock.now() + polling.deadline_s
    last, failure, pauses = None, None, 0
    while (left_s := ends - clock.now()) > 0:
        asked_at, hold = clock.now(), max(1, min(hold_s, math.ceil(left_s)))
        call = ask(hold).with_options(
            timeout=hold + _LEEWAY_S, deadline=left_s, max_retries=0
        )
        try:
            last, failure = await call, None
            if is_done(last):
                return last
        except APIError as error:
            failure = error
            if _is_not_yet(error):
                if clock.now() - asked_at >= min(_LEAST_HOLD_S, hold):
                    pauses = 0
                    continue
            elif clock.now() < ends and not worth_another(error, Safety.SAFE):
                raise
        pause_s = _pause_s(polling.interval_seconds, pauses, clock)
        await clock.sleep(min(pause_s, max(ends - clock.now(), 0.0)))
        pauses += 1
    raise PollingTimeout(
        f"{what} was not there after {polling.deadline_s:g} s; the last answer: {last}",
        last_value=last,
    ) from failure


def _pause_s(interval_s: float, pauses: int, clock: Clock) -> float:
    grown_s = interval_s * 2.0 ** min(pauses, _MAX_DOUBLINGS)
    return min(grown_s, _PAUSE_MAX_S) * (0.75 + clock.random() / 4)


def _is_not_yet(error: APIError) -> bool:
    return isinstance(error, APIStatusError) and error.status_code == _NOT_YET


async def devbox_in(
    wait: Callable[[int], Call[DevboxView]],
    wanted: DevboxStatus,
    *,
    clock: Clock,
    polling: PollingConfigLike,
    passing: frozenset[str],
) -> DevboxView:
    """Wait until a devbox is in the state that is wanted.

    Args:
        wait: Makes the question for the devbox, to be held for some seconds.
        wanted: The state.
        clock: Time and chance.
        polling: How long to go on, and how long to pause after a failure.
        passing: The states on the way there.

    Raises:
        PollingTimeout: The deadline passed first.
        WaitError: It went into another state.
        APIError: A question failed for good.
    """
    devbox = await held(
        wait,
        lambda devbox: devbox.status not in passing,
        clock=clock,
        polling=polling,
        hold_s=DEVBOX_HOLD_S,
        what=f"the state {wanted!r} of a devbox",
    )
    return settled(devbox, wanted)


def settled(devbox: DevboxView, wanted: DevboxStatus) -> DevboxView:
    """Return a devbox if it is in the state that is wanted.

    Raises:
        WaitError: It is in another.
    """
    if devbox.status != wanted:
        why = devbox.failure_reason or devbox.shutdown_reason
        raise WaitError(
            f"the devbox {devbox.id} is {devbox.status}, not {wanted}"
            + (f": {why}" if why else ""),
            last_value=devbox,
        )
    return devbox
