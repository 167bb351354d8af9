"""How many requests may be under way at once, for each workload on its own."""

import asyncio
from collections.abc import Mapping

from runloop_async.options import Limits
from runloop_async.wire.request import Workload


def lanes(limits: Limits) -> Mapping[Workload, asyncio.Semaphore]:
    """Return a bulkhead for each workload: first come first served, and no timeout.

    A long poll or a transfer takes no slot from a short call.
    """
    return {
        Workload.API: asyncio.Semaphore(limits.api),
        Workload.WAIT: asyncio.Semaphore(limits.wait),
        Workload.TRANSFER: asyncio.Semaphore(limits.transfer),
    }
