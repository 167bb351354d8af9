"""Runs that the list does not show are waited for many at once, not one by one."""

import asyncio

from runloop_async.calls.polling import PollingConfig
from runloop_async.resources.benchmark_runs import BenchmarkRuns
from tests.rawserver import Connection, Incoming, RawServer, http_json
from tests.samples import page, run
from tests.sends import sending

AT_ONCE = 10


async def test_two_hundred_ended_runs_are_read_together() -> None:
    under_way = most = 0

    async def answer(request: Incoming, connection: Connection) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.05)  # long enough for all to come on a busy machine
        under_way -= 1
        name = request.target.partition("?")[0].rpartition("/")[2]
        is_list = name == "benchmark_runs"
        body = page("runs") if is_list else run(name, "completed")
        await connection.send(http_json(body))

    ids = [f"bmr_{n}" for n in range(200)]
    async with RawServer(answer) as server, sending(server.url) as runner:
        waiting = BenchmarkRuns(runner).wait_many(
            ids, polling_config=PollingConfig(timeout_seconds=60)
        )
        runs = await waiting

    assert [each.id for each in runs] == ids
    assert most >= AT_ONCE
    assert len(server.requests) == 201
