"""Fetch every run of a benchmark and print the mean score: bulk_scores.py BENCHMARK_ID.

Needs RUNLOOP_API_KEY.
"""

import asyncio
import sys
from statistics import fmean

from runloop_async import AsyncRunloop


async def main(benchmark_id: str) -> None:
    async with AsyncRunloop() as client:
        listed = client.benchmark_runs.list(benchmark_id=benchmark_id)
        ids = [run.id async for run in listed]

        result = await client.bulk(client.benchmark_runs.retrieve(i) for i in ids)
        if result.failures:  # try those again, and keep the others
            result = await result.retry_failed()

    scores = [run.score for run in result.values if run.score is not None]
    print(f"{len(scores)} of {len(ids)} runs have a score")
    if scores:
        print(f"mean {fmean(scores):.3f}")


asyncio.run(main(sys.argv[1]))
