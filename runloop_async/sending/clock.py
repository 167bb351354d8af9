"""Time and chance, as this machine has them."""

import asyncio
import time
from collections.abc import Callable
from random import SystemRandom
from typing import Final

_DICE: Final = SystemRandom()


class SystemClock:
    """The time and chance of this machine."""

    now = staticmethod(time.monotonic)
    """Return monotonic seconds."""

    async def sleep(self, delay_s: float) -> None:
        """Wait."""
        await asyncio.sleep(delay_s)

    def call_later(
        self, delay_s: float, callback: Callable[[], None]
    ) -> asyncio.TimerHandle:
        """Call a function after some time, in the running event loop."""
        return asyncio.get_running_loop().call_later(delay_s, callback)

    def random(self) -> float:
        """Return a number from 0 to 1, which no fork repeats."""
        return _DICE.random()
