"""Compare the two latest runs of a benchmark: compare_runs.py BENCHMARK_ID [REPORT].

Needs RUNLOOP_API_KEY, and pip install "runloop-async[report]". The exit status is 1 if
the later run is worse by more than chance, so that a pipeline can stop there.
"""

import asyncio
import sys

from runloop_async import AsyncRunloop, evals


async def main(benchmark_id: str, report: str | None = None) -> int:
    async with AsyncRunloop() as client:
        listed = client.benchmark_runs.list(benchmark_id=benchmark_id)
        runs = [run.id async for run in listed if run.state == "completed"]
        if not runs[1:]:
            print(f"{len(runs)} completed runs: there is nothing to compare")
            return 0
        later, earlier = [
            [row async for row in evals.scenarios(client, run_ids=[run_id])]
            for run_id in runs[:2]  # the list has the newest first
        ]

    found = evals.compare(earlier, later)
    print(found)
    if report is not None:
        evals.write_report(report, later, baseline=earlier, by="run_id")
    return int(found.is_significant and found.delta < 0)


sys.exit(asyncio.run(main(*sys.argv[1:])))
