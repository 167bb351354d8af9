"""Requests a second: found from the times at which requests were sent and refused.

The rate climbs as in CUBIC (RFC 9438), in proportion to the rate that was last refused:
quickly back to near it, slowly past it, then ever faster while nothing is refused. What
is measured is counted by the time of sending, so the latency of the service is not in
it. Times are monotonic seconds.
"""

import math
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable
from typing import Final

from runloop_async.pacing.noise import TRIAL_PART, Cause, Noise

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
_SUNK: Final = 0.4
"""Below this part of the highest rate that was measured, refusals may be by chance."""
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
_KEPT_MOST_S: Final = 30.0
"""Seconds that times of sending are kept: longer where refusals come late."""
_HOLD_S: Final = 0.02
_HOLD_MOST_S: Final = 0.2
"""Seconds of silence after a refusal; they double while nothing gets through."""
_STARVED_S: Final = 2.0
_STARVED_HOLD_S: Final = 16.0
"""After so long without a success, silences double on up to this."""
_SLACK_S: Final = 0.025
"""How much lateness of a timer is made up for."""
_FREE: Final = 8.0
"""How steeply the rate climbs, in s^-3, where refusals ask for nothing."""
_CLIMB_S: Final = 60.0
"""Longest climb: a machine that slept does not wake up with a burst."""
_LEAST: Final = 0.1
_FIRST: Final = 10.0
"""Least rate of all, and least to begin with."""
_BINDING: Final = (Cause.TRIED, Cause.LIMIT)


