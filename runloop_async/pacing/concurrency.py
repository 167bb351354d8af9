"""How many requests may be under way at once: as many as end a queue soonest.

Opening a connection costs work on both sides. With `n` connections, `q` calls waiting
and `s` seconds for a response, draining the queue takes q * s / n seconds, and opening
connections that cost `c` each n * c; the sum is least at n = sqrt(q * s / c). So a slow
service gets many connections, and a quick one few. Times are monotonic seconds.
"""

import math
from typing import Final

_FIRST: Final = 10
"""How many to begin with, and are worth having whatever the latency."""
_RAMP_S: Final = 0.003
"""Until the first response comes, one more each time so many seconds have passed, so
that a service that is far away does not cost several round trips."""
_SOON_S: Final = 1e-4
"""Timers are early by up to their grain."""
_RESTART_S: Final = 1.0
"""After an outage, as many as before come back over this time."""
_BASE: Final = 100
"""From here on connections must pay for themselves."""
_CONNECTION_S: Final = 0.001
"""What opening a connection costs, in seconds of work: a TLS handshake."""
_CALL_S: Final = 0.0001
"""What a call costs this process, amply: with more connections than responses can be
taken in, responses only queue up here, which looks as if the server were slow."""
_BYTE_S: Final = 1.5e-9
_CALLS: Final = 16
"""And what each byte of a response costs; the mean of so many responses counts."""
_LASTING: Final = 64
"""With a queue that has lasted for so many responses a connection, one more pays where
this process is what bounds them: more responses are then taken in at a time."""
_SLOWER: Final = 2.0
"""Responses that take more than this times the quickest show that the server queues."""
_MEMORY: Final = 1024
"""Responses over which the quickest latency is forgotten."""
_IDLE_S: Final = 15.0
"""Seconds without need for them after which additional connections are given up."""
_CROWD: Final = 16
"""Refusals with no more than this under way say nothing about concurrency."""
_EPISODE_S: Final = 0.25
"""Refusals that follow each other within this have one cause."""
_TRIAL_S: Final = 1.0
_TRIAL_MOST_S: Final = 8.0
"""Seconds between two trials of more concurrency than was once refused."""


_RECOVER_S: Final = 1.0
"""Seconds after a refused connection before a few more are tried."""
_RECOVER_PART: Final = 8
"""The bound then grows by one part in this many."""


