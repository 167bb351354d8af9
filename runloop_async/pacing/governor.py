"""When the next request of a lane may leave, by all that its client knows.

`Governor` takes events with their times and combines three machines:
`Concurrency` of the lane, `RetryBudget` of the client, and a `Pace` for each limit on
the rate that was met. The first pace is shared by all routes that were throttled, and
holds no other back. A route that proves to be the only one gets its own. Times are
monotonic seconds.

What is learned may not decide the fate of a call. So requests are counted before
anything is learned from them, and counting cannot fail; an exception in the rest is
logged once, and from then on the lane keeps to a fixed number of requests at once.
"""

import logging
import math
from collections import deque
from typing import Final

from runloop_async.pacing.budget import RetryBudget
from runloop_async.pacing.concurrency import Concurrency
from runloop_async.pacing.pace import Pace

_log = logging.getLogger("runloop_async")

NOW: Final = -math.inf
"""A time to leave: at once."""
LATER: Final = math.inf
"""A time to leave: not before something else happens, such as a response."""
FREE: Final = ""
SHARED: Final = "*"
"""What binds a route, where it is not its own: nothing, the pace of many routes."""
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
_HOLD_MOST_S: Final = 600.0
"""Longest wait that a server may ask for, where nothing else is said."""
_YIELD_S: Final = 0.5
"""In an outage, how much later a long poll is the probe where a short call waits."""
_ROUTES: Final = 1024
"""Routes of which something is remembered: paths of a caller's own may be many."""


