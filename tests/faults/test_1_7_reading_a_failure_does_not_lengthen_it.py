"""A failed outcome can be read any number of times."""

import traceback

import pytest

from runloop_async import AsyncRunloop, Flow, RunloopError


async def fail() -> int:
    raise RunloopError("no")


async def test_the_traceback_has_the_same_length_at_each_read() -> None:
    result = await AsyncRunloop(bearer_token="any").bulk([Flow(fail)])
    (outcome,) = result.outcomes
    seen = set[tuple[str, ...]]()

    for _ in range(300):
        with pytest.raises(RunloopError) as caught:
            _ = outcome.value
        frames = traceback.extract_tb(caught.value.__traceback__)
        seen.add(tuple(frame.name for frame in frames))

    (names,) = seen
    assert names[-1] == "fail"
