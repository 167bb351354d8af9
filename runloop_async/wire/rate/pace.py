"""Requests a second: found from the times at which requests were sent and refused.

The rate climbs as in CUBIC (RFC 9438), in proportion to the rate that was last refused:
quickly back to near it, slowly past it, then ever faster while nothing is refused. What
is measured is counted by the time of sending, so the latency of the service is not in
it. Times are monotonic seconds.
"""

import math
from collections import deque
from typing import Final

_CUT: Final = 0.95
"""Of the rate that was refused, what is tried next."""
_STEEPNESS: Final = (1000.0, 0.5, 0.01, 4e-4)
"""How steeply the rate climbs after each cut, in s^-3: a burst tells little of a rate,
the first second more, and later cuts refine it."""
_CALM: Final = len(_STEEPNESS) - 1
_REFERENCE_RATE: Final = 300.0
"""The rate for which the calm steepness is stated; smaller ones climb faster."""
_SURPRISE: Final = 0.6
"""A measurement below this part of the rate means that the limit fell: search anew."""
_DRIFT: Final = 0.03
"""A measurement that is higher by more shows that others give way: a shared limit."""
_FAIR_CLIMB: Final = 8.0
_FAIR_CLIMB_PART: Final = 0.05
"""Who gains on others also climbs by so many requests a second each second, at most by
this part of its rate once it is calm; who has just begun, or lost much, in any case. So
small shares catch up, which a climb in proportion does not do. A client alone measures
the same each time, and pays nothing for it."""
_APART_S: Final = 0.25
"""Least seconds between two cuts, so that there is something to measure."""
_MEASURED_S: Final = 1.0
"""Longest stretch that is measured."""
_KEPT_S: Final = 3.0
"""Seconds that times of sending are kept."""
_HOLD_S: Final = 0.02
_HOLD_MOST_S: Final = 0.2
"""Seconds of silence after a refusal; they double while nothing gets through."""
_STARVED_S: Final = 2.0
_STARVED_HOLD_S: Final = 16.0
"""After so long without a success, silences double on up to this."""
_SLACK_S: Final = 0.025
"""How much lateness of a timer is made up for."""
_CLIMB_S: Final = 60.0
"""Longest climb: a machine that slept does not wake up with a burst."""
_LEAST: Final = 0.1
_FIRST: Final = 10.0
"""Least rate of all, and least to begin with."""
_BELIEVED_S: Final = 3600.0
"""Longest hold that a server may ask of everybody."""


class Pace:
    """The rate of one limit, from its first refusal on."""

    __slots__ = (
        "_at",
        "_cuts",
        "_fair_climb",
        "_hold_until",
        "_inflection_s",
        "_last_success",
        "_last_success_sent",
        "_rate",
        "_rate_at",
        "_reacted_at",
        "_rising_since",
        "_sent",
        "_silence_s",
        "_steepness",
        "_throttled",
        "_top",
        "begun_at",
        "throttled_at",
    )

    def __init__(self, now: float, rate: float) -> None:
        """Begin with an estimate, in requests a second."""
        self._sent = deque[float]()
        self._throttled = deque[float]()
        self._at = self._hold_until = self._last_success = now
        self._last_success_sent = self._reacted_at = -math.inf
        self._silence_s = 0.0
        self._cuts = 0
        self._fair_climb = 0.0
        self.begun_at = self.throttled_at = now
        """When it began, and when a request was last refused."""
        self._aim(now, max(rate, _FIRST))

    def _aim(self, now: float, top: float) -> None:
        """Cut the rate to below one that was refused, and climb from there."""
        self._top = max(top, _LEAST)
        steepness = _STEEPNESS[self._cuts]
        if self._cuts == _CALM:
            steepness *= math.sqrt(_REFERENCE_RATE / self._top)
        self._steepness = steepness
        self._inflection_s = ((1 - _CUT) / steepness) ** (1 / 3)
        self._rising_since = self._rate_at = now
        self._rate = self._top * _CUT

    def rate(self, now: float) -> float:
        """Return the requests a second that are allowed at this time."""
        if now - self._rate_at > 0.01:  # noqa: PLR2004 - often enough
            self._rate_at = now
            self._rate = self._climbed(now)
        return self._rate

    def _climbed(self, now: float) -> float:
        rising_s = max(now - max(self._hold_until, self._rising_since), 0.0)
        past_s = min(rising_s, _CLIMB_S) - self._inflection_s
        rate: float = self._top * (1 + self._steepness * past_s**3)
        rate += self._fair_climb * rising_s
        if past_s > 0 and self._cuts == _CALM:  # no climb where it is not used
            rate = min(rate, max(self._top, 2 * len(self._sent) / _KEPT_S))
        return rate

    def next(self) -> float:
        """Return when the next request may leave, which may be past."""
        return max(self._at, self._hold_until)

    def admitted(self, now: float) -> None:
        """Note that a request leaves."""
        self._at = max(self._at, now - _SLACK_S) + 1 / self.rate(now)
        _note(self._sent, now, now)

    def answered(self, now: float, sent: float) -> None:
        """Note a response, no refusal, to a request sent at some time."""
        self._silence_s = 0.0
        self._last_success = now
        self._last_success_sent = max(self._last_success_sent, sent)

    def throttled(self, now: float, sent: float, retry_after: float | None) -> None:
        """Note that the server turned away a request that was sent at some time.

        Args:
            now: The present time.
            sent: When the request was sent.
            retry_after: Seconds that the server asks to wait, if it does.
        """
        self.throttled_at = now
        _note(self._throttled, sent, now)
        if retry_after is not None:
            # Servers round up: whole seconds mean "within the last of them".
            is_whole = retry_after == int(retry_after)
            hold_s = min(retry_after - 1 if is_whole else retry_after, _BELIEVED_S)
            self._hold_until = max(self._hold_until, now + hold_s)
        if sent <= self._reacted_at:
            return  # it was under way when an earlier refusal was reacted to
        self._reacted_at = now
        self._hold(now)
        self._measure(now, sent)

    def _hold(self, now: float) -> None:
        starved = now - self._last_success > _STARVED_S
        most_s = _STARVED_HOLD_S if starved else _HOLD_MOST_S
        self._silence_s = min(max(2 * self._silence_s, _HOLD_S), most_s)
        self._hold_until = max(self._hold_until, now + self._silence_s)
        self._at = max(self._at, self._hold_until)

    def _measure(self, now: float, sent: float) -> None:
        begin = max(self._rising_since, sent - _MEASURED_S)
        if sent - begin < _APART_S or self._last_success_sent <= self._rising_since:
            return
        through = _between(self._sent, begin, sent)
        through -= _between(self._throttled, begin, sent)
        measured = max(through, 0) / (sent - begin)
        fell = measured <= _SURPRISE * self._rate
        self._fair_climb = self._climb_of_a_share(measured, fell=fell)
        self._cuts = 1 if fell else min(self._cuts + 1, _CALM)
        self._aim(now, measured)

    def _climb_of_a_share(self, measured: float, *, fell: bool) -> float:
        if fell:
            return _FAIR_CLIMB
        if measured <= self._top * (1 + _DRIFT):
            return 0.0
        if self._cuts < _CALM:
            return self._fair_climb
        return max(self._fair_climb, min(_FAIR_CLIMB, _FAIR_CLIMB_PART * measured))


def _note(times: deque[float], at: float, now: float) -> None:
    """Add a time, and forget those that are too old."""
    times.append(at)
    while times and times[0] < now - _KEPT_S:
        times.popleft()


def _between(times: deque[float], begin: float, end: float) -> int:
    return sum(1 for at in times if begin < at < end)