class Governor:
    """Decides for one lane of a client."""

    __slots__ = (
        "_before",
        "_by_route",
        "_done",
        "_hold_most_s",
        "_marked_at",
        "_sent",
        "_short_calls",
        "_succeeded",
        "_throttled",
        "budget",
        "concurrency",
        "held",
        "is_frozen",
        "last_success_at",
        "own",
        "pace",
    )

    def __init__(
        self,
        concurrency: Concurrency,
        budget: RetryBudget,
        *,
        short_calls: Concurrency | None = None,
        hold_most_s: float = _HOLD_MOST_S,
    ) -> None:
        """Begin.

        Args:
            concurrency: Of this lane.
            budget: Of the client.
            short_calls: The lane of short calls, if this is another: in an outage its
                calls are the better probes.
            hold_most_s: Longest wait that the server may ask for, in seconds. Calls
                that are told to wait longer fail at once, and so hold nothing up.
        """
        self.concurrency = concurrency
        self.budget = budget
        self._short_calls = short_calls
        self._hold_most_s = hold_most_s
        self.is_frozen = False
        """Whether nothing is learned any more, since that has failed."""
        self.pace: Pace | None = None
        """The rate of all routes without one of their own, once one was throttled."""
        self.own = dict[str, Pace]()
        """The rates of routes that have their own."""
        self.held = dict[str, float]()
        """Until when the routes wait on which the server has named a time."""
        self.last_success_at = -math.inf
        self._succeeded = dict[str, float]()  # when, by route
        self._throttled = set[str]()  # routes that share the pace
        self._by_route = dict[str, _Tally]()
        self._sent = deque[float](maxlen=_KEPT)
        self._done = self._before = 0
        self._marked_at = -math.inf

    def next(self, now: float, route: str, *, is_retry: bool = False) -> float:
        """Return when a request may leave: in the past for at once, or `LATER`."""
        if self.is_frozen or not (
            is_retry
            or self.pace is not None
            or self.own
            or self.held
            or self.budget.down_since is not None
        ):
            return self.concurrency.room_at(now)
        try:
            return self._learned(now, route, is_retry=is_retry)
        except Exception:  # noqa: BLE001 - it is logged
            self.freeze()
        return self.concurrency.room_at(now)

    def _learned(self, now: float, route: str, *, is_retry: bool) -> float:
        """Return when a request may leave by all that was learned."""
        budget = self.budget
        if is_retry and not budget.allows:
            return LATER
        if budget.down_since is not None and not self._is_over(now):
            short_calls = self._short_calls
            if short_calls is not None and short_calls.waiting:
                return max(budget.next_probe, now) + _YIELD_S
            return budget.next_probe
        if self.held and (until := self._held_until(now, route)) > now:
            return until
        pace = self._pace_of(route)
        if pace is not None and (at := pace.next()) > now:
            return at
        return self.concurrency.room_at(now)

    def _pace_of(self, route: str) -> Pace | None:
        """Return what bounds the rate of a route: nothing until it was throttled."""
        if route in self._throttled:
            return self.pace
        return self.own.get(route)

    def _is_over(self, now: float) -> bool:
        """Tell whether an outage is forgotten, since nothing was asked for long."""
        is_forgotten = self.budget.asked(now)
        if is_forgotten:
            self.concurrency.restart(now)
        return is_forgotten

    def _held_until(self, now: float, route: str) -> float:
        until = self.held.get(route, NOW)
        if until <= now:
            self.held.pop(route, None)
        return until

    def bound(self, route: str) -> str:
        """Return what a route waits for: `FREE`, `SHARED`, or the route for its own."""
        if route in self.own or route in self.held:
            return route
        return SHARED if route in self._throttled else FREE

    def succeeded_since(self, route: str, sent: float) -> bool:
        """Tell whether a request on a route succeeded after some time."""
        return self._succeeded.get(route, NOW) > sent

    def admitted(self, now: float, route: str, *, is_retry: bool = False) -> None:
        """Note that a request leaves."""
        self._sent.append(now)
        if is_retry or self.budget.down_since is not None:
            self.budget.admitted(now, is_retry=is_retry)
        try:
            self.concurrency.admitted(now)  # which counts before it tries for more
            if self.pace is not None or self.own:
                self._paced(now, route)
        except Exception:  # noqa: BLE001 - it is logged
            self.freeze()

    def ramp(self, now: float) -> None:
        """Let the bound on concurrency grow with time."""
        try:
            self.concurrency.ramp(now)
        except Exception:  # noqa: BLE001 - it is logged
            self.freeze()

    def rate(self, now: float) -> float | None:
        """Return the requests a second that are allowed; None where no limit binds."""
        try:
            pace = self.pace
            return pace.rate(now) if pace is not None and pace.is_binding else None
        except Exception:  # noqa: BLE001 - it is logged
            self.freeze()
            return None

    def _paced(self, now: float, route: str) -> None:
        own, pace = self.own.get(route), self.pace
        if own is not None:
            own.admitted(now)
            if now - own.throttled_at > _FORGOTTEN_S:
                del self.own[route]
        elif pace is not None:
            # Other requests count for the rate that is measured, and are not bound.
            pace.admitted(now, is_bound=route in self._throttled)
            self._tally(route).sent += 1
            if now - pace.throttled_at > _FORGOTTEN_S:
                self.pace = None
                self._throttled.clear()

    def answered(
        self,
        now: float,
        route: str,
        sent: float,
        latency_s: float,
        size: int = 0,
        *,
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
        self._succeeded[route] = now
        if len(self._succeeded) > _ROUTES:
            self._succeeded.clear()
        if self.is_frozen:
            return
        try:
            if now - self._marked_at >= 1.0:
                self._mark(now)
            self._done += 1
            if self.budget.is_touched and self.budget.answered(is_retry=is_retry):
                self.concurrency.restart(now)
            is_paced = (self.pace is not None or bool(self.own)) and self._answered(
                now, route, sent
            )
            self.concurrency.answered(now, latency_s, size, is_paced=is_paced)
        except Exception:  # noqa: BLE001 - it is logged
            self.freeze()

    def _mark(self, now: float) -> None:
        """Begin to count the responses of another second."""
        self._before = self._done if now - self._marked_at < 2.0 else 0  # noqa: PLR2004
        self._marked_at, self._done = now, 0

    def _answered(self, now: float, route: str, sent: float) -> bool:
        """Tell the pace of a response; return whether it binds the route."""
        pace = self.own.get(route, self.pace)
        if pace is None:
            return False
        pace.answered(now, sent)
        if pace.is_noise:
            self.concurrency.uncap()
        return pace.is_binding and pace is self._pace_of(route)

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
        if self.is_frozen:
            return
        try:
            self._refused(now, route, sent, retry_after)
        except Exception:  # noqa: BLE001 - it is logged
            self.freeze()

    def _refused(
        self, now: float, route: str, sent: float, retry_after: float | None
    ) -> None:
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
            self._throttled = {route}
        elif pace is self.pace and sent > pace.begun_at:
            if len(self._throttled) > _ROUTES:
                self._throttled.clear()
            self._throttled.add(route)
            self._tally(route).throttled += 1
            if self._is_alone(route):
                pace = self._split(now, route, pace)
        pace.throttled(now, sent)
        if retry_after is not None and retry_after <= self._hold_most_s:
            self._hold(now, route, pace, retry_after)

    def _hold(self, now: float, route: str, pace: Pace, asked_s: float) -> None:
        """Let a route wait as long as the server asks.

        The route may have a quota of its own, which says nothing about the others:
        they wait once they are refused as well.
        """
        if not pace.is_binding:
            return
        # Servers round up: whole seconds mean "within the last of them".
        until = now + (asked_s - 1 if asked_s == int(asked_s) else asked_s)
        if len(self.held) > _ROUTES:
            self.held = {each: at for each, at in self.held.items() if at > now}
        self.held[route] = max(until, self.held.get(route, NOW))
        pace.rest(until)

    def failed(self, now: float, route: str, *, sent: float) -> None:
        """Note a failure that may pass: 5xx without a time to wait, or no response."""
        if self.is_frozen:
            return
        try:
            pace = self.own.get(route, self.pace)
            if pace is not None:
                pace.answered(now, sent)
            self.budget.failed(now, sent)
        except Exception:  # noqa: BLE001 - it is logged
            self.freeze()

    def left(self, sent: float, *, is_retry: bool = False) -> None:
        """Note that a request which was admitted at some time is over, however."""
        self.concurrency.left()
        if self.budget.is_touched:
            self.budget.left(sent, is_retry=is_retry)

    def _recent(self, now: float) -> float:
        """Return about how many responses came in the last second."""
        span_s = now - self._marked_at
        return self._done / max(span_s, 1.0) + self._before * max(0.0, 1.0 - span_s)

    def _tally(self, route: str) -> "_Tally":
        if len(self._by_route) > _ROUTES:
            self._by_route.clear()
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
        self._throttled.clear()
        self.concurrency.uncap()
        return own

    def freeze(self) -> None:
        """Learn nothing more, after an exception in what learns, and go on.

        The number of requests at once stays as it is, and nothing else holds them up.
        """
        if not self.is_frozen:
            _log.exception(
                "pacing has failed: this lane goes on with fixed bounds. This is a bug "
                "of runloop_async; please report it"
            )
        self.is_frozen = True
        self.pace = None
        self._throttled.clear()
        self.own.clear()
        self.held.clear()
        self.budget.forget()
        self.concurrency.freeze()


class _Tally:
    """Of one route: how many were sent, and how many of them were throttled."""

    __slots__ = ("sent", "throttled")

    def __init__(self) -> None:
        self.sent = self.throttled = 0
