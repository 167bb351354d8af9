"""Whatever sleeps in a client learns at once that it is closed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from runloop_async import AsyncRunloop, ClientClosedError, PollingConfig
from runloop_async.sending.pool import Pool
from tests.rawserver import RawServer, http, http_json, then_hang
from tests.samples import run
from tests.sends import KEY

pytestmark = pytest.mark.usefixtures("path")

Ask = Callable[[AsyncRunloop], Awaitable[Any]]
SLEEPERS: dict[str, tuple[bytes, Ask]] = {
    "Retry-After": (
        http(b"", "Retry-After: 500", status=429),
        lambda client: client.benchmark_runs.retrieve("bmr_1"),
    ),
    "a wait": (
        http_json(run()),
        lambda client: client.benchmark_runs.wait(
            "bmr_1",
            polling_config=PollingConfig(interval_seconds=500, timeout_seconds=5000),
        ),
    ),
}


@pytest.mark.parametrize(("answer", "ask"), SLEEPERS.values(), ids=SLEEPERS)
async def test_a_sleeper_ends(answer: bytes, ask: Ask) -> None:
    async with RawServer(answer) as server:
        client = AsyncRunloop(base_url=server.url, bearer_token=KEY)
        call = asyncio.ensure_future(ask(client))
        await server.has_got(1)
        await asyncio.sleep(0.05)
        await client.aclose()

        async with asyncio.timeout(5):
            with pytest.raises(ClientClosedError):
                await call


async def test_a_sleeper_that_is_cancelled_is_cancelled() -> None:
    answer, ask = SLEEPERS["a wait"]
    async with (
        RawServer(answer) as server,
        AsyncRunloop(base_url=server.url, bearer_token=KEY) as client,
    ):
        call = asyncio.ensure_future(ask(client))
        await server.has_got(1)
        await asyncio.sleep(0.05)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call


async def test_a_write_under_way_may_have_been_carried_out() -> None:
    async with RawServer(then_hang()) as server:
        client = AsyncRunloop(base_url=server.url, bearer_token=KEY)
        write = asyncio.ensure_future(client.benchmarks.create(name="a"))
        read = asyncio.ensure_future(client.benchmark_runs.retrieve("bmr_1"))
        await server.has_got(2)
        await client.aclose()
        ends: Any = await asyncio.gather(write, read, return_exceptions=True)

    assert [(type(end), end.ambiguous) for end in ends] == [
        (ClientClosedError, True),
        (ClientClosedError, False),
    ]


async def test_a_sleep_after_the_end_does_not_begin() -> None:
    async def sleep() -> None:
        pytest.fail("it was closed before")

    pool = Pool()
    pool.open()
    await pool.close()

    with pytest.raises(ClientClosedError):
        await pool.pause(sleep)
