"""The client: what it sends, who shares it, and when it is closed."""

import asyncio

import aiohttp
import pytest

from runloop_async import AsyncRunloop, Limits, RetryPolicy
from runloop_async.errors import (
    APIConnectionError,
    ClientClosedError,
    ConfigurationError,
    EventLoopError,
    NotFoundError,
)
from tests.conftest import Exchange
from tests.rawserver import Connection, Incoming, RawServer, http, http_json, then_hang
from tests.samples import ACCOUNT, page, run

ME = http_json(ACCOUNT)


async def test_a_client_asks_what_its_methods_say(exchange: Exchange) -> None:
    url = "https://api.runloop.ai/v1/benchmark_runs/bmr_1"
    exchange.add(url, payload=run("bmr_1", "completed"))

    async with AsyncRunloop(bearer_token="key") as client:
        got = await client.benchmark_runs.retrieve("bmr_1")

    assert (got.id, got.state) == ("bmr_1", "completed")


async def test_a_client_needs_no_block_and_is_closed_by_hand() -> None:
    async with RawServer(ME) as server:
        client = AsyncRunloop(bearer_token="key", base_url=server.url)
        await client.accounts.me()

        await client.aclose()
        await client.close()

        await server.is_left()
    assert client.is_closed
    assert repr(client) == f"<AsyncRunloop {server.url}, closed>"


async def test_a_closed_client_sends_nothing() -> None:
    async with RawServer(ME) as server:
        async with AsyncRunloop(bearer_token="key", base_url=server.url) as client:
            pass

        with pytest.raises(ClientClosedError):
            await client.accounts.me()
        with pytest.raises(ClientClosedError):
            async with client:
                pytest.fail("the client is closed")

    assert not server.connections


async def test_the_error_within_a_block_wins() -> None:
    with pytest.raises(KeyError):
        async with AsyncRunloop(bearer_token="key"):
            raise KeyError


async def test_calls_under_way_end_when_the_client_is_closed() -> None:
    async with RawServer(then_hang()) as server:
        client = AsyncRunloop(
            bearer_token="key", base_url=server.url, limits=Limits(api=2)
        )
        calls = asyncio.gather(
            *(client.accounts.me() for _ in range(5)), return_exceptions=True
        )
        await server.has_got(2)

        await client.aclose()

        ends = await calls
    assert [type(end) for end in ends] == [ClientClosedError] * 5
    assert len(server.requests) == 2


async def test_a_client_and_its_siblings_share_pool_limits_and_numbers() -> None:
    async with (
        RawServer(ME) as server,
        AsyncRunloop(
            bearer_token="key", base_url=server.url, limits=Limits(api=1)
        ) as client,
    ):
        other = client.with_options(bearer_token="other")
        await asyncio.gather(client.accounts.me(), other.accounts.me())

    keys = [request.headers["authorization"] for request in server.requests]
    assert keys == ["Bearer key", "Bearer other"]
    assert server.connections == 1
    assert client.stats() == other.stats()
    assert (client.stats().requests, client.stats().retries) == (2, 0)


async def test_the_last_of_nested_blocks_closes_the_pool() -> None:
    async with RawServer(ME) as server:
        async with AsyncRunloop(bearer_token="key", base_url=server.url) as client:
            async with client.with_options(max_retries=0) as other, client:
                await other.accounts.me()
            await client.accounts.me()
            open_within = not client.is_closed

        await server.is_left()
    assert open_within
    assert client.is_closed
    assert other.is_closed


async def test_a_session_that_was_given_is_used_and_not_closed() -> None:
    async with (
        RawServer(ME) as server,
        aiohttp.ClientSession(headers={"X-Theirs": "1"}) as session,
    ):
        async with AsyncRunloop(
            bearer_token="key", base_url=server.url, session=session
        ) as client:
            await client.accounts.me()

        assert server.requests[0].headers["x-theirs"] == "1"
        assert not session.closed


