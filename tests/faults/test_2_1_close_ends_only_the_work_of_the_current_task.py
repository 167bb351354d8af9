"""One task closes a call that another task drives: the other goes on undisturbed."""

import asyncio

from runloop_async import AsyncRunloop
from tests.rawserver import Connection, Incoming, RawServer, http_json
from tests.samples import run


async def test_another_task_may_close_the_same_call() -> None:
    released = asyncio.Event()

    async def answer(_: Incoming, connection: Connection) -> None:
        await released.wait()
        await connection.send(http_json(run()))

    async with (
        RawServer(answer) as server,
        AsyncRunloop(base_url=server.url, bearer_token="any") as client,
    ):
        call = client.benchmark_runs.retrieve("bmr_1")
        driving = asyncio.create_task(call)
        await server.has_got(1)

        call.close()  # by this task, which drives nothing
        released.set()

        assert (await asyncio.wait_for(driving, 30)).id == "bmr_1"


async def test_a_task_group_that_refuses_a_call_harms_no_other_task() -> None:
    async with (
        RawServer(http_json(run())) as server,
        AsyncRunloop(base_url=server.url, bearer_token="any") as client,
    ):
        call = client.benchmark_runs.retrieve("bmr_1")
        driving = asyncio.create_task(call)
        await asyncio.sleep(0)
        async with asyncio.TaskGroup() as group:
            pass
        try:
            group.create_task(call)
        except RuntimeError:
            call.close()  # as Python 3.13 does by itself

        assert (await asyncio.wait_for(driving, 30)).id == "bmr_1"
