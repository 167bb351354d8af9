"""Start a benchmark run, score its scenarios, and wait: follow_runs.py BENCHMARK_ID.

Needs RUNLOOP_API_KEY.
"""

import asyncio
import sys

from runloop_async import AsyncRunloop, PollingConfig, PollingTimeout


async def main(benchmark_id: str) -> None:
    polling = PollingConfig(interval_seconds=0.5, timeout_seconds=600)
    async with AsyncRunloop() as client:
        benchmark = await client.benchmarks.retrieve(benchmark_id)
        run = await client.benchmarks.start_run(
            benchmark_id=benchmark_id,
            run_name="example",
            run_profile={"env_vars": {"MODEL": "mine"}},
        )
        attempts = await asyncio.gather(
            *(
                client.scenarios.start_run(scenario_id=each, benchmark_run_id=run.id)
                for each in benchmark.scenario_ids
            )
        )
        # An agent would now work on the devbox of each attempt.
        scored = await client.bulk(
            client.scenarios.runs.score_and_complete(each.id, polling_config=polling)
            for each in attempts
        )
        for call, error in scored.failures:
            print(f"not scored: {call}: {error}")
        await client.benchmark_runs.complete(run.id)
        try:
            done = await client.benchmark_runs.wait(run.id, polling_config=polling)
        except PollingTimeout as error:
            print(f"still not done: {error.last_value}")
        else:
            print(f"{done.name}: {done.state}, score {done.score}")


asyncio.run(main(sys.argv[1]))
