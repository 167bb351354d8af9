"""What waits in a lane is neither counted nor ambiguous."""

import asyncio

import pytest

from runloop_async import APITimeoutError, AsyncRunloop, Limits
from tests.rawserver import RawServer, then_hang
from tests.sends import KEY

pytestmark = pytest.mark.usefixtures("path")


async def test_writes_that_a_deadline_ends_in_the_lane() -> None:
    async with (
        RawServer(then_hang()) as server,
        AsyncRunloop(
            base_url=server.url, bearer_token=KEY, limits=Limits(api=2), deadline=0.3
        ) as client,
    ):
        calls = [client.benchmarks.create(name=f"b{number}") for number in range(50)]
        ends = await asyncio.gather(*calls, return_exceptions=True)
        stats = client.stats()

    errors = [end for end in ends if isinstance(end, APITimeoutError)]
    assert len(errors) == 50
    assert sum(error.ambiguous for error in errors) == len(server.requests) == 2
    assert sorted(error.attempts for error in errors) == [0] * 48 + [1] * 2
    assert [error.sent for error in errors].count(False) == 48
    assert (stats.requests, stats.retries) == (2, 0)
