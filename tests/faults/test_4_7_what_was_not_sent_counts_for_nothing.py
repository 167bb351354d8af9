"""What waits in a lane is neither counted nor ambiguous."""

import asyncio
from collections.abc import Awaitable

import pytest

from runloop_async import APITimeoutError, AsyncRunloop, ClientClosedError, Limits
from tests.rawserver import RawServer, then_hang
from tests.sends import KEY

pytestmark = pytest.mark.usefixtures("path")


async def test_writes_that_a_deadline_ends_in_the_lane() -> None:
    async with RawServer(then_hang()) as server:
        client = AsyncRunloop(
            base_url=server.url, bearer_token=KEY, limits=Limits(api=2), deadline=60
        )
        create = client.benchmarks.create
        in_the_lane = [
            asyncio.create_task(may_be_done(create(name=name))) for name in "ab"
        ]
        await server.has_got(2)
        calls = [create(name="c").with_options(deadline=0.1) for _ in range(48)]
        ends = await asyncio.gather(*calls, return_exceptions=True)
        await client.aclose()
        assert all(await asyncio.gather(*in_the_lane))

    errors = [end for end in ends if isinstance(end, APITimeoutError)]
    assert [(e.attempts, e.sent, e.ambiguous) for e in errors] == [
        (0, False, False)
    ] * 48
    assert (client.stats().requests, len(server.requests)) == (2, 2)


async def may_be_done(call: Awaitable[object]) -> bool:
    """Tell whether a call that ends with its client may have been carried out."""
    with pytest.raises(ClientClosedError) as caught:
        await call
    return caught.value.ambiguous


async def test_a_write_that_a_deadline_ends_while_it_connects() -> None:
    async with RawServer(then_hang()) as server:  # which does not know TLS
        url = server.url.replace("http:", "https:")
        async with AsyncRunloop(base_url=url, bearer_token=KEY) as client:
            with pytest.raises(APITimeoutError) as caught:
                await client.benchmarks.create(name="a").with_options(deadline=0.2)

    error = caught.value
    assert (error.attempts, error.sent, error.ambiguous) == (0, False, False)
    assert client.stats().requests == 0
