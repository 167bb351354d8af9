"""What a user writes, for the type checkers: public signatures, and what must fail."""

import asyncio
from collections.abc import Sequence
from typing import assert_type

from runloop_async import AsyncRunloop, BulkResult, Page, RawResponse, from_dict
from runloop_async.annotations import JsonObject
from runloop_async.models.accounts import AccountView
from runloop_async.models.benchmark_jobs import BenchmarkJobView
from runloop_async.models.benchmark_runs import BenchmarkRunView
from runloop_async.models.benchmarks.benchmarks import BenchmarkView
from runloop_async.models.launch import FileMount
from runloop_async.models.scenarios.runs import ScenarioRunView
from runloop_async.models.scenarios.scenarios import ScenarioView


async def ten_calls(client: AsyncRunloop, ids: list[str]) -> None:
    assert_type(await client.accounts.me(), AccountView)
    assert_type(await client.benchmarks.create(name="x"), BenchmarkView)
    assert_type(await client.benchmark_runs.retrieve("bmr_1"), BenchmarkRunView)
    assert_type(await client.benchmark_runs.retrieve(id="bmr_1"), BenchmarkRunView)
    assert_type(await client.benchmarks.runs.retrieve("bmr_1"), BenchmarkRunView)
    assert_type(await client.benchmark_jobs.retrieve("bmj_1"), BenchmarkJobView)
    assert_type(await client.benchmark_runs.list(limit=5), Page[BenchmarkRunView])
    assert_type(await client.benchmark_runs.wait_many(ids), Sequence[BenchmarkRunView])
    assert_type(
        await client.benchmark_runs.retrieve_many(ids), BulkResult[BenchmarkRunView]
    )
    assert_type(
        await client.benchmark_runs.retrieve("bmr_1").raw(),
        RawResponse[BenchmarkRunView],
    )
    assert_type(await client.benchmark_runs.download_logs("bmr_1"), bytes)
    assert_type(await client.scenarios.runs.score_and_await("srn_1"), ScenarioRunView)
    async for scenario in client.scenarios.list(name="x"):
        assert_type(scenario, ScenarioView)


async def many_calls(client: AsyncRunloop, ids: list[str]) -> None:
    runs = await asyncio.gather(*(client.benchmark_runs.retrieve(i) for i in ids))
    assert_type(runs, list[BenchmarkRunView])
    result = await client.bulk(client.benchmark_runs.retrieve(i) for i in ids)
    assert_type(result, BulkResult[BenchmarkRunView])
    async with asyncio.TaskGroup() as group:
        task = group.create_task(client.benchmark_runs.retrieve("bmr_1"))
    assert_type(task.result(), BenchmarkRunView)


async def whole_lists_and_flows(client: AsyncRunloop, ids: list[str]) -> None:
    assert_type(await client.benchmark_runs.list().all(), list[BenchmarkRunView])
    runs = client.benchmark_runs
    result = await client.bulk(runs.list_scenario_runs(i).all() for i in ids)
    assert_type(result, BulkResult[list[ScenarioRunView]])
    wait = runs.wait("bmr_1").with_options(timeout=3, deadline=60)
    assert_type(await wait, BenchmarkRunView)
    both = await asyncio.gather(wait, client.accounts.me())
    assert_type(both, tuple[BenchmarkRunView, AccountView])
    async for page in runs.list().iter_pages():
        assert_type(page, Page[BenchmarkRunView])
        assert_type(page.runs, list[BenchmarkRunView])
    async with client.devboxes.logs.tail("dbx_1") as lines:
        async for line in lines:
            assert_type(line, JsonObject)
    assert_type(from_dict(BenchmarkRunView, {}), BenchmarkRunView)


async def dicts_and_models(client: AsyncRunloop) -> None:
    await client.benchmarks.start_run(
        benchmark_id="bmd_1",
        run_profile={
            "env_vars": {"A": "1"},
            "launch_parameters": {"resource_size_request": "LARGE"},
            "mounts": [
                FileMount(content="x", target="/x"),
                {"type": "code_mount", "repo_name": "r", "repo_owner": "o"},
            ],
        },
    )


async def mistakes(client: AsyncRunloop) -> None:
    await client.benchmark_runs.retrieve(run_id="x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await client.benchmark_runs.retrieve(7)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await client.benchmark_runs.list(limits=5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await client.benchmark_runs.list(limit="5")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await client.benchmarks.create()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await client.benchmarks.create(name="x", metadata={"a": 1})  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]
    await client.benchmark_runs.wait("x").with_options(time_out=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    page = await client.benchmark_runs.list()
    _ = page.itmes  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
    _ = page.jobs  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
    _ = client.benchmark_runs.retrieve("x").state  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
    client.with_options(time_out=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.benchmark_runs.retrieve("x")  # type: ignore[unused-awaitable]
