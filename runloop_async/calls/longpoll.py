"""Long polls: requests that the server holds until it has the result, or for a time.

A 408 means that the time was up and nothing had happened yet: ask again.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Final, Generic, TypeVar, Unpack, cast

import attrs
from msgspec.structs import replace

from runloop_async.calls.call import Call
from runloop_async.calls.polling import (
    LAST_LOOK_S,
    PollingConfig,
    beginning,
    is_cut,
    poll,
    question,
)
from runloop_async.errors import APIError
from runloop_async.options import CallOptions
from runloop_async.wire.request import Safety
from runloop_async.wire.response import Response
from runloop_async.wire.retry import worth_another

T = TypeVar("T")

_NOT_YET: Final = 408
LEEWAY_S: Final = 5.0
"""Seconds that a response may take beyond the time that the server was to hold it."""
_LEAST_HOLD_S: Final = 1.0
"""The API takes whole seconds. A server that says "not yet" sooner than this is not
asked again at once."""
_PAUSE_MAX_S: Final = 30.0
_MAX_DOUBLINGS: Final = 30


@attrs.frozen(kw_only=True)
class Hold(Generic[T]):
    """A request that the server holds."""

    call: Call[T]
    """The request; the seconds to hold it are put into its body."""
    most_s: int
    """The longest that the server holds it."""
    field: str = "timeout_seconds"
    """The field of the body that has the seconds."""
    look: Call[T] | None = None
    """Asks for the state at once. None if that cannot be asked for yet, since this
    request is the one that starts something."""


async def held(
    hold: Hold[T],
    is_done: Callable[[T], bool],
    polling: PollingConfig,
    *,
    what: str,
    then: Callable[[T], Hold[T]] | None = None,
    **options: Unpack[CallOptions],
) -> T:
    """Ask, and have the server hold the request, until the response will do.

    The server is never asked to hold a request for longer than is left. The last thing
    that is asked, at the deadline, is for the state, so that the error has it.

    Args:
        hold: The first request.
        is_done: Tells whether a response will do.
        polling: How long to go on, and to pause where the server holds no request.
        what: What is waited for, for the error.
        then: Returns the next request after a response; by default the first again.
        **options: The options of the wait.

    Raises:
        PollingTimeout: The deadline passed first; `last_value` is the last response.
        APIError: A request failed for good.
    """
    holds = _Holds(hold, then, polling, options)
    found = await poll(
        holds.ask,
        lambda found: found is not None and is_done(found),
        runner=hold.call.runner,
        polling=polling,
        options=options,
        what=what,
        pause_after=holds.pause_after,
    )
    return cast("T", found)


class _Holds(Generic[T]):
    """The questions of one wait, each of which the server holds for a while."""

    def __init__(
        self,
        hold: Hold[T],
        then: Callable[[T], Hold[T]] | None,
        polling: PollingConfig,
        options: CallOptions,
    ) -> None:
        self._hold = hold
        self._then = then
        self._polling = polling
        self._options = options
        self._clock = hold.call.runner.clock
        self._pauses = 0
        self._held_enough = False
        self._last: T | None = None
        self._is_known = False
        """Whether the server has answered."""

    async def ask(self, left_s: float) -> T | None:
        """Ask once; return the last response that there was."""
        if self._last is not None and self._then is not None:
            self._hold = self._then(self._last)
        self._hold.call.close()  # it is meant to be sent, even if the state will do
        began_s, look = self._clock.now(), self._hold.look
        self._held_enough = False
        found = None
        if left_s >= _LEAST_HOLD_S or look is None:
            try:
                found = await self._held(left_s)
            except APIError as error:
                if look is None or left_s == math.inf or not is_cut(error):
                    raise  # otherwise the server held it for too long
            left_s -= self._clock.now() - began_s
        if found is None and look is not None and left_s < _LEAST_HOLD_S:
            found = await self._seen(look, left_s)
        if found is not None:
            self._last, self._is_known = found, True
        return self._last

    async def _seen(self, look: Call[T], left_s: float) -> T | None:
        """Ask for the state; a failure is that of the wait, whose time is up.

        A server that has answered the wait, and cannot be asked for the state, is no
        reason for another error.
        """
        try:
            return await question(look, left_s, self._options)
        except APIError as error:
            error.out_of_time = error.out_of_time or worth_another(error, Safety.SAFE)
            if error.out_of_time or not self._is_known:
                raise
        return None

    async def _held(self, left_s: float) -> T | None:
        """Ask once, and let the server hold the request for some of what is left."""
        hold_s = int(max(min(self._hold.most_s, left_s), _LEAST_HOLD_S))
        wanted = CallOptions(timeout=hold_s + LEEWAY_S) | self._options
        call, began_s = _holding(self._hold, hold_s), self._clock.now()
        asked = beginning if self._hold.look is None else question
        found = await asked(call, left_s, wanted, grace_s=LAST_LOOK_S)
        self._is_known = True
        held_s = self._clock.now() - began_s
        self._held_enough = held_s >= _LEAST_HOLD_S
        return found

    def pause_after(self, _: T | None) -> float:
        """Return how long to pause: not at all if the server held the question."""
        if self._held_enough:
            self._pauses = 0
            return 0.0
        self._pauses += 1
        dice = self._clock.random()
        return _pause_s(self._polling.interval_seconds, self._pauses - 1, dice)


def _pause_s(interval_s: float, pauses: int, dice: float) -> float:
    grown_s = interval_s * 2.0 ** min(pauses, _MAX_DOUBLINGS)
    return min(grown_s, _PAUSE_MAX_S) * (0.75 + dice / 4)


def _holding(hold: Hold[T], hold_s: int) -> Call[T | None]:
    """Return a call that is held for some seconds; None comes of "not yet"."""
    call = hold.call
    request = replace(
        call.request,
        json={**(call.request.json or {}), hold.field: hold_s},
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
