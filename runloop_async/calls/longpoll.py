"""Long polls: requests that the server holds until it has the result, or for a time.

A 408 means that the time was up and nothing had happened yet: ask again.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Final, Generic, TypeVar, Unpack, cast

from msgspec.structs import replace

from runloop_async.calls.call import Call
from runloop_async.calls.polling import PollingConfig, poll, question
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
    holds = _Holds(call, polling, hold_s, options)
    found = await poll(
        holds.ask,
        lambda found: found is not None and is_done(found),
        runner=call.runner,
        polling=polling,
        options=options,
        what=what,
        pause_after=holds.pause_after,
    )
    return cast("T", found)


class _Holds(Generic[T]):
    """The questions of one wait, each of which the server holds for a while."""

    def __init__(
        self, call: Call[T], polling: PollingConfig, hold_s: int, options: CallOptions
    ) -> None:
        self._call = call
        self._polling = polling
        self._hold_s = hold_s
        self._options = options
        self._pauses = 0
        self._held_enough = False
        self._last: T | None = None

    async def ask(self, left_s: float) -> T | None:
        """Ask once; return the last response that there was."""
        clock = self._call.runner.clock
        hold = 1 if left_s <= 0 else min(self._hold_s, math.ceil(left_s))
        wanted = CallOptions(timeout=hold + _LEEWAY_S) | self._options
        asked_at = clock.now()
        found = await question(_holding(self._call, hold), left_s, wanted)
        held_s = clock.now() - asked_at
        self._held_enough = found is None and held_s >= min(_LEAST_HOLD_S, hold)
        if found is not None:
            self._last = found
        return self._last

    def pause_after(self, _: T | None) -> float:
        """Return how long to pause: not at all if the server held the question."""
        if self._held_enough:
            self._pauses = 0
            return 0.0
        self._pauses += 1
        dice = self._call.runner.clock.random()
        return _pause_s(self._polling.interval_seconds, self._pauses - 1, dice)


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
