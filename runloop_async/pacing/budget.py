"""What retries may cost, so that many clients do not keep a server down.

A bucket that successes fill and retries drain. An empty one delays retries, one at a
time still goes, and fails none. With up to 37 % of the retries failing again it never
runs empty. When it is empty and nothing succeeds, the service is down: then one probe
at a time is sent. Times are monotonic seconds.
"""

import math
from typing import Final

_FULL: Final = 500
_COST: Final = 5
_REFUND: Final = 8
"""What a retry that succeeds brings back: its cost, and something on top."""
_RESERVE: Final = 75
"""What is kept for the probes of an outage: fifteen, as many as ten seconds take."""
_DOWN: Final = 10
"""So many failures in a row, with the budget spent, are an outage."""
_PROBE_S: Final = 0.05
_PROBE_MOST_S: Final = 1.0
"""Seconds between the probes; they double."""
_PROBE_LATE_S: Final = 3.0
"""Seconds after which another probe is sent if one has no answer: the first may be a
long poll, or its connection may be dead."""
_FORGOTTEN_S: Final = 10.0
"""Seconds without any call after which an outage is forgotten."""


class RetryBudget:
    """The budget of one client, and whether the service is down."""

    __slots__ = (
        "_asked_at",
        "_failed_at",
        "_failures",
        "_left",
        "_probe",
        "_probe_at",
        "_probe_s",
        "_under_way",
        "down_since",
        "is_touched",
    )

    def __init__(self) -> None:
        self._left = _FULL
        self._under_way = 0
        self._failures = 0
        self._probe: float | None = None  # when the one that is under way was admitted
        self._probe_at = -math.inf
        self._probe_s = _PROBE_S
        self._asked_at = self._failed_at = -math.inf
        self.down_since: float | None = None
        """When the present outage began, if there is one."""
        self.is_touched = False
        """Whether a success, or the end of a request, may change anything here."""

    def asked(self, now: float) -> bool:
        """Note, in an outage, that somebody asks; tell whether it is forgotten."""
        last, self._asked_at = self._asked_at, now
        if now - last <= _FORGOTTEN_S:
            return False
        self.forget()
        return True

    def forget(self) -> None:
        """Begin anew: what happened before says nothing any more."""
        self.down_since, self._failures, self._left = None, 0, _FULL

    @property
    def is_down(self) -> bool:
        """Whether there is an outage."""
        return self.down_since is not None

    @property
    def next_probe(self) -> float:
        """In an outage, when the next probe may leave."""
        return self._probe_at if self._probe is None else self._probe + _PROBE_LATE_S

    @property
    def allows(self) -> bool:
        """Whether a retry may leave now."""
        return self._left >= _RESERVE + _COST or not self._under_way

    def admitted(self, now: float, *, is_retry: bool) -> None:
        """Note that a request leaves; a retry pays."""
        self.is_touched = True
        if is_retry:
            self._left = max(0, self._left - _COST)
            self._under_way += 1
        if self.is_down:
            self._probe = now

    def left(self, sent: float, *, is_retry: bool) -> None:
        """Note that a request which was admitted at some time is over, however."""
        self._under_way -= is_retry
        if sent == self._probe:
            self._probe = None

    def answered(self, *, is_retry: bool) -> bool:
        """Note a success; tell whether that ends an outage."""
        self._left = min(_FULL, self._left + (_REFUND if is_retry else 1))
        is_used = self._left < _FULL or self._under_way > 0
        self.is_touched = is_used or self._probe is not None
        return self.heard()

    def heard(self) -> bool:
        """Note that the service does its work; tell whether that ends an outage."""
        self._failures = 0
        was_down, self.down_since = self.is_down, None
        return was_down

    def failed(self, now: float, sent: float) -> None:
        """Note a failure that may pass: 5xx, or a lost connection."""
        self.is_touched = True
        is_stale = now - self._failed_at > _FORGOTTEN_S
        self._failures = 1 if is_stale else self._failures + 1
        self._failed_at = now
        if self.is_down:
            if sent != self._probe:
                return  # it was under way when the outage began
            self._probe_s = min(2 * self._probe_s, _PROBE_MOST_S)
        elif self._failures >= _DOWN and self._left < _RESERVE + _COST:
            self.down_since, self._probe, self._probe_s = now, None, _PROBE_S
            self._asked_at = now
        self._probe_at = now + self._probe_s
