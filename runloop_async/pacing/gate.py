"""The gate that every request passes: lines of calls that wait, and a timer.

When a request may leave is `pacing.Governor`'s to decide. Calls wait in one queue, and
leave in the order in which they came. If the first call cannot leave because of its
route, it moves to a line for that route or rate, and the calls behind it go on. Calls
that are sent again have lines of their own, which are served before new calls.
"""

import asyncio
import logging
import math
from collections import deque
from collections.abc import Iterable
from heapq import heappop, heappush

from runloop_async.clock import Clock, Timer
from runloop_async.pacing import LATER, Concurrency, Governor
from runloop_async.pacing.governor import FREE
from runloop_async.pacing.limits import Permits
from runloop_async.pacing.line import Line, Place, Turn
from runloop_async.pacing.permits import Supply

_log = logging.getLogger("runloop_async")

_PATIENCE_S = 15.0
"""In an outage of this length the calls that wait fail: as long as retries take."""
_LITTER = 64
"""So many calls that gave up may stay in the queue, or as many as still wait."""
_APART_S = 1e-8
_WAITS = 1024
"""Waits that are kept for the statistics."""


class Gate:
    """Lets the requests of one lane leave, no sooner than they may."""

    __slots__ = (
        "_asleep",
        "_awake",
        "_clock",
        "_deserted",
        "_lines",
        "_queue",
        "_siblings",
        "_slow_s",
        "_slow_timer",
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
        slow_s: float | None = None,
    ) -> None:
        """Make a gate.

        Args:
            governor: Decides when a request may leave.
            clock: Time.
            permits: What each request needs as well, if it does.
            name: What to call the lane.
            slow_s: Seconds that a call may wait until the log says so, once.
        """
        self.name = name
        self.governor = governor
        self._clock = clock
        self._supply = None if permits is None else Supply(permits, clock, self)
        self._queue = Line()
        self._lines = dict[Place, Line]()  # none of them empty
        # Those that are not held until some time, and when the others wake up.
        self._awake = dict[Place, Line]()
        self._asleep = list[tuple[float, Place]]()
        self._deserted = 0  # which are still in the lines
        self._siblings: tuple[tuple[Concurrency, Gate], ...] = (
            (governor.concurrency, self),
        )
        self._timer: Timer | None = None
        self._timer_at = LATER
        self._slow_s = slow_s
        self._slow_timer: Timer | None = None
        self.stamp = -math.inf
        """When the last request left: no two have the same time, which tells them apart
        and keeps their order."""
        self.waits = deque[float](maxlen=_WAITS)
        """How long the last calls waited here, in seconds."""
        self.trouble: Exception | None = None
        """Why waits were last ended, where the gate itself did it."""

    @property
    def queued(self) -> int:
        """How many wait, those included that have just given up."""
        return sum(len(line.turns) for line in (self._queue, *self._lines.values()))

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
        if (self._queue.turns and not again) or (
            self._lines and self._place(route, again, is_retry) in self._lines
        ):
            return False
        if self._next(now, route, is_retry) > now:
            return False
        self._admit(now, route, is_retry)
        return True

    def join(self, route: str, *, again: bool = False, is_retry: bool = False) -> Turn:
        """Queue up for what `enter` refused; who stops waiting must `desert`."""
        turn: Turn = asyncio.get_running_loop().create_future()
        now = self._clock.now()
        line = self._queue
        if again:
            line = self._line(self._place(route, again, is_retry))
        line.append(turn, route, now)
        concurrency = self.governor.concurrency
        concurrency.waiting += 1
        if concurrency.waiting == 1 or len(line.turns) == 1:
            self.pump(now)
        if self._slow_s is not None and self._slow_timer is None:
            self._slow_timer = self._clock.call_later(self._slow_s, self._look)
        return turn

    def waited(self, now: float) -> float:
        """Return how long the call has waited that waits longest; 0 if none does."""
        lines = (self._queue, *self._lines.values())
        since = min(map(Line.oldest, lines))
        return now - since if since < math.inf else 0.0

    def _look(self) -> None:
        """Say once in the log that calls wait and wait for others to end."""
        self._slow_timer, slow_s = None, self._slow_s
        waited_s = self.waited(self._clock.now())
        if slow_s is None or not waited_s:
            return
        if waited_s < slow_s or not self._is_full:
            self._slow_timer = self._clock.call_later(slow_s, self._look)
            return
        self._slow_s = None
        concurrency = self.governor.concurrency
        _log.warning(
            "%d calls wait for one of %d slots of the lane %r, the first for %.0f s: "
            "all are taken, by what may not end without them; close what is not "
            "needed, or raise `limits`",
            concurrency.waiting,
            concurrency.limit,
            self.name,
            waited_s,
        )

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
        first: Gate | None = None
        for concurrency, gate in self._siblings:
            if concurrency.waiting:
                if first is not None:
                    self._pump_all(now)
                    return
                first = gate
        if first is not None:
            first.pump(now)

    def _pump_all(self, now: float | None) -> None:
        """Let the calls of all lanes leave that may.

        The lanes may share places. A place goes to the lane that has the fewest, so
        that thousands of short calls do not keep a download waiting.
        """
        waiting = [pair for pair in self._siblings if pair[0].waiting]
        for _, gate in sorted(waiting, key=_in_flight):
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
        for place in [place for place in self._lines if place.is_retry]:
            self._dismiss(place, math.inf)

    def release(self, trouble: Exception | None = None) -> None:
        """End all waits: with the time None, which says that nothing may be sent."""
        self.release_older(math.inf, trouble)

    def release_older(self, than: float, trouble: Exception | None) -> None:
        """End the waits that began before some time."""
        self.trouble = trouble
        for place in [*self._lines]:
            self._dismiss(place, than)
        self.governor.concurrency.waiting -= self._queue.dismiss(than)

    def _dismiss(self, place: Place, than: float) -> None:
        line = self._lines[place]
        self.governor.concurrency.waiting -= line.dismiss(than)
        if not line.turns:
            self._close_line(place)

    def close(self) -> None:
        """End all waits, and what would have ended them."""
        self.release()
        if self._timer is not None:
            self._timer.cancel()
            self._timer, self._timer_at = None, LATER
        if self._slow_timer is not None:
            self._slow_timer.cancel()
            self._slow_timer = None
        if self._supply is not None:
            self._supply.stop()

    def pump(self, now: float | None = None) -> None:
        """Let leave who may, and see to it that this is called when others may.

        Args:
            now: The present time, for those who know it.
        """
        if now is None:
            now = self._clock.now()
        lines_at = self._serve_lines(now) if self._lines else LATER
        soon = self._serve_queue(now)
        if lines_at < soon:  # noqa: PLR1730 - `min` takes longer
            soon = lines_at
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

    def _place(self, route: str, again: bool, is_retry: bool) -> Place:
        """Return where a call waits: behind others of its route that are held."""
        held = Place(route, again, is_retry)
        if held in self._lines:
            return held
        return Place(self.governor.bound(route), again, is_retry)

    def _line(self, place: Place) -> Line:
        line = self._lines.get(place)
        if line is None:
            line = self._lines[place] = self._awake[place] = Line()
        return line

    def _close_line(self, place: Place) -> None:
        del self._lines[place]
        self._awake.pop(place, None)

    def _call_up(self, line: Line, now: float, is_retry: bool) -> None:
        self.governor.concurrency.waiting -= 1
        line.since.popleft()
        self._admit(now, line.routes.popleft(), is_retry)
        line.turns.popleft().set_result(self.stamp)

    def _serve_lines(self, now: float) -> float:
        """Serve all but the queue; return when to go on.

        Calls that are sent again come first, then those that have waited longest.
        """
        is_frozen = self.governor.is_frozen  # then no route is held any more
        while self._asleep and (self._asleep[0][0] <= now or is_frozen):
            _, place = heappop(self._asleep)
            if place in self._lines:
                self._awake[place] = self._lines[place]
        soon = LATER
        for place in sorted(self._awake, key=self._rank):
            if self._is_full:
                break
            soon = min(soon, self._serve_line(now, place))
        if self._is_full:
            return self.governor.concurrency.room_at(now)
        return min(soon, self._asleep[0][0]) if self._asleep else soon

    @property
    def _is_full(self) -> bool:
        concurrency = self.governor.concurrency
        return concurrency.in_flight >= concurrency.limit

    def _rank(self, place: Place) -> tuple[bool, float]:
        return not place.again, self._awake[place].since[0]

    def _serve_line(self, now: float, place: Place) -> float:
        """Serve one line; return when to go on."""
        line, soon = self._lines[place], LATER
        while line.turns:
            route = line.routes[0]
            if line.turns[0].done():
                line.drop_first()
                continue
            at = self._next(now, route, place.is_retry)
            if at <= now:
                self._call_up(line, now, place.is_retry)
                continue
            bound = self.governor.bound(route)
            if bound == place.bound:
                return min(soon, self._sleep(now, at, place))
            # It now waits for something that the calls behind it do not wait for.
            line.move_first(self._line(place._replace(bound=bound)))
            soon = min(soon, at)
        self._close_line(place)
        return soon

    def _sleep(self, now: float, at: float, place: Place) -> float:
        """Leave a line alone while its route is held; return when to look at it."""
        until = self.governor.held.get(place.bound, now)
        if until <= now:
            return at
        self._awake.pop(place, None)
        heappush(self._asleep, (until, place))
        return until

    def _serve_queue(self, now: float) -> float:
        """Serve those who are new; return when to go on."""
        queue, soon = self._queue, LATER
        governor = self.governor
        concurrency = governor.concurrency
        while queue.turns:
            if concurrency.in_flight >= concurrency.limit:
                at = concurrency.room_at(now)
                return at if at < soon else soon  # noqa: FURB136 - likewise
            if queue.turns[0].done():
                queue.drop_first()
                continue
            route = queue.routes[0]
            place = self._place(route, False, False) if self._lines else None
            if place is None or place not in self._lines:
                at = self._next(now, route, False)
                if at <= now:
                    self._call_up(queue, now, False)
                    continue
                soon = min(soon, at)
                place = Place(governor.bound(route))
                if place.bound == FREE:  # so are all behind it
                    return soon
            queue.move_first(self._line(place))
        return soon

    def _sweep(self) -> None:
        """Take those who gave up out of the lines."""
        self._queue.sweep()
        for place, line in [*self._lines.items()]:
            line.sweep()
            if not line.turns:
                self._close_line(place)
        self._deserted = 0

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


def _in_flight(pair: tuple[Concurrency, Gate]) -> int:
    return pair[0].in_flight
