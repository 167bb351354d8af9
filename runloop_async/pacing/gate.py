"""The gate that every request passes: a queue, a timer, a future for each waiting call.

When a request may leave is `pacing.Governor`'s to decide. Calls leave in the order
in which they came; those that are sent again go before those that are new.
"""

import asyncio
import math
from collections import deque
from collections.abc import Iterable
from itertools import compress

from runloop_async.clock import Clock, Timer
from runloop_async.pacing import LATER, Concurrency, Governor
from runloop_async.pacing.limits import Permits
from runloop_async.pacing.permits import Supply

_PATIENCE_S = 15.0
"""In an outage of this length the calls that wait fail: as long as retries take."""
_LITTER = 64
"""So many calls that gave up may stay in the queue, or as many as still wait."""
_APART_S = 1e-8
_WAITS = 1024
"""Waits that are kept for the statistics."""

Turn = asyncio.Future[float | None]
"""What a call waits for: the time at which it leaves, None if it may not."""


class Gate:
    """Lets the requests of one lane leave, no sooner than they may."""

    __slots__ = (
        "_clock",
        "_deserted",
        "_lines",
        "_queue",
        "_routes",
        "_siblings",
        "_since",
        "_supply",
        "_timer",
        "_timer_at",
        "governor",
        "name",
        "stamp",
        "trouble",
        "waits",
    )

    def __init__(
        self,
        governor: Governor,
        clock: Clock,
        permits: Permits | None = None,
        *,
        name: str = "",
    ) -> None:
        """Make a gate.

        Args:
            governor: Decides when a request may leave.
            clock: Time.
            permits: What each request needs as well, if it does.
            name: What to call the lane.
        """
        self.name = name
        self.governor = governor
        self._clock = clock
        self._supply = None if permits is None else Supply(permits, clock, self)
        self._queue = deque[Turn]()
        # Beside it, as a tuple for each burdens the garbage collector.
        self._routes = deque[str]()
        self._since = deque[float]()
        self._lines = dict[tuple[str, bool], deque[Turn]]()
        self._deserted = 0  # which are still in the queue
        self._siblings: tuple[tuple[Concurrency, Gate], ...] = (
            (governor.concurrency, self),
        )
        self._timer: Timer | None = None
        self._timer_at = LATER
        self.stamp = -math.inf
        """When the last request left: no two have the same time, which tells them apart
        and keeps their order."""
        self.waits = deque[float](maxlen=_WAITS)
        """How long the last calls waited here, in seconds."""
        self.trouble: Exception | None = None
        """Why waits were last ended, where the gate itself did it."""

    @property
    def queued(self) -> int:
        """How many are in the queue, those included that have just given up."""
        return len(self._queue) + sum(map(len, self._lines.values()))

    def share_with(self, gates: "Iterable[Gate]") -> None:
        """Look at all gates of a client, this one included, when a request is over.

        They share the budget for retries, and may share connections.
        """
        self._siblings = tuple((gate.governor.concurrency, gate) for gate in gates)

    def enter(
        self, now: float, route: str, *, again: bool = False, is_retry: bool = False
    ) -> bool:
        """Let a request leave, if it may and nobody waits who comes before it.

        Args:
            now: The present time.
            route: Its verb and path template.
            again: Whether it was sent before, so that it passes those that are new.
            is_retry: Whether the retry budget pays for it.
        """
        if (self._queue and not again) or (
            self._lines and (route, is_retry) in self._lines
        ):
            return False
        if self._next(now, route, is_retry) > now:
            return False
        self._admit(now, route, is_retry)
        return True

    def join(self, route: str, *, again: bool = False, is_retry: bool = False) -> Turn:
        """Queue up for what `enter` refused; who stops waiting must `desert`."""
        turn: Turn = asyncio.get_running_loop().create_future()
        if again:
            self._line(route, is_retry=is_retry).append(turn)
        else:
            self._queue.append(turn)
            self._routes.append(route)
            self._since.append(self._clock.now())
        concurrency = self.governor.concurrency
        concurrency.waiting += 1
        if concurrency.waiting == 1 or self._lines:
            self.pump()
        return turn

    def desert(self, turn: Turn, *, is_retry: bool = False) -> None:
        """Give up a wait that was cut off."""
        if not turn.done():  # by whoever drives the call by hand
            turn.cancel()
        if turn.cancelled():
            self.governor.concurrency.waiting -= 1
            self._deserted += 1
            if self._deserted > max(_LITTER, self.governor.concurrency.waiting):
                self._sweep()
        elif (admitted := turn.result()) is not None:  # its time had just come
            self.leave(admitted, is_retry=is_retry)

    def leave(
        self, admitted: float, *, is_retry: bool = False, now: float | None = None
    ) -> None:
        """Note that a request is over, however; let the next leave."""
        self.governor.left(admitted, is_retry=is_retry)
        for concurrency, gate in self._siblings:
            if concurrency.waiting:
                gate.pump(now)

    def failed(self, now: float, route: str, sent: float, error: Exception) -> None:
        """Note a failure that may pass; in an outage, end waits that are in vain.

        Retries end at once, and each of the others after some time of its own.
        """
        self.governor.failed(now, route, sent=sent)
        since = self.governor.budget.down_since
        if since is None:
            return
        for _, gate in self._siblings:
            gate.release_retries()
            if now - since > _PATIENCE_S:
                gate.release_older(now - _PATIENCE_S, error)

    def release_retries(self) -> None:
        """End the waits of those that the retry budget is to pay for."""
        for key in [key for key in self._lines if key[1]]:
            self._dismiss(self._lines.pop(key))

    def release(self, trouble: Exception | None = None) -> None:
        """End all waits: with the time None, which says that nothing may be sent."""
        self.release_older(math.inf, trouble)

    def release_older(self, than: float, trouble: Exception | None) -> None:
        """End the waits that began before some time, and of all that were sent once."""
        self.trouble = trouble
        for line in self._lines.values():
            self._dismiss(line)
        self._lines.clear()
        old = deque[Turn]()
        while self._since and self._since[0] < than:
            old.append(self._queue[0])
            self._forget_first()
        self._dismiss(old)

    def _forget_first(self) -> None:
        del self._queue[0], self._routes[0], self._since[0]

    def close(self) -> None:
        """End all waits, and what would have ended them."""
        self.release()
        if self._timer is not None:
            self._timer.cancel()
            self._timer, self._timer_at = None, LATER
        if self._supply is not None:
            self._supply.stop()

    def pump(self, now: float | None = None) -> None:
        """Let leave who may, and see to it that this is called when others may.

        Args:
            now: The present time, for those who know it.
        """
        if now is None:
            now = self._clock.now()
        soon = LATER
        for key in [*self._lines] if self._lines else ():
            soon = min(soon, self._serve_line(now, *key))
        soon = min(soon, self._serve_queue(now)) if self._queue else soon
        if soon < LATER:
            self._wake(now, soon)

    def _next(self, now: float, route: str, is_retry: bool) -> float:
        at = self.governor.next(now, route, is_retry=is_retry)
        if at <= now and self._supply is not None:
            return self._supply.next()
        return at

    def _admit(self, now: float, route: str, is_retry: bool) -> None:
        if self._supply is not None:
            self._supply.left -= 1
        self.stamp = now if now > self.stamp else self.stamp + _APART_S
        self.governor.admitted(self.stamp, route, is_retry=is_retry)

    def _line(self, route: str, *, is_retry: bool = False) -> deque[Turn]:
        return self._lines.setdefault((route, is_retry), deque())

    def _call_up(self, turn: Turn, now: float, route: str, is_retry: bool) -> None:
        self.governor.concurrency.waiting -= 1
        self._admit(now, route, is_retry)
        turn.set_result(self.stamp)

    def _serve_line(self, now: float, route: str, is_retry: bool) -> float:
        """Serve those of one route who go before the queue; return when to go on."""
        line = self._lines[route, is_retry]
        while line:
            if not line[0].done():
                at = self._next(now, route, is_retry)
                if at > now:
                    return at
                self._call_up(line[0], now, route, is_retry)
            del line[0]
        del self._lines[route, is_retry]
        return LATER

    def _serve_queue(self, now: float) -> float:
        """Serve those who are new; return when to go on."""
        queue, soon = self._queue, LATER
        governor = self.governor
        concurrency = governor.concurrency
        while queue:
            if concurrency.in_flight >= concurrency.limit:
                return min(soon, concurrency.room_at(now))
            turn, route = queue[0], self._routes[0]
            if not turn.done():
                if (governor.own or governor.held) and governor.is_apart(route):
                    self._line(route).append(turn)  # those behind it need not wait
                    soon = min(soon, self._serve_line(now, route, is_retry=False))
                else:
                    at = self._next(now, route, False)
                    if at > now:
                        return min(soon, at)
                    self._call_up(turn, now, route, False)
            self._forget_first()
        return soon

    def _sweep(self) -> None:
        """Take those who gave up out of the queue."""
        left = [not turn.done() for turn in self._queue]
        self._queue = deque(compress(self._queue, left))
        self._routes = deque(compress(self._routes, left))
        self._since = deque(compress(self._since, left))
        for key, line in [*self._lines.items()]:
            self._lines[key] = deque(turn for turn in line if not turn.done())
            if not self._lines[key]:
                del self._lines[key]
        self._deserted = 0

    def _dismiss(self, line: deque[Turn]) -> None:
        for turn in line:
            if not turn.done():
                self.governor.concurrency.waiting -= 1
                turn.set_result(None)
        line.clear()

    def _wake(self, now: float, at: float) -> None:
        if at < self._timer_at:
            if self._timer is not None:
                self._timer.cancel()
            self._timer_at = at
            self._timer = self._clock.call_later(max(at - now, 0.0), self._ring)

    def _ring(self) -> None:
        self._timer, self._timer_at = None, LATER
        self.governor.ramp(self._clock.now())
        self.pump()
