"""Time and chance as protocols, so that tests can bring their own."""

from collections.abc import Callable
from typing import Protocol


class Timer(Protocol):
    """A callback that is scheduled."""

    def cancel(self) -> None:
        """Keep it from being called."""
        ...


class Clock(Protocol):
    """Time and chance."""

    def now(self) -> float:
        """Return monotonic seconds."""
        ...

    async def sleep(self, delay_s: float) -> None:
        """Wait for `delay_s` seconds."""
        ...

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Timer:
        """Call a function after `delay_s` seconds."""
        ...

    def random(self) -> float:
        """Return a number from 0 to 1."""
        ...
