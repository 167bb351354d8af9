"""A list fetches its next page while the present one is consumed, and no other."""

import asyncio

import pytest

from runloop_async import AsyncRunloop, InternalServerError
from tests.rawserver import Connection, Incoming, RawServer, http_json
from tests.samples import page, run
from tests.turns import settle

PAGES = 4


async def numbered(request: Incoming, connection: Connection) -> None:
    """Answer with the page after the cursor, of two runs."""
    _, _, after = request.target.partition("starting_after=bmr_")
    first = int(after.partition("&")[0]) + 1 if after else 0
    runs = [run(f"bmr_{first + each}") for each in range(2)]
    body = page("runs", *runs, has_more=first + 2 < 2 * PAGES)
    await connection.send(http_json(body))


def client_of(server: RawServer, *, prefetch: bool = True) -> AsyncRunloop:
    return AsyncRunloop(
        base_url=server.url, bearer_token="any", prefetch=prefetch, max_retries=0
    )


async def test_one_page_is_fetched_ahead_and_never_more() -> None:
    asked = list[int]()
    async with RawServer(numbered) as server, client_of(server) as client:
        got = list[str]()
        async for each in client.benchmark_runs.list():
            if len(got) % 2 == 0:
                await server.has_got(min(len(got) // 2 + 2, PAGES))
                for _ in range(20):
                    await settle()
                asked.append(len(server.requests))
            got.append(each.id)

    assert got == [f"bmr_{n}" for n in range(2 * PAGES)]
    assert asked == [2, 3, 4, 4]


async def test_pages_too() -> None:
    async with RawServer(numbered) as server, client_of(server) as client:
        first = await client.benchmark_runs.list()
        async for each in first.iter_pages():
            await server.has_got(2)
            assert each.items[0].id == "bmr_0"
            break
        await settle()

    assert len(server.requests) == 2


async def test_it_can_be_switched_off() -> None:
    async with (
        RawServer(numbered) as server,
        client_of(server, prefetch=False) as client,
    ):
        async for _ in client.benchmark_runs.list():
            for _ in range(20):
                await settle()
            assert len(server.requests) == 1
            break


async def test_leaving_early_leaves_nothing_under_way() -> None:
    async def hang(request: Incoming, connection: Connection) -> None:
        if "starting_after" in request.target:
            await connection.until_left()
        else:
            await numbered(request, connection)

    async with RawServer(hang) as server, client_of(server) as client:
        async for _ in client.benchmark_runs.list():
            await server.has_got(2)
            break
        for _ in range(20):
            await settle()

        assert client.stats().in_flight == 0
        others = asyncio.all_tasks() - {asyncio.current_task()}
        assert not [task for task in others if "after" in repr(task.get_coro())]


async def test_a_failure_comes_after_what_was_there() -> None:
    async def broken(request: Incoming, connection: Connection) -> None:
        if "starting_after" in request.target:
            await connection.send(http_json({}, status=500))
        else:
            await numbered(request, connection)

    got = list[str]()
    async with RawServer(broken) as server, client_of(server) as client:
        with pytest.raises(InternalServerError) as caught:  # noqa: PT012 - a loop
            async for each in client.benchmark_runs.list():
                await server.has_got(2)
                got.append(each.id)

    assert got == ["bmr_0", "bmr_1"]
    assert caught.value.cursor == "bmr_1"


async def test_a_failure_that_nobody_waits_for_is_no_noise(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(request: Incoming, connection: Connection) -> None:
        if "starting_after" in request.target:
            await connection.send(http_json({}, status=500))
        else:
            await numbered(request, connection)

    async with RawServer(broken) as server, client_of(server) as client:
        async for _ in client.benchmark_runs.list():
            await server.has_got(2)
            while client.stats().in_flight:  # noqa: ASYNC110 - of the page ahead
                await asyncio.sleep(0.001)
            break
        for _ in range(20):
            await settle()

    assert "never retrieved" not in caplog.text
