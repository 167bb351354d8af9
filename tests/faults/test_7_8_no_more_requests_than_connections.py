"""Waiting for a connection of a small pool counts for no timeout."""

import asyncio
from typing import Any

import aiohttp
import pytest

from runloop_async import AsyncRunloop
from runloop_async.pacing.limits import Limits
from runloop_async.sending.lanes import lanes
from runloop_async.wire.request import Workload
from tests.fakes import FakeClock
from tests.rawserver import Connection, Incoming, RawServer, http_json
from tests.samples import run
from tests.sends import KEY, attempt


async def slow(_: Incoming, connection: Connection) -> None:
    await asyncio.sleep(0.05)
    await connection.send(http_json(run()))


@pytest.mark.parametrize("bound", ["limit", "limit_per_host"])
async def test_a_session_with_two_connections(bound: str) -> None:
    options: dict[str, Any] = {bound: 2}
    async with (
        RawServer(slow) as server,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(**options)) as session,
    ):
        client = AsyncRunloop(
            base_url=server.url, bearer_token=KEY, session=session, max_retries=0
        )
        quick = [
            client.benchmark_runs.retrieve("bmr_1").with_options(timeout=1.0)
            for _ in range(60)
        ]
        got = await asyncio.gather(*quick)

    assert len(got) == 60
    assert server.connections == 2


async def test_a_place_that_is_waited_for_in_vain_is_given_back() -> None:
    connector = aiohttp.TCPConnector(limit=1)
    async with aiohttp.ClientSession(connector=connector) as session:
        made = lanes(Limits(), FakeClock(), session)
        await made[Workload.API].enter(attempt("http://localhost"))
        waiting = asyncio.ensure_future(
            made[Workload.WAIT].enter(attempt("http://localhost"))
        )
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        made[Workload.API].leave(attempt("http://localhost"))

        async with asyncio.timeout(5):
            await made[Workload.WAIT].enter(attempt("http://localhost"))


async def test_a_session_without_bounds_has_whole_lanes() -> None:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        made = lanes(Limits(transfer=2), FakeClock(), session)
        await made[Workload.DOWNLOAD].enter(attempt("http://localhost"))

        async with asyncio.timeout(5):
            await made[Workload.DOWNLOAD].enter(attempt("http://localhost"))
