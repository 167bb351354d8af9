"""`runs`: fetches the runs of a benchmark."""

from runloop_async.cli.fetching import fetch
from runloop_async.client import AsyncRunloop


async def runs(benchmark_id: str, *, concurrency: int) -> bool:
    """Fetch all runs of a benchmark from the service.

    Returns:
        Whether all runs were fetched.
    """
    async with AsyncRunloop() as client:
        return await fetch(client, benchmark_id, concurrency)
