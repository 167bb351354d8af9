"""Long polls: requests that the server holds until it has the result, or for a time.

A 408 means that the time was up and nothing had happened yet: ask again.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar, Unpack, cast

from msgspec.structs import replace

from runloop_async.calls.call import Call
from runloop_async.calls.polling import (
    PollingConfig,
    deadline_of,
    ends_wait,
    in_vain,
    question,
    timed_out,
)
from runloop_async.errors import APIError
from runloop_async.options import CallOptions
from runloop_async.wire.response import Response

T = TypeVar("T")

_NOT_YET: Final = 408
_HOLD: Final = "timeout_seconds"
"""The field that tells the server how long to hold the request."""
_LEEWAY_S: Final = 5.0
"""Seconds that a response may take beyond the time that the server was to hold it."""
_LEAST_HOLD_S: Final = 1.0
"""A server that says "not yet" sooner than this is not asked again at once."""
_PAUSE_MAX_S: Final = 30.0
_MAX_DOUBLINGS: Final = 30


async def held(
    call: Call[T],
    is_done: Callable[[T], bool],
    polling: PollingConfig,
    *,
    hold_s: int,
    what: str,
    **options: Unpack[CallOptions],
) -> T:
    """Ask, and have the server hold the request, until the response will do.

    Args:
        call: The request, whose `timeout_seconds` is set anew each time.
        is_done: Tells whether a response will do.
        polling: How long to go on, and to pause where the server holds no request.
        hold_s: The longest that the server holds a request.
        what: What is waited for, for the error.
        **options: The options of the wait.

    Raises:
        PollingTimeout: The deadline passed first; `last_value` is the last response.
        APIError: A request failed for good.
    """
    runner, clock = call.runner, call.runner.clock
    deadline = deadline_of(runner, polling, options)
    last, failure = cast("T | None", None), cast("APIError | None", None)
    pauses, is_last = 0, False
    while not is_last:
        is_last = (left_s := deadline.left_s()) <= 0
        hold = 1 if is_last else min(hold_s, math.ceil(left_s))
        asked_at = clock.now()
        wanted = CallOptions(timeout=hold + _LEEWAY_S) | options
        try:
            found = await question(_holding(call, hold), left_s, wanted)
        except APIError as error:
            failure, pause_s = in_vain(error, is_last=is_last), math.inf
            is_last = is_last or ends_wait(error)
        else:
            failure = None
            if found is not None and is_done(last := found):
                return found
            held_s = clock.now() - asked_at
            if found is None and held_s >= min(_LEAST_HOLD_S, hold):
                pauses = 0
                continue
            pause_s = _pause_s(polling.interval_seconds, pauses, clock.random())
            pauses += 1
        if not is_last and (left_s := deadline.left_s()) > 0:
            await runner.pause(min(pause_s, left_s))
    raise timed_out(what, deadline, last) from failure


def _pause_s(interval_s: float, pauses: int, dice: float) -> float:
    grown_s = interval_s * 2.0 ** min(pauses, _MAX_DOUBLINGS)
    return min(grown_s, _PAUSE_MAX_S) * (0.75 + dice / 4)


def _holding(call: Call[T], hold_s: int) -> Call[T | None]:
    """Return a call that is held for some seconds; None comes of "not yet"."""
    request = replace(
        call.request,
        json={**(call.request.json or {}), _HOLD: hold_s},
        answers=frozenset({_NOT_YET}),
    )
    return Call(
        call.runner,
        request,
        partial(_unless_not_yet, call.read),
        call.options,
        unsent=call.unsent,
    )


def _unless_not_yet(read: Callable[[Response], T], response: Response) -> T | None:
    return None if response.status == _NOT_YET else read(response)