async def test_a_proxy_that_wants_a_password_is_asked_once() -> None:
    async with (
        RawServer(http(status=407)) as proxy,
        aiohttp.ClientSession(proxy=proxy.url) as session,
        AsyncRunloop(
            bearer_token="key",
            base_url="https://127.0.0.1:1",
            session=session,
            retry=RetryPolicy(backoff=0.001),
        ) as client,
    ):
        with pytest.raises(APIConnectionError) as caught:
            await client.accounts.me()

    assert caught.value.phase == "proxy"
    assert len(proxy.requests) == 1


async def test_a_proxy_of_the_environment_is_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with RawServer(ME) as server, RawServer(ME) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        async with AsyncRunloop(bearer_token="key", base_url=server.url) as client:
            await client.accounts.me()

    assert len(server.requests) == 1
    assert not proxy.connections


async def test_a_client_belongs_to_the_loop_that_it_first_sends_in() -> None:
    async def use() -> None:
        await client.accounts.me()

    async with (
        RawServer(ME) as server,
        AsyncRunloop(bearer_token="key", base_url=server.url) as client,
    ):
        await client.accounts.me()
        with pytest.raises(EventLoopError):
            await asyncio.to_thread(asyncio.run, use())

    assert server.connections == 1


def test_a_client_does_not_outlive_its_loop() -> None:
    async def use() -> None:
        async with RawServer(ME) as server:
            await client.with_options(base_url=server.url).accounts.me()

    client = AsyncRunloop(bearer_token="key")
    asyncio.run(use())

    with pytest.raises(EventLoopError):
        asyncio.run(use())

    asyncio.run(client.aclose())


async def test_bulk_keeps_to_the_limit_of_the_client() -> None:
    async def answer(request: Incoming, connection: Connection) -> None:
        one = request.target.rpartition("/")[2]
        found = http(status=404) if one == "bmr_7" else http_json(run(one))
        await connection.send(found)

    async with (
        RawServer(answer) as server,
        AsyncRunloop(
            bearer_token="key", base_url=server.url, limits=Limits(api=3)
        ) as client,
    ):
        result = await client.bulk(
            client.benchmark_runs.retrieve(f"bmr_{number}") for number in range(30)
        )

    assert [run.id for run in result.values] == [
        f"bmr_{number}" for number in range(30) if number != 7
    ]
    ((_, error),) = result.failures
    assert isinstance(error, NotFoundError)
    assert server.connections <= 3


async def test_bulk_takes_its_own_limit() -> None:
    async with (
        RawServer(ME) as server,
        AsyncRunloop(bearer_token="key", base_url=server.url) as client,
    ):
        await client.bulk((client.accounts.me() for _ in range(20)), concurrency=2)

    assert server.connections <= 2


@pytest.mark.parametrize("concurrency", [0, -1, 1.5, True])
def test_bulk_refuses_a_limit_that_is_no_number_of_calls(concurrency: int) -> None:
    client = AsyncRunloop(bearer_token="key")

    with pytest.raises(ConfigurationError, match="concurrency"):
        _ = client.bulk([client.accounts.me()], concurrency=concurrency)


async def test_cancelling_a_bulk_leaves_no_task_and_no_connection() -> None:
    async with (
        RawServer(then_hang()) as server,
        AsyncRunloop(bearer_token="key", base_url=server.url) as client,
    ):
        before = asyncio.all_tasks()
        bulk = asyncio.create_task(
            client.bulk([client.accounts.me()] * 50, concurrency=10)
        )
        await server.has_got(10)

        bulk.cancel()
        with pytest.raises(asyncio.CancelledError):
            await bulk

        await server.is_left()
        assert asyncio.all_tasks() <= before
    assert len(server.requests) == 10


async def test_every_item_of_a_list_comes_over_the_wire() -> None:
    first = http_json(page("runs", run("bmr_1"), run("bmr_2"), has_more=True))
    last = http_json(page("runs", run("bmr_3")))

    async with (
        RawServer(first, last) as server,
        AsyncRunloop(bearer_token="key", base_url=server.url) as client,
    ):
        ids = [run.id async for run in client.benchmark_runs.list(name="a&b")]

    assert ids == ["bmr_1", "bmr_2", "bmr_3"]
    path = "/v1/benchmark_runs?limit=5000&include_total_count=false&name=a%26b"
    assert [request.target for request in server.requests] == [
        path,
        f"{path}&starting_after=bmr_2",
    ]
