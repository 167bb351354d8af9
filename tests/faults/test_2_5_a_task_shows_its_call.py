"""A task that runs a call: its repr has the name, its stack the frames."""

import asyncio
import io

from runloop_async import AsyncRunloop
from tests.rawserver import RawServer, http_json, then_hang
from tests.samples import run


async def test_a_running_task_has_a_name_and_a_stack() -> None:
    async with (
        RawServer(then_hang()) as server,
        AsyncRunloop(base_url=server.url, bearer_token="any") as client,
    ):
        task: asyncio.Task[object] = asyncio.create_task(
            client.benchmark_runs.retrieve("bmr_1")
        )
        await server.has_got(1)
        shown, stack = repr(task), task.get_stack()
        printed = io.StringIO()
        task.print_stack(file=printed)
        task.cancel()
        await asyncio.wait([task])

    assert "GET /v1/benchmark_runs/bmr_1" in shown
    assert "without __name__" not in shown
    assert stack
    assert "runner.py" in printed.getvalue()


async def test_a_task_with_a_wait_has_them_too() -> None:
    async with (
        RawServer(http_json(run())) as server,
        AsyncRunloop(base_url=server.url, bearer_token="any") as client,
    ):
        task: asyncio.Task[object] = asyncio.create_task(
            client.benchmark_runs.wait("bmr_1")
        )
        await server.has_got(1)
        shown, stack = repr(task), task.get_stack()
        task.cancel()
        await asyncio.wait([task])

    assert "wait for bmr_1" in shown
    assert stack


async def test_a_call_that_does_not_run_has_no_stack() -> None:
    client = AsyncRunloop(bearer_token="any")
    call = client.benchmark_runs.retrieve("bmr_1")

    assert (call.cr_frame, call.cr_code, call.cr_await) == (None, None, None)
    assert not call.cr_running
    assert not call.cr_suspended
