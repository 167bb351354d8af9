"""What the server allows, and a log of what came: limits, outages and failures."""

import math
import random
from collections import defaultdict
from typing import Any, Final

_TICK_S: Final = 0.1
_HEAD: Final = (
    b"HTTP/1.1 %d %s\r\nContent-Type: application/json\r\n%sContent-Length: 2\r\n\r\n{}"
)
OK, REFUSED, FAILED = 0, 1, 2


class Allowance:
    """Decides on each request, in seconds since the first one.

    The rules, all of which may be left out: `bucket` and `window` are lists of a time
    and the requests a second from then on; `at_once` is how many may be under way;
    `retry_after` is what refusals say; `down` are two times between which all fails;
    `failing` is the part of all requests that fails by chance.
    """

    def __init__(self) -> None:
        self.set({})

    def set(self, rules: dict[str, Any]) -> None:
        """Begin anew, with other rules."""
        self._rules = rules
        self._began: float | None = None
        self._tokens = math.inf
        self._at = 0.0
        self._window = (-1, 0)
        self._dice = random.Random(1)
        self._not_before = dict[bytes, float]()
        self._early = 0
        self._busy = 0
        self._ticks: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0, 0])

    def refusal(self, target: bytes, now: float) -> bytes | None:
        """Return the refusal of a request, or None if it is served, and then `left`."""
        if self._began is None:
            self._began = now
        at = now - self._began
        tick = self._ticks[int(at / _TICK_S)]
        if at < self._not_before.get(target, 0.0):
            self._early += 1
        begin, end = self._rules.get("down", (0, 0))
        if begin <= at < end or self._dice.random() < self._rules.get("failing", 0):
            tick[FAILED] += 1
            return _HEAD % (503, b"Service Unavailable", b"")
        if self._may_pass(at):
            tick[OK] += 1
            self._busy += 1
            return None
        tick[REFUSED] += 1
        wait_s = self._rules.get("retry_after")
        if wait_s is None:
            return _HEAD % (429, b"Too Many Requests", b"")
        self._not_before[target] = at + wait_s
        return _HEAD % (429, b"Too Many Requests", b"Retry-After: %d\r\n" % wait_s)

    def left(self) -> None:
        """Note that a request was served."""
        self._busy -= 1

    def log(self) -> dict[str, Any]:
        """Return what came: for each tenth of a second what was served and what not."""
        last = max(self._ticks, default=-1)
        ticks = [self._ticks[each] for each in range(last + 1)]
        return {"ticks": ticks, "early": self._early}

    def _may_pass(self, at: float) -> bool:
        rules = self._rules
        if self._busy >= rules.get("at_once", float("inf")):
            return False
        if "bucket" in rules:
            return self._bucket(at, _rate(rules["bucket"], at))
        if "window" in rules:
            return self._second(at + 0.3, _rate(rules["window"], at))
        return True

    def _bucket(self, at: float, rate: float) -> bool:
        """Allow a burst of a tenth of a second."""
        filled = self._tokens + (at - self._at) * rate
        self._tokens = min(rate / 10, filled)
        self._at = at
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def _second(self, at: float, rate: float) -> bool:
        """Allow so many in each second of a clock of its own."""
        second, count = self._window
        count = count + 1 if second == int(at) else 1
        self._window = int(at), count
        return count <= rate


def _rate(steps: list[tuple[float, float]], at: float) -> float:
    return [rate for begin, rate in steps if begin <= at][-1]
