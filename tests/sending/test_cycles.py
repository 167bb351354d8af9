"""Failures leave nothing behind that only the garbage collector would find.

An exception knows the frames that it passed, and they know what they worked with: where
that knows the exception, connections stay open until the collector comes.
"""

import asyncio
import gc
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from runloop_async import APIError, RetryPolicy
from runloop_async.sending.attempt import Attempt
from runloop_async.sending.border import Step
from tests.rawserver import Answer, http_json, then_close, then_hang, then_reset
from tests.samples import run
from tests.served import served

QUICK = RetryPolicy(backoff=0.001, max_retries=1)
FAILING: dict[str, Answer] = {
    "status": http_json({"message": "down"}, status=503),
    "closed": then_close(b""),
    "cut": then_reset(b"HTTP/1.1 200 OK\r\n\r\n{"),
}
pytestmark = pytest.mark.usefixtures("path")


async def left(work: Callable[[], Coroutine[Any, Any, object]]) -> list[object]:
    """Do something a few times; return what is left of attempts without a collector."""
    await work()
    gc.collect()
    before = kept()  # which other tests may have left
    gc.disable()
    try:
        for _ in range(5):  # a task keeps its last cancellation for as long as it lives
            await asyncio.create_task(work())
        return [each for each in kept() if not any(each is old for old in before)]
    finally:
        gc.enable()


def kept() -> list[object]:
    kinds = (Step, Attempt, APIError)
    return [each for each in gc.get_objects() if isinstance(each, kinds)]


@pytest.mark.parametrize("kind", FAILING)
async def test_a_call_that_fails_leaves_nothing(kind: str) -> None:
    async with served(FAILING[kind], retry=QUICK) as (_, client):

        async def work() -> None:
            with pytest.raises(APIError):
                await client.benchmark_runs.retrieve("bmr_1")

        assert await left(work) == []


async def test_a_call_that_is_late_leaves_nothing() -> None:
    async with served(then_hang(), deadline=0.02) as (_, client):

        async def work() -> None:
            with pytest.raises(APIError):
                await client.benchmark_runs.retrieve("bmr_1")

        assert await left(work) == []


@pytest.mark.parametrize("kind", FAILING)
async def test_a_call_that_succeeds_the_second_time_leaves_nothing(kind: str) -> None:
    answers = [FAILING[kind], http_json(run())] * 6
    async with served(*answers, retry=QUICK) as (server, client):

        async def work() -> None:
            await client.benchmark_runs.retrieve("bmr_1")

        assert await left(work) == []
    assert len(server.requests) == 12
