"""A server that ignores the cursor: every way of walking ends with an error."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import pytest

from runloop_async import AsyncRunloop, Page, PaginationError
from runloop_async.models.benchmark_runs import BenchmarkRunView
from tests.rawserver import RawServer, http_json
from tests.samples import page, run

SAME = http_json(page("runs", run("bmr_1"), has_more=True))
LAST = http_json(page("runs", run("bmr_9")))


def full(*ids: str) -> bytes:
    return http_json(page("runs", *map(run, ids), has_more=True))


@asynccontextmanager
async def served(
    *answers: bytes,
) -> AsyncGenerator[tuple[AsyncRunloop, RawServer]]:
    async with (
        RawServer(*answers) as server,
        AsyncRunloop(base_url=server.url, bearer_token="any") as client,
    ):
        yield client, server


def cursors(server: RawServer) -> list[str | None]:
    queries = [parse_qs(urlsplit(each.target).query) for each in server.requests]
    return [query.get("starting_after", [None])[0] for query in queries]


async def last_page(client: AsyncRunloop) -> Page[BenchmarkRunView]:
    """Go from page to page as users of the official client do."""
    page = await client.benchmark_runs.list()
    for _ in range(9):
        if not page.has_next_page():
            break
        page = await page.get_next_page()
    return page


async def test_next_pages_in_a_loop_end() -> None:
    async with served(SAME) as (client, server):
        with pytest.raises(PaginationError, match="'bmr_1' came twice"):
            await last_page(client)

    assert len(server.requests) == 2


@pytest.mark.parametrize("way", ["parameter", "option"])
async def test_the_first_cursor_counts_too(way: str) -> None:
    async with served(SAME) as (client, server):
        call = client.benchmark_runs.list()
        if way == "option":
            call = call.with_options(query={"starting_after": "bmr_1"})
        else:
            call = client.benchmark_runs.list(starting_after="bmr_1")
        with pytest.raises(PaginationError, match="'bmr_1' came twice"):
            await call.all()

    assert len(server.requests) == 1


async def test_a_longer_circle_is_noticed_too() -> None:
    async with served(full("bmr_1"), full("bmr_2"), full("bmr_1")) as (client, server):
        with pytest.raises(PaginationError, match="'bmr_1' came twice") as caught:
            await last_page(client)

    assert caught.value.cursor == "bmr_1"
    assert len(server.requests) == 3


async def test_the_same_next_page_may_be_asked_for_again() -> None:
    async with served(SAME, full("bmr_2"), full("bmr_2"), LAST) as (client, _):
        first = await client.benchmark_runs.list()
        await first.get_next_page()
        second = await first.get_next_page()
        last = await second.get_next_page()

    assert [run.id for run in last.items] == ["bmr_9"]


async def test_a_list_may_be_walked_again_after_it_has_grown() -> None:
    before = [full("bmr_2"), full("bmr_1"), LAST]
    after = [full("bmr_3"), full("bmr_2"), full("bmr_1"), LAST]
    async with served(*before, *after) as (client, _):
        call = client.benchmark_runs.list(limit=1)
        first = [run.id async for run in call]
        second = [run.id async for run in call]

    assert first == ["bmr_2", "bmr_1", "bmr_9"]
    assert second == ["bmr_3", "bmr_2", "bmr_1", "bmr_9"]


async def test_a_page_may_be_walked_again_after_the_pages_behind_it_have_moved() -> (
    None
):
    before = [full("bmr_9"), full("bmr_2"), full("bmr_1"), LAST]
    after = [full("bmr_3"), full("bmr_2"), full("bmr_1"), LAST]
    async with served(*before, *after) as (client, _):
        page = await client.benchmark_runs.list()
        walks = [[run.id async for run in page] for _ in range(2)]

    assert walks[0] == ["bmr_9", "bmr_2", "bmr_1"]
    assert walks[1] == ["bmr_9", "bmr_3", "bmr_2", "bmr_1"]


async def test_a_cursor_that_was_taken_away_does_not_count() -> None:
    async with served(full("bmr_1"), LAST) as (client, server):
        call = client.benchmark_runs.list(starting_after="bmr_1")
        runs = await call.with_options(query={"starting_after": None}).all()

    assert [run.id for run in runs] == ["bmr_1", "bmr_9"]
    assert cursors(server) == [None, "bmr_1"]


@pytest.mark.parametrize("way", ["items", "pages", "next pages", "all"])
async def test_a_cursor_in_options_is_the_first_cursor_alone(way: str) -> None:
    async with served(full("bmr_1"), full("bmr_2"), LAST) as (client, server):
        call = client.benchmark_runs.list().with_options(
            query={"starting_after": "bmr_0"}
        )
        if way == "items":
            [run async for run in call]
        elif way == "pages":
            [page async for page in call.iter_pages()]
        elif way == "all":
            await call.all()
        else:
            page = await call
            while page.has_next_page():
                page = await page.get_next_page()

    assert cursors(server) == ["bmr_0", "bmr_1", "bmr_2"]


async def test_a_cursor_of_the_client_is_the_first_cursor_alone() -> None:
    async with served(full("bmr_1"), LAST) as (client, server):
        other = client.with_options(default_query={"starting_after": "bmr_0"})
        [run async for run in other.benchmark_runs.list()]

    assert cursors(server) == ["bmr_0", "bmr_1"]
