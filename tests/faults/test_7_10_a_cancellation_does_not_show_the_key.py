"""Whatever ends a call, no frame on its way out holds the key."""

import asyncio
import traceback

import pytest

from runloop_async import AsyncRunloop
from tests.rawserver import RawServer, then_hang
from tests.sends import KEY

pytestmark = pytest.mark.usefixtures("path")


async def test_a_call_that_is_cancelled() -> None:
    async with (
        RawServer(then_hang()) as server,
        AsyncRunloop(base_url=server.url, bearer_token=KEY) as client,
    ):
        call = asyncio.ensure_future(client.benchmark_runs.retrieve("bmr_1"))
        await server.has_got(1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await call

    assert KEY not in shown(caught.value)
    assert "_whole" in shown(caught.value)


async def test_a_call_that_is_out_of_the_time_of_its_caller() -> None:
    async with (
        RawServer(then_hang()) as server,
        AsyncRunloop(base_url=server.url, bearer_token=KEY) as client,
    ):
        with pytest.raises(TimeoutError) as caught:
            async with asyncio.timeout(0.1):
                await client.benchmark_runs.retrieve("bmr_1")

    assert KEY not in shown(caught.value)


def shown(error: BaseException) -> str:
    whole = traceback.TracebackException.from_exception(error, capture_locals=True)
    return "".join(whole.format())
