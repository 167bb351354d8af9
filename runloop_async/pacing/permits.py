"""A bound on the rate that is set, for this client alone."""

import math
from typing import Final

from runloop_async.clock import Clock

_SLACK_S: Final = 0.025
"""How much lateness of a timer is made up for."""


class LocalPermits:
    """So many permits a second, one at a time."""

    block = 1

    def __init__(self, rate: float, clock: Clock) -> None:
        """Make `rate` permits a second."""
        self._interval_s = 1 / rate
        self._clock = clock
        self._next = -math.inf

    async def reserve(self, n: int, /) -> float:
        """Reserve `n` permits; return the seconds until they are valid."""
        now = self._clock.now()
        at = max(self._next, now - _SLACK_S)
        self._next = at + n * self._interval_s
        return at - now
