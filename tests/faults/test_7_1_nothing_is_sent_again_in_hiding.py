"""The server sees as many requests as the retry policy counts."""

import asyncio

import pytest

from runloop_async import APIConnectionError, AsyncRunloop, ClientClosedError
from tests.rawserver import RawServer, http_json, then_hang, then_reset
from tests.samples import run
from tests.sends import KEY, sending

pytestmark = pytest.mark.usefixtures("path")


@pytest.mark.parametrize(("retries", "requests"), [(0, 1), (2, 3)])
async def test_a_reset_is_one_attempt(retries: int, requests: int) -> None:
    async with (
        RawServer(then_reset(b"")) as server,
        sending(server.url) as runner,
    ):
        client = AsyncRunloop(base_url=server.url, bearer_token=KEY)
        call = client.benchmark_runs.retrieve("bmr_1").with_options(max_retries=retries)
        with pytest.raises(APIConnectionError) as caught:
            await runner.run(call)

    assert len(server.requests) == requests
    assert (caught.value.attempts, caught.value.sent) == (requests, None)


async def test_so_is_one_on_a_kept_connection() -> None:
    async with (
        RawServer(http_json(run()), then_reset(b"")) as server,
        AsyncRunloop(base_url=server.url, bearer_token=KEY, max_retries=0) as client,
    ):
        await client.benchmark_runs.retrieve("bmr_1")
        with pytest.raises(APIConnectionError):
            await client.benchmark_runs.retrieve("bmr_1")

        assert (len(server.requests), server.connections) == (2, 1)
        assert client.stats().requests == 2


async def test_closing_opens_no_connections() -> None:
    async with RawServer(then_hang()) as server:
        client = AsyncRunloop(base_url=server.url, bearer_token=KEY)
        runs = client.benchmark_runs
        calls = [asyncio.ensure_future(runs.retrieve("bmr_1")) for _ in range(20)]
        await server.has_got(20)
        await client.aclose()
        ends = await asyncio.gather(*calls, return_exceptions=True)

        assert {type(end) for end in ends} == {ClientClosedError}
        assert (len(server.requests), server.connections) == (20, 20)
