"""Timeouts for very many attempts at once, with one timer of the event loop per length.

`asyncio.timeout` starts and cancels a timer each time. Here timeouts of one length are
kept in the order in which they began, which is the order in which they end, so that one
timer for the first of them will do. Closing a client rings all of them at once.
"""

import asyncio
import math
from typing import Any, Final

import msgspec

from runloop_async.clock import Clock, Timer

_BELLS: Final = 64
"""From so many lengths on, those that are not in use are looked for."""
_GRAIN_S: Final = 0.001
"""Event loops fire timers early by up to their grain."""


class Alarm(msgspec.Struct, eq=False):
    """What interrupts one task, unless it is stopped before."""

    task: "asyncio.Task[Any]"
    """What it interrupts."""
    at_s: float
    """When it rings, in seconds of the clock."""
    bell: "_Bell"
    """The others of its length."""
    pending: int
    """Cancellations of the task that came before."""
    rang: bool = False
    """Whether it has interrupted its task."""

    def ring(self) -> None:
        """Cancel the task."""
        self.rang = True
        self.task.cancel()

    def left_s(self) -> float:
        """Return the seconds until it rings."""
        return self.at_s - self.bell.clock.now()

    def stop(self) -> bool:
        """Leave the task alone; tell whether a cancellation came from here alone.

        As with `asyncio.timeout`, a task that something else has cancelled as well is
        cancelled.
        """
        self.bell.alarms.pop(self, None)
        return self.rang and self.task.uncancel() <= self.pending


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
            if len(self._bells) >= _BELLS:
                self._sweep()
            bell = self._bells[key] = _Bell(self._clock, key, self._bells)
        alarm = Alarm(task, self._clock.now() + key, bell, task.cancelling())
        bell.alarms[alarm] = None
        if bell.is_silent:
            bell.wind()
        return alarm

    def _sweep(self) -> None:
        """Do away with the bells that have no alarm: their lengths may be odd."""
        for key, bell in [*self._bells.items()]:
            if not bell.alarms:
                del self._bells[key]
                bell.stop()

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
        self.is_silent = delay_s < math.inf
        """Whether it needs a timer to ring, and has none."""

    def stop(self) -> None:
        """Do without the timer."""
        if self._timer is not None:
            self._timer.cancel()

    def wind(self) -> None:
        """Have it ring when the first alarm is due."""
        self._timer = self.clock.call_later(self._delay_s, self._ring)
        self.is_silent = False

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
        self._timer, self.is_silent = None, True
        self._bells.pop(self._delay_s, None)
