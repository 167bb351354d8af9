"""`demo`: fetches runs from an emulator, through faults."""

from runloop_async.cli.fetching import fetch
from runloop_async.client import AsyncRunloop
from runloop_async.testing import Emulator, delay, reset, status


async def demo(*, run_count: int, concurrency: int, fault_share: float) -> bool:
    """Fetch runs from an emulator that spoils a share of the requests.

    Returns:
        Whether all runs were fetched.
    """
    async with Emulator() as api:
        api.populate(runs=run_count)
        print(f"an emulator of the Runloop API is at {api.url}, with {run_count} runs")
        path = "/v1/benchmark_runs/*"
        for fault in (status(503), status(429, retry_after=0.5), reset(), delay(0.2)):
            api.faults.add(fault, path=path, share=fault_share / 4)
        async with AsyncRunloop(bearer_token="demo", base_url=api.url) as client:  # noqa: S106 - the emulator takes any
            return await fetch(client, None, concurrency)
