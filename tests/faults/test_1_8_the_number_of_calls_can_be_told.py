"""Progress knows its total where that can be told."""

from typing import Any

import pytest

from runloop_async import AsyncRunloop, ConfigurationError, Flow, Progress


async def work() -> int:
    return 1


async def test_a_generator_can_be_given_its_number() -> None:
    told = list[Progress]()
    calls = (Flow(work) for _ in range(3))

    await AsyncRunloop(bearer_token="any").bulk(calls, total=3, on_progress=told.append)

    assert [(each.done, each.total) for each in told] == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize("total", [-1, 1.5, "3", True])
def test_a_number_is_a_number(total: Any) -> None:
    client = AsyncRunloop(bearer_token="any")

    with pytest.raises(ConfigurationError, match="total must be a whole number"):
        _ = client.bulk([Flow(work)], total=total)
