"""When the next request of a lane may leave, by all that its client knows.

`Governor` is told what happens, each with the time, and puts together three machines:
`Concurrency` of the lane, `RetryBudget` of the client, and a `Pace` for each limit on
the rate that was met. The first is shared by all routes. A route that proves to be the
only one that is throttled gets its own. Times are monotonic seconds.
"""

import math
from collections import deque
from typing import Final

from runloop_async.pacing.budget import RetryBudget
from runloop_async.pacing.concurrency import Concurrency
from runloop_async.pacing.pace import Pace

NOW: Final = -math.inf
"""A time to leave: at once."""
LATER: Final = math.inf
"""A time to leave: not before something else happens, such as a response."""
_ENOUGH_SENT: Final = 20
"""Requests on a route from which on its throttles tell something."""
_CHANCE: Final = 0.002
"""How unlikely it must be, with one limit for all, that only one route is throttled."""
_OTHERS: Final = 0.1
"""Of the throttles of such a route, how many others may have."""
_KEPT: Final = 1024
"""Times of sending that are kept, to know what was sent since the first refusal."""
_FORGOTTEN_S: Final = 600.0
"""After so long without a throttle a limit is forgotten."""


class Governor:
    """Decides for one lane of a client."""

    __slots__ = (
        "_before",
        "_by_route",
        "_done",
        "_marked_at",
        "_sent",
        "budget",
        "concurrency",
        "last_success_at",
        "own",
        "pace",
    )

    def __init__(self, concurrency: Concurrency, budget: RetryBudget) -> None:
        """Begin.

        Args:
            concurrency: Of this lane.
            budget: Of the client.
        """
        self.concurrency = concurrency
        self.budget = budget
        self.pace: Pace | None = None
        """The rate of all routes without one of their own, once one was throttled."""
        self.own = dict[str, Pace]()
        """The rates of routes that have their own."""
        self.last_success_at = -math.inf
        self._by_route = dict[str, _Tally]()
        self._sent = deque[float](maxlen=_KEPT)
        self._done = self._before = 0
        self._marked_at = -math.inf

    def next(self, now: float, route: str, *, is_retry: bool = False) -> float:
        """Return when a request may leave: in the past for at once, or `LATER`."""
        budget = self.budget
        if is_retry and not budget.allows:
            return LATER
        if budget.down_since is not None:
            return budget.next_probe
        pace = self.own.get(route, self.pace)
        if pace is not None and (at := pace.next()) > now:
            return at
        return self.concurrency.room_at(now)

    def admitted(self, now: float, route: str, *, is_retry: bool = False) -> None:
        """Note that a request leaves."""
        self._sent.append(now)
        self.concurrency.admitted(now)
        self.budget.admitted(now, is_retry=is_retry)
        if self.pace is not None or self.own:
            self._paced(now, route)

    def _paced(self, now: float, route: str) -> None:
        pace = self.own.get(route, self.pace)
        if pace is None:
            return
        pace.admitted(now)
        if pace is self.pace:
            self._tally(route).sent += 1
        if now - pace.throttled_at > _FORGOTTEN_S:
            if pace is self.pace:
                self.pace = None
            else:
                del self.own[route]

    def answered(
        self,
        now: float,
        route: str,
        *,
        sent: float,
        latency_s: float,
        size: int = 0,
        is_retry: bool = False,
    ) -> None:
        """Note a response of a service that works, before its request has left.

        Args:
            now: The present time.
            route: The verb and path template.
            sent: When the request was admitted.
            latency_s: Seconds to the head of the response; infinite where that says
                nothing.
            size: Bytes of the response.
            is_retry: Whether it paid for being a retry.
        """
        self.last_success_at = now
        if now - self._marked_at >= 1.0:
            self._before = self._done if now - self._marked_at < 2.0 else 0  # noqa: PLR2004
            self._marked_at, self._done = now, 0
        self._done += 1
        if self.budget.answered(is_retry=is_retry):
            self.concurrency.restart(now)
        pace = self.own.get(route, self.pace)
        is_paced = False
        if pace is not None:
            pace.answered(now, sent)
            is_paced = pace.is_binding
            if pace.is_noise:
                self.concurrency.uncap()
        self.concurrency.answered(now, latency_s, size, is_paced=is_paced)

    def throttled(
        self, now: float, route: str, *, sent: float, retry_after: float | None
    ) -> None:
        """Note that a request was turned away, before it has left.

        Args:
            now: The present time.
            route: The verb and path template.
            sent: When the request was admitted.
            retry_after: Seconds that the server asks to wait, if it does.
        """
        if self.budget.heard():
            self.concurrency.restart(now)
        pace = self.own.get(route, self.pace)
        if (pace is None or not pace.is_noise) and self.concurrency.throttled(
            now, sent
        ):
            return
        if pace is None:
            first = max(self._recent(now), self.concurrency.in_flight)
            later = (each for each in self._sent if each >= sent)
            pace = self.pace = Pace(now, first, later)
            self._by_route.clear()
        elif pace is self.pace and sent > pace.begun_at:
            self._tally(route).throttled += 1
            if self._is_alone(route):
                pace = self._split(now, route, pace)
        pace.throttled(now, sent, retry_after)

    def failed(self, now: float, route: str, *, sent: float) -> None:
        """Note a failure that may pass: 5xx without a time to wait, or no response."""
        pace = self.own.get(route, self.pace)
        if pace is not None:
            pace.answered(now, sent)
        self.budget.failed(now, sent)

    def left(self, sent: float, *, is_retry: bool = False) -> None:
        """Note that a request which was admitted at some time is over, however."""
        self.concurrency.left()
        self.budget.left(sent, is_retry=is_retry)

    def _recent(self, now: float) -> float:
        """Return about how many responses came in the last second."""
        span_s = now - self._marked_at
        return self._done / max(span_s, 1.0) + self._before * max(0.0, 1.0 - span_s)

    def _tally(self, route: str) -> "_Tally":
        return self._by_route.setdefault(route, _Tally())

    def _is_alone(self, route: str) -> bool:
        """Tell whether a route is the only one that is throttled, and not by chance.

        If all had one limit, a route with a share `p` of the requests would get `k`
        throttles in a row with a chance of p**k.
        """
        mine = self._by_route[route]
        sent = sum(tally.sent for tally in self._by_route.values())
        others = sum(tally.throttled for tally in self._by_route.values())
        others -= mine.throttled
        if sent < _ENOUGH_SENT or others > _OTHERS * mine.throttled:
            return False
        share: float = (mine.sent / sent) ** mine.throttled
        return share < _CHANCE

    def _split(self, now: float, route: str, shared: Pace) -> Pace:
        """Give a route a pace of its own, and free the others."""
        mine = self._by_route[route]
        span_s = max(now - shared.begun_at, 1.0)
        own = Pace(now, (mine.sent - mine.throttled) / span_s, is_limit=True)
        self.own[route] = own
        self.pace = None
        self.concurrency.uncap()
        return own


class _Tally:
    """Of one route: how many were sent, and how many of them were throttled."""

    __slots__ = ("sent", "throttled")

    def __init__(self) -> None:
        self.sent = self.throttled = 0
