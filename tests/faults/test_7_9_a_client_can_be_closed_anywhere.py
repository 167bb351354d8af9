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


@pytest.mark.parametrize("number", range(5))
def test_the_loop_of_a_client_may_end_while_it_is_closed_from_another(
    number: int,
) -> None:
    made, may_end = threading.Event(), threading.Event()
    clients = list[AsyncRunloop]()

    async def home() -> None:
        async with RawServer(http_json(run())) as server:
            client = AsyncRunloop(base_url=server.url, bearer_token=KEY)
            clients.append(client)
            await client.benchmark_runs.retrieve("bmr_1")
        made.set()
        may_end.wait(10)  # as a program that is busy at its end
        for _ in range(number):
            await asyncio.sleep(0)

    async def close() -> None:
        may_end.set()
        await asyncio.wait_for(clients[0].aclose(), 10)

    thread = threading.Thread(target=lambda: asyncio.run(home()))
    thread.start()
    made.wait(10)
    asyncio.run(close())
    thread.join(10)

    assert clients[0].is_closed
    assert clients[0].stats().connections == 0
