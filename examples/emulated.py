"""Test your own code against the emulator, with faults: no key, no network."""

import asyncio

from runloop_async import AsyncRunloop
from runloop_async.testing import Emulator, status


async def mean_duration(client: AsyncRunloop) -> float:
    """Stand in for code of yours."""
    durations = [
        run.duration_ms
        async for run in client.benchmark_runs.list(state="completed")
        if run.duration_ms is not None
    ]
    return sum(durations) / len(durations)


async def main() -> None:
    async with Emulator() as api:
        api.populate(runs=50)
        api.faults.add(status(503), path="/v1/benchmark_runs", times=2)
        async with AsyncRunloop(bearer_token="any", base_url=api.url) as client:
            print(f"{await mean_duration(client):.0f} ms")
            print(f"{client.stats().retries} retries")


asyncio.run(main())