class Shared:
    """How many requests all lanes of a client may have in flight together.

    The process may open only so many files, and a caller's session only so many
    connections. Where the system refuses one more, the bound sinks to what there is,
    and comes back step by step.
    """

    __slots__ = ("_most", "_refused_at", "size", "taken")

    def __init__(self, size: int) -> None:
        self._most = size
        self._refused_at = -math.inf
        self.size = size
        self.taken = 0

    def room_at(self, now: float) -> float:
        """Return, where it is full, when one more request may leave: past, or never."""
        if self.size == self._most:
            return math.inf
        if now - self._refused_at >= _RECOVER_S:
            grown = self.size + max(1, self.size // _RECOVER_PART)
            self.size, self._refused_at = min(grown, self._most), now
            if self.taken < self.size:
                return -math.inf
        return self._refused_at + _RECOVER_S

    def refused(self, now: float) -> None:
        """Note that the system had no file or port left for one more connection."""
        self.size = max(1, min(self.size, self.taken - 1))
        self._refused_at = now


class Concurrency:
    """How many requests of a lane may be under way, and how many are."""

    __slots__ = (
        "_call_s",
        "_full_at",
        "_is_capped",
        "_is_fixed",
        "_is_new",
        "_most",
        "_quickest_s",
        "_ramp_at",
        "_ramp_every_s",
        "_ramp_to",
        "_served",
        "_shared",
        "_throttled_at",
        "_trial_at",
        "_trial_every_s",
        "_trial_size",
        "_tried_at",
        "_uncapped",
        "_untried",
        "backlog",
        "in_flight",
        "limit",
        "waiting",
    )

    def __init__(
        self, most: int, *, is_fixed: bool = False, shared: Shared | None = None
    ) -> None:
        """Begin.

        Args:
            most: The most requests that may be under way at once.
            is_fixed: Whether that is the number, or the least useful one is found.
            shared: What the lane shares with others, where that is less.
        """
        self._most = most
        self._is_fixed = is_fixed
        self._is_new = True
        self._shared = shared
        self.limit = most if is_fixed else min(_FIRST, most)
        """The most that may be under way at present."""
        self.in_flight = 0
        """How many are."""
        self.waiting = 0
        """How many calls wait; kept by whoever queues them."""
        self.backlog = 0
        """How many more are to come; kept by whoever will make them."""
        self._call_s = _CALL_S
        self._served = 0
        """Successes since there was last no queue."""
        self._quickest_s = math.inf
        self._full_at = self._throttled_at = -math.inf
        self._ramp_at: float | None = None
        self._ramp_every_s = _RAMP_S
        self._ramp_to = min(_BASE, most)
        self._is_capped = False
        self._uncapped = self.limit
        self._untried: int | None = None  # the limit before a trial that goes on
        self._tried_at = -math.inf
        self._trial_at = self._trial_every_s = 0.0
        self._trial_size = 1

    def room_at(self, now: float) -> float:
        """Return when one more request may leave: past, or infinity for not by time."""
        if self.in_flight >= self.limit:
            return self._step_at(now) if self.limit < self._ramp_to else math.inf
        shared = self._shared
        if shared is None or shared.taken < shared.size:
            return -math.inf
        return shared.room_at(now)

    def _step_at(self, now: float) -> float:
        begun_at = now if self._ramp_at is None else self._ramp_at
        # Not in the past, which would mean that there is room: `ramp` makes it.
        return max(begun_at + self._ramp_every_s, now + _SOON_S)

    def ramp(self, now: float) -> None:
        """Grow with time: before there was any response, and after an outage.

        Before any, one at a time: time that the event loop was held by a burst of new
        calls does not show that the service is slow.
        """
        if self._ramp_at is None or self.limit >= self._ramp_to:
            return
        steps = int((now - self._ramp_at + _SOON_S) / self._ramp_every_s)
        if steps > 0:
            self._ramp_at = now
            grown = self.limit + (1 if self._is_new else steps)
            self.limit = min(grown, self._ramp_to)

    def admitted(self, now: float) -> None:
        """Note that a request leaves."""
        if self._ramp_at is None:
            self._ramp_at = now
        self.in_flight += 1
        if self._shared is not None:
            self._shared.taken += 1
        if self._is_capped and self.in_flight >= self.limit and now >= self._trial_at:
            self._try_more(now)

    def _try_more(self, now: float) -> None:
        """Allow more than the cap for a trial; a refusal takes exactly that back."""
        if self._untried is not None:  # the last one was used, and was not refused
            self._trial_every_s = _TRIAL_S
        if self.limit >= self._uncapped:
            self._end_cap()
            return
        self._untried, self._tried_at = self.limit, now
        self.limit = min(self._uncapped, self.limit + self._trial_size)
        self._trial_at = now + self._trial_every_s
        self._trial_size *= 2

    def _end_cap(self) -> None:
        self._is_capped = False
        self._untried = None

    def left(self) -> None:
        """Note that a request is over, however."""
        self.in_flight -= 1
        if self._shared is not None:
            self._shared.taken -= 1

    def answered(
        self, now: float, latency_s: float, size: int = 0, *, is_paced: bool
    ) -> None:
        """Note a success, before its request has left.

        Args:
            now: The present time.
            latency_s: Seconds from the request to the head of its response.
            size: Bytes of the response.
            is_paced: Whether the rate is limited, so that more is of no use.
        """
        quickest_s = self._quickest_s
        if self._is_new:
            self._is_new = False
            self._ramp_to = 0
        if latency_s < quickest_s:
            self._quickest_s = quickest_s = latency_s
        elif quickest_s < math.inf:
            self._quickest_s += (latency_s - quickest_s) / _MEMORY
        self._served = self._served + 1 if self.waiting else 0
        self._call_s += (_CALL_S + size * _BYTE_S - self._call_s) / _CALLS
        if self.in_flight >= self.limit:
            self._full_at = now
            if self.waiting and self._is_worth_more(latency_s, is_paced=is_paced):
                self.limit += 1
        elif self.limit > _BASE and now - self._full_at > _IDLE_S:
            self.limit -= not self._is_fixed

    def _is_worth_more(self, latency_s: float, *, is_paced: bool) -> bool:
        limit, quickest_s = self.limit, self._quickest_s
        if limit >= self._most or self._is_capped or limit < self._ramp_to:
            return False
        if limit * self._call_s >= quickest_s:
            return limit < _BASE and self._served >= _LASTING * limit
        if latency_s > _SLOWER * quickest_s:
            return False
        # Where a queue lasts, about as many as were served may still come.
        to_come = self.waiting + self.backlog + self._served // 2
        queue_s = to_come * quickest_s
        pays = limit * limit * _CONNECTION_S < queue_s
        return limit < _BASE or (pays and not is_paced)

    def throttled(self, now: float, sent: float) -> bool:
        """Note a refusal; tell whether a trial of more concurrency was the reason.

        Otherwise the first of an episode caps the limit below what was in flight: the
        server may bound concurrency. Trials of 1, 2, 4 more show whether it does.
        """
        if self._untried is not None and sent >= self._tried_at:
            self.limit = min(self.limit, self._untried)
            self._untried = None
            self._trial_size = 1
            self._trial_every_s = min(2 * self._trial_every_s, _TRIAL_MOST_S)
            self._trial_at = now + self._trial_every_s
            return True
        is_first = now - self._throttled_at > _EPISODE_S
        self._throttled_at = now
        if is_first and not self._is_fixed and self.in_flight > _CROWD:
            if not self._is_capped:
                self._uncapped = max(self.limit, self._ramp_to)
            self.limit = min(self.limit, self.in_flight - 1)
            self._is_capped = True
            self._untried = None
            self._ramp_to = 0
            self._trial_size = 1
            self._trial_every_s = _TRIAL_S
            self._trial_at = now + _TRIAL_S
        return False

    def uncap(self) -> None:
        """Take a cap back: the refusals had another reason."""
        if self._is_capped:
            self._end_cap()
            self.limit = max(self.limit, self._uncapped)

    def freeze(self) -> None:
        """Keep to a fixed bound from now on: what was learned cannot be trusted."""
        self._end_cap()
        self._is_fixed = True
        self._ramp_to = 0
        self.limit = min(max(self.limit, _FIRST), self._most)

    def no_files(self, now: float) -> None:
        """Note that the system refused a connection: there can be no more than now."""
        if self._shared is not None:
            self._shared.refused(now)

    def restart(self, now: float) -> None:
        """Begin with one again, after an outage."""
        self._is_new = False
        self._untried = None
        self._ramp_to = max(self.limit, self._ramp_to)
        self.limit = 1
        self._ramp_at = now
        self._ramp_every_s = _RESTART_S / self._ramp_to
