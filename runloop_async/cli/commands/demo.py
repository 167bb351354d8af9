"""`demo`: fetches runs from an emulator, through faults."""

from collections.abc import Coroutine
from typing import Any

from runloop_async.cli.fetching import fetch
from runloop_async.client import AsyncRunloop
from runloop_async.testing import Emulator, delay, reset, status


def demo(
    *, run_count: int, concurrency: int, fault_share: float
) -> Coroutine[Any, Any, bool]:
    """Fetch runs from an emulator that spoils a share of the requests.

    The emulator is filled before the event loop runs, where an interrupt ends the
    program at once.

    Returns:
        Whether all runs were fetched.
    """
    api = Emulator()
    api.populate(runs=run_count)
    path = "/v1/benchmark_runs/*"
    for fault in (status(503), status(429, retry_after=0.5), reset(), delay(0.2)):
        api.faults.add(fault, path=path, share=fault_share / 4)
    return _fetched(api, run_count, concurrency)


async def _fetched(api: Emulator, run_count: int, concurrency: int) -> bool:
    async with api:
        print(f"{run_count} runs in an emulator of the API, {api.url}", flush=True)
        async with AsyncRunloop(bearer_token="demo", base_url=api.url) as client:  # noqa: S106 - the emulator takes any
            is_whole = await fetch(client, None, concurrency)
    print("`make tour` goes on: export, comparison of two runs, report")
    return is_whole
