"""Timeouts of very many lengths."""

import asyncio
from collections.abc import Callable

import pytest

from runloop_async.annotations import override
from runloop_async.sending.alarms import Alarms
from runloop_async.sending.clock import SystemClock


class Counting(SystemClock):
    """Keeps the timers that it has made."""

    def __init__(self) -> None:
        self.timers = list[asyncio.TimerHandle]()

    @override
    def call_later(
        self, delay_s: float, callback: Callable[[], None]
    ) -> asyncio.TimerHandle:
        timer = super().call_later(delay_s, callback)
        self.timers.append(timer)
        return timer


async def test_lengths_that_are_not_in_use_any_more_leave_no_timer() -> None:
    clock = Counting()
    alarms = Alarms(clock)
    alarms.start(None).stop()  # which has no timer

    for number in range(1000):
        alarms.start(300 + number / 1000).stop()

    left = [each for each in clock.timers if not each.cancelled()]
    assert len(left) <= 64
    for each in left:
        each.cancel()


async def test_a_length_that_is_in_use_stays_where_there_are_many() -> None:
    alarms = Alarms(SystemClock())
    kept = alarms.start(0.01)
    for number in range(1000):
        alarms.start(300 + number / 1000).stop()

    with pytest.raises(asyncio.CancelledError):
        await asyncio.sleep(5)

    assert kept.stop()
