"""Timeouts for very many attempts at once, with one timer of the event loop per length.

`asyncio.timeout` starts and cancels a timer each time. Here timeouts of one length are
kept in the order in which they began, which is the order in which they end, so that one
timer for the first of them will do. Closing a client rings all of them at once.
"""

import asyncio
import math
from typing import Any, Final

from runloop_async.clock import Clock, Timer

_GRAIN_S: Final = 0.001
"""Event loops fire timers early by up to their grain."""


class Alarm:
    """What interrupts one task, unless it is stopped before."""

    __slots__ = ("_bell", "_pending", "at_s", "rang", "task")

    def __init__(self, task: "asyncio.Task[Any]", at_s: float, bell: "_Bell") -> None:
        self.task = task
        """What it interrupts."""
        self._pending = task.cancelling()
        self._bell = bell
        self.at_s = at_s
        """When it rings, in seconds of the clock."""
        self.rang = False
        """Whether it has interrupted its task."""

    def ring(self) -> None:
        """Cancel the task."""
        self.rang = True
        self.task.cancel()

    def left_s(self) -> float:
        """Return the seconds until it rings."""
        return self.at_s - self._bell.clock.now()

    def stop(self) -> bool:
        """Leave the task alone; tell whether a cancellation came from here alone.

        As with `asyncio.timeout`, a task that something else has cancelled as well is
        cancelled.
        """
        self._bell.alarms.pop(self, None)
        return self.rang and self.task.uncancel() <= self._pending


class Alarms:
    """The alarms of one event loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._bells = dict[float, _Bell]()

    def start(self, delay_s: float | None) -> Alarm:
        """Interrupt the current task after a delay, None for only when all ring."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("calls need a task: await them in a coroutine")
        key = math.inf if delay_s is None else delay_s
        bell = self._bells.get(key)
        if bell is None:
            bell = self._bells[key] = _Bell(self._clock, key, self._bells)
        return bell.start(task)

    def ring_all(self) -> None:
        """Interrupt every task, but for the current one."""
        for bell in [*self._bells.values()]:
            bell.ring_all()


class _Bell:
    """Alarms of one length, in the order in which they ring."""

    def __init__(
        self, clock: Clock, delay_s: float, bells: "dict[float, _Bell]"
    ) -> None:
        self.alarms = dict[Alarm, None]()
        self.clock = clock
        self._delay_s = delay_s
        self._bells = bells
        self._timer: Timer | None = None

    def start(self, task: "asyncio.Task[Any]") -> Alarm:
        at_s = self.clock.now() + self._delay_s
        alarm = Alarm(task, at_s, self)
        self.alarms[alarm] = None
        if self._timer is None and at_s < math.inf:
            self._timer = self.clock.call_later(self._delay_s, self._ring)
        return alarm

    def ring_all(self) -> None:
        current = asyncio.current_task()
        for alarm in [*self.alarms]:
            if alarm.task is not current:
                del self.alarms[alarm]
                alarm.ring()

    def _ring(self) -> None:
        now_s = self.clock.now() + _GRAIN_S
        while self.alarms:
            alarm = next(iter(self.alarms))
            if alarm.at_s > now_s:
                left_s = alarm.at_s - now_s + _GRAIN_S
                self._timer = self.clock.call_later(left_s, self._ring)
                return
            del self.alarms[alarm]
            alarm.ring()
        # Lengths that are odd, as what is left of a deadline is, come only once.
        self._timer = None
        self._bells.pop(self._delay_s, None)
