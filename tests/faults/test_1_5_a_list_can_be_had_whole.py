"""`list(...).all()` is a call for the whole list: for await, gather and bulk."""

import asyncio
from urllib.parse import parse_qs, urlsplit

import pytest

from runloop_async import APITimeoutError, AsyncRunloop, NotFoundError
from runloop_async.testing import Emulator
from tests.rawserver import RawServer, http, http_json, then_hang
from tests.samples import page, run


async def test_the_scenario_runs_of_many_runs_come_whole(
    runloop_emulator: Emulator, runloop_client: AsyncRunloop
) -> None:
    ids = runloop_emulator.populate(runs=5, benchmarks=1, scenarios=30)
    runs = runloop_client.benchmark_runs

    result = await runloop_client.bulk(
        runs.list_scenario_runs(each, limit=7).all() for each in ids
    )
    gathered = await asyncio.gather(
        *(runs.list_scenario_runs(each).all() for each in ids)
    )

    assert [len(each) for each in result.values] == [30] * 5
    assert gathered == result.values
    assert await runs.list_scenario_runs(ids[0]).all() == gathered[0]


async def test_pages_are_as_large_as_may_be_unless_a_limit_is_given() -> None:
    async with (
        RawServer(http_json(page("runs", run()))) as server,
        AsyncRunloop(base_url=server.url, bearer_token="any") as client,
    ):
        await client.benchmark_runs.list().all()
        await client.benchmark_runs.list(limit=3).all()

    limits = [
        parse_qs(urlsplit(each.target).query)["limit"] for each in server.requests
    ]
    assert limits == [["5000"], ["3"]]


async def test_it_takes_options_and_names_the_page_that_failed() -> None:
    first = http_json(page("runs", run("bmr_1"), has_more=True))
    async with (
        RawServer(first, http(status=404)) as server,
        AsyncRunloop(base_url=server.url, bearer_token="any") as client,
    ):
        whole = client.benchmark_runs.list().all().with_options(headers={"x-a": "b"})
        with pytest.raises(NotFoundError) as caught:
            await whole

    assert caught.value.cursor == "bmr_1"
    assert [each.headers["x-a"] for each in server.requests] == ["b", "b"]


async def test_a_deadline_bounds_all_pages_together() -> None:
    first = http_json(page("runs", run("bmr_1"), has_more=True))
    async with (
        RawServer(first, then_hang()) as server,
        AsyncRunloop(base_url=server.url, bearer_token="any") as client,
    ):
        with pytest.raises(APITimeoutError, match="deadline"):
            await client.benchmark_runs.list().with_options(deadline=2).all()

    assert len(server.requests) == 2
