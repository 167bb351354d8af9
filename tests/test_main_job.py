"""The main job, end to end: many runs, on few connections, through all floors."""

import asyncio

import pytest

from runloop_async import AsyncRunloop, Limits
from runloop_async.testing import Emulator, cut_body, rate_limit, reset, status


async def test_two_thousand_runs_in_one_gather_on_the_limit_of_connections(
    runloop_emulator: Emulator,
) -> None:
    asyncio.get_running_loop().set_debug(False)  # which would take half of the time
    ids = runloop_emulator.populate(runs=2000)
    async with AsyncRunloop(
        bearer_token="any",
        base_url=runloop_emulator.url,
        limits=Limits(api=50),
        timeout=None,  # on a busy machine, an attempt takes what it takes
    ) as client:
        runs = await asyncio.gather(*(client.benchmark_runs.retrieve(i) for i in ids))
        legacy = await asyncio.gather(
            *(client.benchmarks.runs.retrieve(i) for i in ids)
        )

    assert [run.id for run in runs] == ids
    assert runs == legacy
    assert runloop_emulator.stats.most_open_connections <= 50


@pytest.mark.parametrize("window", [None, 1.0], ids=["bucket", "window"])
async def test_a_gather_does_not_storm_a_service_that_throttles(
    runloop_emulator: Emulator, window: float | None
) -> None:
    ids = runloop_emulator.populate(runs=900)
    runloop_emulator.faults.add(rate_limit(300, window=window))
    async with AsyncRunloop(
        bearer_token="any", base_url=runloop_emulator.url, timeout=None
    ) as client:
        runs = await asyncio.gather(*(client.benchmark_runs.retrieve(i) for i in ids))

    assert [run.id for run in runs] == ids
    assert runloop_emulator.stats.by_status[200] == 900
    # Each task alone would have five of six attempts refused. These are of the start:
    # server and client share a loop here, so that it looks slow, and gets many at once.
    assert runloop_emulator.stats.by_status[429] <= 450


async def test_a_task_group_takes_a_call_as_a_coroutine(
    runloop_emulator: Emulator, runloop_client: AsyncRunloop
) -> None:
    (run_id,) = runloop_emulator.populate(runs=1)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(runloop_client.benchmark_runs.retrieve(run_id))

    assert task.result().id == run_id


async def test_a_bulk_loses_nothing_to_a_tenth_of_faults(
    runloop_emulator: Emulator, runloop_client: AsyncRunloop
) -> None:
    ids = runloop_emulator.populate(runs=300)
    for fault in (status(503), reset(), cut_body(), status(429, retry_after=0.01)):
        runloop_emulator.faults.add(fault, path="/v1/benchmark_runs/*", share=0.025)

    result = await runloop_client.bulk(
        runloop_client.benchmark_runs.retrieve(i) for i in ids
    )

    assert [run.id for run in result.values] == ids
    assert runloop_client.stats().retries > 0


async def test_an_old_server_is_read_to_the_last_field(
    runloop_emulator: Emulator, runloop_client: AsyncRunloop
) -> None:
    (run_id,) = runloop_emulator.populate(runs=1)
    old = runloop_client.with_options(default_headers={"x-emulator-old-shape": "true"})

    run = await old.benchmarks.runs.retrieve(run_id)

    assert run.pending_scenarios is not None
    assert run.scenario_runs is not None
    assert all(each.scoring_result.score >= 0 for each in run.scenario_runs)
