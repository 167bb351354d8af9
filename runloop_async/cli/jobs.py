"""The jobs behind the commands."""

from runloop_async.cli import progress, summary
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
            return await _fetch(client, None, concurrency)


async def runs(benchmark_id: str, *, concurrency: int) -> bool:
    """Fetch all runs of a benchmark from the service.

    Returns:
        Whether all runs were fetched.
    """
    async with AsyncRunloop() as client:
        return await _fetch(client, benchmark_id, concurrency)


async def _fetch(
    client: AsyncRunloop, benchmark_id: str | None, concurrency: int
) -> bool:
    listed = (
        client.benchmark_runs.list()
        if benchmark_id is None
        else client.benchmark_runs.list(benchmark_id=benchmark_id)
    )
    ids = [run.id async for run in listed]
    with progress.shown(len(ids), "runs") as on_progress:
        result = await client.bulk(
            [client.benchmark_runs.retrieve(id) for id in ids],  # noqa: A001 - as above
            concurrency=concurrency,
            on_progress=on_progress,
        )
    print(summary.of_runs(result.values))
    print(summary.of_bulk(result, client.stats()))
    return not result.failures
