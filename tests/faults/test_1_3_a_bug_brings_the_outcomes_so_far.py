"""What escapes from a call ends a bulk, and does not take what was done with it."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest

from runloop_async import AsyncRunloop, Flow
from runloop_async.annotations import override
from tests.turns import settle


class SlottedError(Exception):
    """Takes no attributes."""

    @override
    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(name)


async def work(n: int, kind: type[Exception]) -> int:
    if n == 7:
        raise kind("a bug")
    return n


@pytest.mark.parametrize("kind", [KeyError, TypeError, ValueError])
async def test_the_error_has_what_has_ended_in_order(kind: type[Exception]) -> None:
    client = AsyncRunloop(bearer_token="any")

    with pytest.raises(kind) as caught:
        await client.bulk(
            (Flow(partial(work, n, kind)) for n in range(20)), concurrency=2
        )

    outcomes = vars(caught.value)["outcomes"]
    assert [outcome.value for outcome in outcomes][:7] == [*range(7)]
    assert "calls had ended before" in caught.value.__notes__[0]


@pytest.mark.parametrize("is_async", [False, True])
async def test_nothing_is_begun_after_a_bug(is_async: bool) -> None:
    begun = list[int]()

    async def count(n: int) -> int:
        begun.append(n)
        return await work(n, KeyError)

    async def feed() -> AsyncIterator[Flow[int]]:
        for n in range(200):
            yield Flow(partial(count, n))

    calls = feed() if is_async else (Flow(partial(count, n)) for n in range(200))
    ended = list[int]()

    async def read() -> None:
        bulk = AsyncRunloop(bearer_token="any").bulk(calls, concurrency=8)
        async for outcome in bulk.as_completed():
            ended.append(outcome.index)
            await settle()

    with pytest.raises(KeyError):
        await read()

    assert ended == [*range(7)]
    assert max(begun) < 7 + 8


async def test_what_is_no_call_takes_no_outcomes_with_it() -> None:
    good = [Flow(partial(work, n, KeyError)) for n in range(6)]
    calls: list[Any] = [*good, "no call"]

    with pytest.raises(TypeError, match="'no call'") as caught:
        await AsyncRunloop(bearer_token="any").bulk(calls, concurrency=2)

    ended = vars(caught.value)["outcomes"]
    assert [outcome.index for outcome in ended] == [*range(6)]


async def test_an_error_that_takes_nothing_is_raised_as_it_is() -> None:
    client = AsyncRunloop(bearer_token="any")

    with pytest.raises(SlottedError):
        await client.bulk(
            (Flow(partial(work, n, SlottedError)) for n in range(20)), concurrency=2
        )
