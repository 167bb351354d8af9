"""In another event loop a client is not used, but it can be closed."""

import asyncio
import threading

import aiohttp
import pytest

from runloop_async import APIConnectionError, AsyncRunloop, EventLoopError
from tests.rawserver import RawServer, http_json
from tests.samples import run
from tests.sends import KEY


def test_a_session_of_an_earlier_loop_is_refused() -> None:
    async def make() -> aiohttp.ClientSession:
        async with aiohttp.ClientSession() as session:
            return session

    session = asyncio.run(make())

    async def use() -> None:
        client = AsyncRunloop(bearer_token=KEY, session=session)
        with pytest.raises(EventLoopError, match="made in another event loop"):
            await client.benchmark_runs.retrieve("bmr_1")
        await client.aclose()

    asyncio.run(use())


async def test_a_client_whose_loop_has_ended_is_closed() -> None:
    async with RawServer(http_json(run())) as server:
        client = AsyncRunloop(base_url=server.url, bearer_token=KEY)

        def use() -> None:
            async def ask() -> None:
                await client.benchmark_runs.retrieve("bmr_1")

            asyncio.run(ask())

        await asyncio.to_thread(use)
        await client.aclose()
        await client.aclose()

        assert client.is_closed
        await server.is_left()


async def test_a_client_of_a_running_loop_is_closed_there() -> None:
    async with RawServer(http_json(run())) as server:
        client = AsyncRunloop(base_url=server.url, bearer_token=KEY)
        asked, closed = threading.Event(), threading.Event()

        def use() -> None:
            async def ask() -> None:
                await client.benchmark_runs.retrieve("bmr_1")
                asked.set()
                await asyncio.to_thread(closed.wait, 5)

            asyncio.run(ask())

        work = asyncio.ensure_future(asyncio.to_thread(use))
        await asyncio.to_thread(asked.wait, 5)
        await client.aclose()
        await server.is_left()
        closed.set()
        await work


async def test_a_client_with_a_session_of_another_loop_is_closed() -> None:
    def use() -> AsyncRunloop:
        async def ask() -> AsyncRunloop:
            async with aiohttp.ClientSession() as session:
                client = AsyncRunloop(
                    base_url="http://127.0.0.1:1",
                    bearer_token=KEY,
                    session=session,
                    max_retries=0,
                )
                with pytest.raises(APIConnectionError):
                    await client.benchmark_runs.retrieve("bmr_1")
                return client

        return asyncio.run(ask())

    client = await asyncio.to_thread(use)
    await client.aclose()

    assert client.is_closed
