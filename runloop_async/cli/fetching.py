"""Fetching runs with a progress bar, for the commands."""

import shutil
import sys

from runloop_async.cli import progress, summary
from runloop_async.client import AsyncRunloop


async def fetch(
    client: AsyncRunloop, benchmark_id: str | None, concurrency: int
) -> bool:
    """Fetch runs, show how far it is, and print what came of it.

    Returns:
        Whether all runs were fetched.

    Raises:
        NotFoundError: There is no such benchmark.
    """
    listed = (
        client.benchmark_runs.list()
        if benchmark_id is None
        else client.benchmark_runs.list(benchmark_id=benchmark_id)
    )
    ids = [run.id async for run in listed]
    if not ids and benchmark_id is not None:  # the list of one that is not there
        await client.benchmarks.retrieve(benchmark_id)
    with progress.shown(len(ids), "runs") as on_progress:
        result = await client.bulk(
            [client.benchmark_runs.retrieve(id) for id in ids],  # noqa: A001 - as above
            concurrency=concurrency,
            on_progress=on_progress,
        )
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    print(summary.of_runs(result.values, width))
    print(summary.of_bulk(result))
    return not result.failures
