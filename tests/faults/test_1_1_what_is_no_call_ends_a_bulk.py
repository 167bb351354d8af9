"""A source that gives what is no call gets a `TypeError`, whatever kind it is."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from runloop_async import AsyncRunloop
from tests.rawserver import RawServer, http_json
from tests.samples import run


async def test_a_list_is_no_source_of_calls() -> None:
    page = http_json({"runs": [run()], "has_more": False, "total_count": 1})
    async with (
        RawServer(page) as server,
        AsyncRunloop(base_url=server.url, bearer_token="any") as client,
    ):
        source: Any = client.benchmark_runs.list()
        async with asyncio.timeout(5):
            with pytest.raises(TypeError, match="not a PageCall"):
                await client.bulk(source)


async def test_one_bad_item_among_good_ones_is_not_dropped() -> None:
    async with (
        RawServer(http_json(run())) as server,
        AsyncRunloop(base_url=server.url, bearer_token="any") as client,
    ):

        async def source() -> AsyncIterator[Any]:
            yield client.benchmark_runs.retrieve("bmr_1")
            yield "bmr_2"
            yield client.benchmark_runs.retrieve("bmr_3")

        async with asyncio.timeout(5):
            with pytest.raises(TypeError, match="'bmr_2'") as caught:
                await client.bulk(source())

    assert len(vars(caught.value)["outcomes"]) <= 1
