"""Let an agent work on every scenario of a benchmark: attempt.py BENCHMARK_ID.

Needs RUNLOOP_API_KEY. The agent of this example only reads the task; put yours in its
place.
"""

import asyncio
import sys

from runloop_async import AsyncRunloop, RunloopError
from runloop_async.resources.devboxes import Devbox


async def agent(box: Devbox, task: str) -> None:
    await box.write("/home/user/task.md", task)
    done = await box.exec("cat /home/user/task.md")
    print(done.exit_code, done.stdout)


async def attempt(client: AsyncRunloop, run_id: str, scenario_id: str) -> float | None:
    scenario = await client.scenarios.retrieve(scenario_id)
    attempt = await client.scenarios.start_run_and_await_env_ready(
        scenario_id=scenario_id, benchmark_run_id=run_id
    )
    try:
        box = client.devboxes.box(attempt.devbox_id)
        await agent(box, scenario.input_context.problem_statement)
        scored = await client.scenarios.runs.score_and_complete(attempt.id)
    except RunloopError:
        await client.scenarios.runs.cancel(attempt.id)
        raise
    result = scored.scoring_contract_result
    return None if result is None else result.score


async def main(benchmark_id: str) -> None:
    async with AsyncRunloop() as client:
        benchmark = await client.benchmarks.retrieve(benchmark_id)
        run = await client.benchmarks.start_run(benchmark_id=benchmark_id)
        async with asyncio.TaskGroup() as tasks:
            scores = [
                tasks.create_task(attempt(client, run.id, each))
                for each in benchmark.scenario_ids
            ]
        await client.benchmark_runs.complete(run.id)
        print("scores", [each.result() for each in scores])


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
