"""How many requests may be under way at once, for each workload on its own."""

import asyncio
from collections.abc import Mapping

from aiohttp import ClientSession

from runloop_async.options import Limits
from runloop_async.wire.request import Workload


class Lane:
    """A bulkhead for one workload: first come first served, and no timeout.

    A long poll or a transfer takes no slot from a short call.
    """

    def __init__(self, slots: int, pool: asyncio.Semaphore | None = None) -> None:
        """Make a lane.

        Args:
            slots: How many requests it lets through at once.
            pool: What all lanes share, where that is less than they would let through.
        """
        self._slots = asyncio.Semaphore(slots)
        self._pool = pool

    async def enter(self) -> None:
        """Wait for a slot, and take it."""
        await self._slots.acquire()
        if self._pool is None:
            return
        try:
            await self._pool.acquire()
        except BaseException:
            self._slots.release()
            raise

    def leave(self) -> None:
        """Give the slot back."""
        self._slots.release()
        if self._pool is not None:
            self._pool.release()


def lanes(
    limits: Limits, session: ClientSession | None = None
) -> Mapping[Workload, Lane]:
    """Return a lane for each workload.

    A caller's session may have fewer connections than the lanes have slots. Then all
    lanes share as many slots as there are connections, and long polls and transfers
    take a quarter each: waiting for a connection must count for no timeout, and short
    calls must not wait for long ones.
    """
    api, wait, transfer = limits.api, limits.wait, limits.transfer
    places = _places(session)
    if places is None or api + wait + transfer <= places:
        shared = None
    else:
        shared = asyncio.Semaphore(places)
        quarter = max(1, places // 4)
        wait, transfer = min(wait, quarter), min(transfer, quarter)
    return {
        Workload.API: Lane(api, shared),
        Workload.WAIT: Lane(wait, shared),
        Workload.TRANSFER: Lane(transfer, shared),
    }


def _places(session: ClientSession | None) -> int | None:
    """Return how many connections to one server a session may have, None for any."""
    if session is None or session.connector is None:
        return None
    bounds = (session.connector.limit, session.connector.limit_per_host)
    return min((bound for bound in bounds if bound), default=None)
