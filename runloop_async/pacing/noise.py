"""Whether requests are refused because there are too many, or by chance.

Some servers refuse a part of all requests whatever the rate. A rate that gives way to
each of these would sink without end. So the first refusals are only counted. If nearly
all that was sent after the first was refused, there is a limit. Else the rate is
lowered for a trial: a limit refuses next to nothing below it. What is refused as often
as before is noise, and is borne from then on as long as it is no more. A limit that is
met again and again below the rate at which it was met before is tried too.

Times are monotonic seconds.
"""

import math
from enum import Enum
from typing import Final

TRIAL_PART: Final = 0.7
"""Of the rate that gets through, what is tried."""
_FEW: Final = 4
"""Refusals that are only counted, that end a trial, or begin another."""
_MANY: Final = 10
"""Cuts too soon, in a row, that begin a trial in any case: others who share a limit are
the reason for some."""
_FLOOD: Final = 1 / 3
"""Where so large a part of what was sent since the first refusal was refused, there is
a limit, and it was exceeded by far."""
_SETTLE_S: Final = 1.0
"""What is sent so soon after a trial began does not count for noise: servers that count
by the second may have had their fill."""
_TRIAL_MOST_S: Final = 30.0
_AGAIN_S: Final = 5.0
_AGAIN_FACTOR: Final = 2
"""After this long a limit may be tried, the next time after so many times as long."""
_ALIKE: Final = 0.5
"""In a trial noise refuses at least this part of what it refused before."""
_ENOUGH: Final = 30
"""Responses in a trial that show noise, if there are as many in its time."""
_NOISY: Final = 0.5
"""Where more is refused, it is no noise."""
_WINDOW: Final = 1000
"""Requests over which noise is held against what it was."""
_SIGMAS: Final = 3.0


class Cause(Enum):
    """What refusals are taken for."""

    UNKNOWN = "unknown"
    """There were few so far."""
    TRIED = "tried"
    """That is being found out, at a lower rate."""
    LIMIT = "limit"
    NOISE = "noise"


class Noise:
    """Finds out what the refusals of one limit are."""

    __slots__ = (
        "_again_s",
        "_answers",
        "_begun_at",
        "_least",
        "_most",
        "_refusals",
        "_settled",
        "_settled_refusals",
        "_share",
        "_soon",
        "_was_refusal",
        "cause",
        "requests",
    )

    def __init__(self, *, is_limit: bool = False) -> None:
        self._again_s = _AGAIN_S
        self._share = 0.0
        self._most = 1.0
        self._settled = self._settled_refusals = 0
        self._was_refusal = False
        self._least = 2
        self._begin(-math.inf, Cause.LIMIT if is_limit else Cause.UNKNOWN)

    def _begin(self, now: float, cause: Cause) -> None:
        self.cause = cause
        self._begun_at = now
        self._answers = self._refusals = self._soon = 0
        self.requests = 0
        """How many were sent from the first refusal to the last; of noise, since when
        it is counted. Kept by whoever sends. Responses would not tell, since refusals
        come sooner than what succeeds."""

    def answered(self, now: float, sent: float, *, is_refusal: bool) -> bool:
        """Note a response to a request; tell whether that changes the cause."""
        if sent < self._begun_at:
            return False
        self._answers += 1
        self._refusals += is_refusal
        if self.cause is Cause.TRIED:
            cause = self._tried(now, sent, is_refusal=is_refusal)
        elif self.cause is Cause.NOISE:
            cause = self._borne()
        elif self.cause is Cause.UNKNOWN:
            cause = self._counted()
        else:
            return False
        if cause is self.cause:
            return False
        self._begin(now, cause)
        return True

    def cut(self, now: float, *, is_soon: bool, has_sunk: bool) -> None:
        """Note that a limit was met, which may begin a trial.

        Args:
            now: The present time.
            is_soon: Whether that was below the rate at which it was met before.
            has_sunk: Whether the rate is far below the highest one.
        """
        if not is_soon:
            self._answers = self._refusals = self._soon = 0
            return
        self._soon += 1
        if (
            self._soon < (_FEW if has_sunk else _MANY)
            or now - self._begun_at < self._again_s
        ):
            return
        self._again_s *= _AGAIN_FACTOR
        self._least = _FEW
        self._try(self._refusals / max(self._answers, self._refusals, 1))
        self._begin(now, Cause.TRIED)

    def _counted(self) -> Cause:
        if self._refusals < _FEW:
            return Cause.UNKNOWN
        # Refusals that are late may follow requests that nobody remembers.
        share = self._refusals / max(self.requests, self._refusals)
        if share >= _FLOOD:
            return Cause.LIMIT
        self._try(share)
        return Cause.TRIED

    def _try(self, share: float) -> None:
        self._share = share
        self._settled = self._settled_refusals = 0
        self._was_refusal = False

    def _tried(self, now: float, sent: float, *, is_refusal: bool) -> Cause:
        if self._refusals > 6 + min(3 * self._share, _NOISY) * self._answers:
            return Cause.LIMIT
        if sent < self._begun_at + _SETTLE_S:
            return Cause.TRIED
        self._settled += 1
        self._settled_refusals += is_refusal and not self._was_refusal
        self._was_refusal = is_refusal
        is_long = now - self._begun_at > _TRIAL_MOST_S
        is_enough = self._settled * self._share >= 2 * _FEW
        if self._settled_refusals < _FEW and not is_enough and not is_long:
            return Cause.TRIED
        share = self._settled_refusals / self._settled
        is_noise = self._settled_refusals >= self._least
        if is_noise and self._settled < _ENOUGH and not is_long:
            return Cause.TRIED
        if is_noise and _ALIKE * self._share <= share < _NOISY:
            self._estimate(self._settled_refusals, self._settled)
            return Cause.NOISE
        return Cause.LIMIT

    def _borne(self) -> Cause:
        expected = self._most * self.requests
        if self._refusals > expected + _SIGMAS * math.sqrt(expected) + _FEW:
            return Cause.LIMIT
        if self.requests >= _WINDOW:
            self._estimate(self._refusals, self.requests)
            self.requests = self._refusals = 0
        return Cause.NOISE

    def _estimate(self, refusals: int, requests: int) -> None:
        """Set how much is borne: amply, as few refusals tell little."""
        self._most = (refusals + math.sqrt(refusals) + 1) / requests
