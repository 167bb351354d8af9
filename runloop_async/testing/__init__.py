"""An emulator of the Runloop API for tests and demos.

    from runloop_async.testing import Emulator, status

    async with Emulator() as api:
        ids = api.populate(runs=1000)
        api.faults.add(status(503), share=0.05)
        ...  # any client, with `api.url` as its base URL

With pytest the fixture `runloop_emulator` is a started one.
"""

from runloop_async.testing.commands import CommandResult, Commands
from runloop_async.testing.emulator import Emulator
from runloop_async.testing.faultbox import ActiveFault, Faults
from runloop_async.testing.faults import (
    bad_json,
    concurrency_limit,
    cut_body,
    delay,
    drip,
    rate_limit,
    reset,
    status,
    wrong_type,
)
from runloop_async.testing.stats import Received, Stats
from runloop_async.testing.world import Phases

__all__ = [
    "ActiveFault",
    "CommandResult",
    "Commands",
    "Emulator",
    "Faults",
    "Phases",
    "Received",
    "Stats",
    "bad_json",
    "concurrency_limit",
    "cut_body",
    "delay",
    "drip",
    "rate_limit",
    "reset",
    "status",
    "wrong_type",
]