class Pace:
    """The rate of one limit, from its first refusal on."""

    __slots__ = (
        "_at",
        "_cuts",
        "_dropped",
        "_fair_climb",
        "_highest",
        "_hold_until",
        "_inflection_s",
        "_kept_s",
        "_known_since",
        "_last_success",
        "_last_success_sent",
        "_noise",
        "_rate",
        "_rate_at",
        "_reacted_at",
        "_refused",
        "_rising_since",
        "_sent",
        "_silence_s",
        "_steepness",
        "_still_until",
        "_throttled",
        "_top",
        "begun_at",
        "throttled_at",
    )

    def __init__(
        self,
        now: float,
        rate: float,
        sent: Iterable[float] = (),
        *,
        is_limit: bool = False,
    ) -> None:
        """Begin.

        Args:
            now: The present time.
            rate: An estimate, in requests a second.
            sent: When the request that was refused, and those after it, were sent.
            is_limit: Whether it is known that refusals are not by chance.
        """
        self._noise = Noise(is_limit=is_limit)
        self._sent = deque[float](sent)
        self._dropped = 0  # of those, how many were forgotten since
        self._kept_s = _KEPT_S
        self._known_since = -math.inf
        self._throttled = deque[float]()
        self._at = self._hold_until = self._still_until = self._last_success = now
        self._last_success_sent = self._reacted_at = -math.inf
        self._silence_s = 0.0
        self._cuts = 0
        self._fair_climb = 0.0
        self._highest = 0.0
        self._refused = -math.inf
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
        if self._noise.cause is Cause.TRIED:
            return self._top * TRIAL_PART
        if self.is_noise:
            rising_s = min(now - self._rising_since, _CLIMB_S)
            return self._top * (1 + _FREE * rising_s**3)
        since = max(self._hold_until, self._still_until, self._rising_since)
        rising_s = max(now - since, 0.0)
        past_s = min(rising_s, _CLIMB_S) - self._inflection_s
        rate: float = self._top * (1 + self._steepness * past_s**3)
        rate += self._fair_climb * rising_s
        if past_s > 0 and self._cuts == _CALM:  # no climb where it is not used
            rate = min(rate, max(self._top, 2 * len(self._sent) / self._kept_s))
        return rate

    @property
    def is_binding(self) -> bool:
        """Whether it bounds the rate, and not just counts what is refused by chance."""
        return self._noise.cause in _BINDING

    @property
    def is_noise(self) -> bool:
        """Whether requests are refused by chance, so that less of them is of no use."""
        return self._noise.cause is Cause.NOISE

    def next(self) -> float:
        """Return when the next request may leave, which may be past."""
        if self._noise.cause is Cause.UNKNOWN:
            return -math.inf
        return max(self._at, self._hold_until)

    def admitted(self, now: float, *, is_bound: bool = True) -> None:
        """Note that a request leaves, which may be one that need not wait for it."""
        if is_bound and self._noise.cause is not Cause.UNKNOWN:
            self._at = max(self._at, now - _SLACK_S) + 1 / self.rate(now)
        self._noise.requests += self.is_noise
        oldest = now - self._kept_s
        if forgotten := _note(self._sent, now, oldest):
            self._dropped += forgotten
            self._known_since = max(self._known_since, oldest)

    def answered(self, now: float, sent: float) -> None:
        """Note a response, no refusal, to a request sent at some time."""
        self._silence_s = 0.0
        self._last_success = now
        self._learn(now, sent, is_refusal=False)
        self._last_success_sent = max(self._last_success_sent, sent)

    def throttled(self, now: float, sent: float) -> None:
        """Note that the server turned away a request that was sent at some time."""
        self.throttled_at = now
        late_s = now - sent + 2 * _MEASURED_S
        self._kept_s = min(max(self._kept_s, late_s), _KEPT_MOST_S)
        _note(self._throttled, sent, now - self._kept_s)
        self._learn(now, sent, is_refusal=True)
        if not self.is_binding or sent <= self._reacted_at:
            return  # by chance, or in flight when an earlier refusal was reacted to
        self._reacted_at = now
        self._hold(now)
        if self._noise.cause is Cause.LIMIT:
            self._measure(now, sent)

    def rest(self, until: float) -> None:
        """Do not climb before some time, since a route waits until then."""
        self._still_until = max(self._still_until, until)

    def _learn(self, now: float, sent: float, *, is_refusal: bool) -> None:
        """Note a response, which may show what refusals are."""
        was = self._noise.cause
        if is_refusal and was is Cause.UNKNOWN:
            self._refused = max(self._refused, sent)
            known = bisect_right(self._sent, self._refused)
            self._noise.requests = self._dropped + known
        if self._noise.answered(now, sent, is_refusal=is_refusal):
            self._find(now, was)

    def _recent(self, now: float) -> float:
        """Return how many requests a second got through lately."""
        span_s = min(max(now - self.begun_at, 1.0), self._kept_s)
        return (len(self._sent) - len(self._throttled)) / span_s

    def _find(self, now: float, was: Cause) -> None:
        """Go on with what refusals are now taken for."""
        cause = self._noise.cause
        if cause is Cause.TRIED:
            self._at = now
            self._aim(now, max(self._top, self._recent(now)))
        elif cause is Cause.NOISE:
            self._aim(now, self._top)
        else:
            self._at = now
            if was is Cause.TRIED:
                self._cuts = 1
            self._aim(now, max(self._top, self._recent(now)))

    def _hold(self, now: float) -> None:
        starved = now - self._last_success > _STARVED_S
        most_s = _STARVED_HOLD_S if starved else _HOLD_MOST_S
        self._silence_s = min(max(2 * self._silence_s, _HOLD_S), most_s)
        self._hold_until = max(self._hold_until, now + self._silence_s)
        self._at = max(self._at, self._hold_until)

    def _measure(self, now: float, sent: float) -> None:
        begin = max(self._rising_since, sent - _MEASURED_S, self._known_since)
        if sent - begin < _APART_S or self._last_success_sent <= self._rising_since:
            return
        through = _between(self._sent, begin, sent)
        through -= _between(self._throttled, begin, sent)
        measured = max(through, 0) / (sent - begin)
        self._highest = max(self._highest, measured)
        is_soon = now - self._rising_since < self._inflection_s
        has_sunk = measured < _SUNK * self._highest
        self._noise.cut(now, is_soon=is_soon, has_sunk=has_sunk)
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


def _note(times: deque[float], at: float, oldest: float) -> int:
    """Add a time, and forget those that are too old; return how many that were."""
    times.append(at)
    forgotten = 0
    while times and times[0] < oldest:
        times.popleft()
        forgotten += 1
    return forgotten


def _between(times: deque[float], begin: float, end: float) -> int:
    return sum(1 for at in times if begin < at < end)
