"""What escapes from a call ends a bulk, and does not take what was done with it."""

from functools import partial

import pytest

from runloop_async import AsyncRunloop, Flow
from runloop_async.annotations import override


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


async def test_an_error_that_takes_nothing_is_raised_as_it_is() -> None:
    client = AsyncRunloop(bearer_token="any")

    with pytest.raises(SlottedError):
        await client.bulk(
            (Flow(partial(work, n, SlottedError)) for n in range(20)), concurrency=2
        )
