"""Something is started and waited for, with one deadline and nothing lost."""

from typing import TypeVar

import pytest

from runloop_async import (
    APIConnectionError,
    APITimeoutError,
    PollingConfig,
    PollingTimeout,
)
from runloop_async.annotations import override
from runloop_async.calls.runner import Sendable
from runloop_async.resources.devboxes.devboxes import Devboxes
from tests.fakes import Recorder

T = TypeVar("T")
TEN = PollingConfig(timeout_seconds=10)


def late() -> APITimeoutError:
    error = APITimeoutError("late", phase="deadline", sent=True)
    error.ambiguous = True
    return error


class Slow(Recorder):
    """Takes eleven seconds for everything."""

    @override
    async def run(self, call: Sendable[T]) -> T:
        self.clock.time_s += 11
        return await super().run(call)


async def test_a_creation_that_is_late_is_a_wait_that_is_late() -> None:
    recorder = Slow(answers=[late()])

    with pytest.raises(PollingTimeout, match="waiting for a devbox") as found:
        await Devboxes(recorder).create_and_await_running(polling_config=TEN)

    assert isinstance(found.value.__cause__, APITimeoutError)
    assert found.value.__notes__ == ["a devbox may have been started"]


async def test_a_change_that_is_late_leaves_nothing_new() -> None:
    recorder = Slow(answers=[late()])

    with pytest.raises(PollingTimeout, match="waiting for dbx_1 to resume") as found:
        await Devboxes(recorder).box("dbx_1").resume(TEN)

    assert not hasattr(found.value, "__notes__")


async def test_the_deadline_of_the_client_bounds_a_short_call() -> None:
    recorder = Recorder(answers=[late()], deadline=3.0)

    with pytest.raises(APITimeoutError):
        await Devboxes(recorder).box("dbx_1").snapshot()
    with pytest.raises(APITimeoutError):
        await Devboxes(recorder).create_and_await_running()

    assert [call.options.get("deadline") for call in recorder.calls] == [3.0, 600.0]


async def test_a_creation_that_may_have_been_carried_out_says_so() -> None:
    error = APIConnectionError("lost", phase="read")
    error.ambiguous = True

    with pytest.raises(APIConnectionError) as found:
        await Devboxes(Recorder(answers=[error])).create_and_await_running()

    assert found.value.__notes__ == ["a devbox may have been started"]
