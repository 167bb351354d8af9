"""Calls that wait for the same thing, the oldest first."""

import asyncio
import math
from bisect import bisect_right
from collections import deque
from itertools import compress
from typing import NamedTuple

Turn = asyncio.Future[float | None]
"""What a call waits for: the time at which it leaves, None if it may not."""


class Place(NamedTuple):
    """Where a call waits: what binds it, and whom it passes."""

    bound: str
    """What its route has to wait for, as `Governor.bound` names it."""
    again: bool = False
    is_retry: bool = False


class Line:
    """Calls that wait, each with its route and the time since which it waits."""

    # Three queues, as a tuple for each call burdens the garbage collector.
    __slots__ = ("routes", "since", "turns")

    def __init__(self) -> None:
        self.turns = deque[Turn]()
        self.routes = deque[str]()
        self.since = deque[float]()

    def append(self, turn: Turn, route: str, since: float) -> None:
        """Let a call wait behind the others."""
        self.turns.append(turn)
        self.routes.append(route)
        self.since.append(since)

    def oldest(self) -> float:
        """Return since when the first call waits that still does; else infinity."""
        waiting = (not turn.done() for turn in self.turns)
        return next(compress(self.since, waiting), math.inf)

    def drop_first(self) -> None:
        """Forget the first call."""
        del self.turns[0], self.routes[0], self.since[0]

    def move_first(self, to: "Line") -> None:
        """Move the first call to another line, which stays sorted by age."""
        since = self.since.popleft()
        place = len(to.since)
        if place and since < to.since[-1]:  # it was held, and others were not
            place = bisect_right(to.since, since)
        to.since.insert(place, since)
        to.turns.insert(place, self.turns.popleft())
        to.routes.insert(place, self.routes.popleft())

    def sweep(self) -> None:
        """Forget those who gave up."""
        left = [not turn.done() for turn in self.turns]
        self.turns = deque(compress(self.turns, left))
        self.routes = deque(compress(self.routes, left))
        self.since = deque(compress(self.since, left))

    def dismiss(self, older_than: float) -> int:
        """End the waits that began before some time; return how many there were."""
        dismissed = 0
        while self.turns and self.since[0] < older_than:
            if not self.turns[0].done():
                self.turns[0].set_result(None)
                dismissed += 1
            self.drop_first()
        return dismissed
