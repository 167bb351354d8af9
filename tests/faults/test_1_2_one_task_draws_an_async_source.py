"""Task groups, timeouts and context variables work in the source of a bulk."""

import asyncio
from collections.abc import AsyncIterator
from contextvars import ContextVar
from functools import partial

import pytest

from runloop_async import AsyncRunloop, Flow
from runloop_async.calls.repeatable import Repeatable

LABEL = ContextVar("LABEL", default="none")


async def number(n: int) -> int:
    await asyncio.sleep(0)
    return n


def call(n: int) -> Repeatable[int]:
    return Flow(partial(number, n))


async def test_scopes_of_the_source_stay_in_one_task() -> None:
    tasks = set[object]()

    async def source() -> AsyncIterator[Repeatable[int]]:
        token = LABEL.set("source")
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            for n in range(20):
                tasks.add(asyncio.current_task())
                yield call(await group.create_task(number(n)))
        LABEL.reset(token)

    result = await AsyncRunloop(bearer_token="any").bulk(source(), concurrency=3)

    assert result.values == [*range(20)]
    assert len(tasks) == 1
    assert LABEL.get() == "none"


async def test_a_timeout_of_the_source_fires() -> None:
    async def source() -> AsyncIterator[Repeatable[int]]:
        async with asyncio.timeout(0.01):
            yield call(1)
            await asyncio.sleep(60)

    with pytest.raises(TimeoutError) as caught:
        await AsyncRunloop(bearer_token="any").bulk(source())

    (first,) = vars(caught.value)["outcomes"]
    assert first.value == 1


async def test_the_source_is_closed_in_the_task_that_drew_it() -> None:
    seen = list[object]()

    async def source() -> AsyncIterator[Repeatable[int]]:
        try:
            for n in range(100):
                seen.append(asyncio.current_task())
                yield call(n)
        finally:
            seen.append(asyncio.current_task())

    bulk = AsyncRunloop(bearer_token="any").bulk(source(), concurrency=2)
    async for _ in (outcomes := bulk.as_completed()):
        break
    await outcomes.aclose()

    assert len(seen) < 100
    assert len({*seen}) == 1
