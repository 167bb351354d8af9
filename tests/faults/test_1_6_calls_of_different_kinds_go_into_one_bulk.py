"""Calls with different results go into one bulk; its values have the union of types.

pyright finds the union by itself; mypy, which joins types, is told.
"""

from typing import assert_type

from runloop_async import AsyncRunloop, Call
from runloop_async.models.accounts import AccountView
from runloop_async.models.benchmark_runs import BenchmarkRunView
from tests.rawserver import RawServer, http_json
from tests.samples import ACCOUNT, run


async def test_the_values_are_of_either_type() -> None:
    async with (
        RawServer(http_json(run()), http_json(ACCOUNT)) as server,
        AsyncRunloop(base_url=server.url, bearer_token="any") as client,
    ):
        calls: list[Call[BenchmarkRunView | AccountView]] = [
            client.benchmark_runs.retrieve("bmr_1"),
            client.accounts.me(),
        ]
        result = await client.bulk(calls, concurrency=1)

    assert_type(result.values, list[BenchmarkRunView | AccountView])
    assert [type(value) for value in result.values] == [BenchmarkRunView, AccountView]


async def test_a_list_in_place_is_taken() -> None:
    async with (
        RawServer(http_json(run()), http_json(ACCOUNT)) as server,
        AsyncRunloop(base_url=server.url, bearer_token="any") as client,
    ):
        result = await client.bulk(
            [client.benchmark_runs.retrieve("bmr_1"), client.accounts.me()],
            concurrency=1,
        )

    assert not result.failures
