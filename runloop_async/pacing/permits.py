"""Permits to send: those of a fixed rate, and a stock of those that a caller gives."""

import asyncio
import inspect
import math
from collections.abc import Awaitable
from typing import Final, Protocol

from runloop_async.clock import Clock
from runloop_async.errors import PermitsError
from runloop_async.pacing.governor import LATER, NOW
from runloop_async.pacing.limits import Permits
from runloop_async.values import plain_int, plain_number

_SLACK_S: Final = 0.025
"""How much lateness of a timer is made up for."""
_TRIES: Final = 6
_PAUSE_S: Final = 0.1
"""A reservation that fails is tried so often, with pauses that double: for some three
seconds in all, which a restart of a counter takes."""


class LocalPermits:
    """So many permits a second, one at a time."""

    block = 1

    def __init__(self, rate: float, clock: Clock) -> None:
        """Make `rate` permits a second."""
        self._interval_s = 1 / rate
        self._clock = clock
        self._next = -math.inf

    async def reserve(self, n: int, /) -> float:
        """Reserve `n` permits; return the seconds until they are valid."""
        now = self._clock.now()
        at = max(self._next, now - _SLACK_S)
        self._next = at + n * self._interval_s
        return at - now


class Customers(Protocol):
    """A gate whose calls wait for permits."""

    def pump(self) -> None:
        """Admit the calls that may leave."""
        ...

    def release(self, trouble: Exception, /) -> None:
        """End all waits with an error."""
        ...


class Supply:
    """Permits in stock: reserves a block when the last one is used up."""

    __slots__ = (
        "_clock",
        "_customers",
        "_is_reserving",
        "_is_stopped",
        "_permits",
        "_task",
        "left",
    )

    def __init__(self, permits: Permits, clock: Clock, customers: Customers) -> None:
        self._permits = permits
        self._clock = clock
        self._customers = customers
        self._is_reserving = self._is_stopped = False
        self._task: asyncio.Task[None] | None = None
        self.left = 0
        """Permits that are valid and not used."""

    def next(self) -> float:
        """Return `NOW` if there is a permit, else `LATER`: the gate is pumped then."""
        if self.left > 0:
            return NOW
        if not self._is_reserving:
            self._is_reserving = True
            # With an eager task factory it may end before there is a task to keep.
            self._task = asyncio.get_running_loop().create_task(self._reserve())
        return LATER

    def stop(self) -> None:
        """Cancel a reservation."""
        self._is_stopped = True
        if self._task is not None:
            self._task.cancel()

    async def _reserve(self) -> None:
        try:
            self.left = await self._reserved()
        except PermitsError as error:
            self._customers.release(error)
        except BaseException as error:
            if not self._is_stopped:  # else all waits have ended
                self._customers.release(PermitsError(f"`reserve` failed: {error!r}"))
            raise
        finally:
            self._is_reserving = False
            # Not at once: this may be a part of the `pump` that asked for permits.
            asyncio.get_running_loop().call_soon(self._customers.pump)

    async def _reserved(self) -> int:
        """Reserve a block, wait until it is valid, and return its size.

        Raises:
            PermitsError: The permits are unusable, or fail again and again.
        """
        failure: BaseException | None = None
        for number in range(_TRIES):
            if number:
                await self._clock.sleep(_PAUSE_S * 2.0 ** (number - 1))
            try:
                block = _checked_block(self._permits.block)
                delay_s = await _checked_reservation(self._permits.reserve(block))
                if (seconds := _checked_delay(delay_s)) > 0:
                    await self._clock.sleep(seconds)
            except PermitsError:
                raise
            except (Exception, asyncio.CancelledError) as error:
                if self._is_stopped:
                    raise
                failure = error
            else:
                return block
        raise PermitsError(
            f"no permits could be reserved in {_TRIES} tries: {failure!r}"
        ) from failure


def _checked_block(block: object) -> int:
    size = plain_int(block)
    if size is None or size < 1:
        raise PermitsError(
            "`block` of the permits must be a whole number of at least 1, "
            f"not {block!r}"
        )
    return size


def _checked_reservation(reserving: object) -> Awaitable[object]:
    if not inspect.isawaitable(reserving):
        raise PermitsError("`reserve` of the permits must be `async def`")
    return reserving


def _checked_delay(delay_s: object) -> float:
    seconds = plain_number(delay_s)
    if seconds is None or not seconds < math.inf:
        raise PermitsError(
            f"`reserve` of the permits must return a number of seconds, not {delay_s!r}"
        )
    return seconds
