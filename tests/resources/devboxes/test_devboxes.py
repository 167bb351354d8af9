"""Questions that the server holds: asked again at a 408, until a deadline."""

import json
from typing import TypeVar

import pytest

from runloop_async.annotations import override
from runloop_async.calls.polling import PollingConfig
from runloop_async.calls.runner import Sendable
from runloop_async.errors import (
    APIConnectionError,
    InternalServerError,
    NotFoundError,
    PollingTimeout,
    WaitError,
)
from runloop_async.resources.devboxes.devboxes import Devboxes
from tests.fakes import Recorder
from tests.rawserver import Incoming, RawServer, http, http_json, then_close
from tests.samples import DEVBOX
from tests.sends import sending
from tests.served import served

T = TypeVar("T")
EXECUTION: dict[str, object] = {
    "devbox_id": "dbx_1",
    "execution_id": "exe_1",
    "status": "running",
}
TEN = PollingConfig(timeout_seconds=10)


class Holding(Recorder):
    """A server that holds each question for half a minute."""

    @override
    async def run(self, call: Sendable[T]) -> T:
        self.clock.time_s += 30
        return await super().run(call)


def devbox(status: str, **more: object) -> tuple[int, object]:
    return 200, DEVBOX | {"status": status} | more


def execution(status: str) -> tuple[int, object]:
    return 200, EXECUTION | {"status": status}


def paths(recorder: Recorder) -> list[str]:
    return [call.request.path.rsplit("/", 1)[-1] for call in recorder.calls]


async def test_a_wait_asks_until_the_devbox_is_in_its_state(recorder: Recorder) -> None:
    recorder.answers = [devbox("provisioning"), devbox("running")]

    got = await Devboxes(recorder).await_running("dbx_1")

    assert got.status == "running"
    assert recorder.clock.sleeps == [0.875]


async def test_a_408_means_not_yet(recorder: Recorder) -> None:
    recorder.answers = [(408, {}), devbox("suspended")]

    got = await Devboxes(recorder).await_suspended("dbx_1")

    assert got.status == "suspended"
    assert len(recorder.calls) == 2


async def test_a_408_after_the_full_time_is_asked_again_at_once() -> None:
    held = Holding(answers=[(408, {}), devbox("running")])

    await Devboxes(held).await_running("dbx_1")

    assert held.clock.sleeps == []


async def test_another_end_is_an_error_with_the_reason(recorder: Recorder) -> None:
    recorder.answers = [devbox("failure", failure_reason="out_of_disk")]

    with pytest.raises(WaitError, match="is failure, not running: out_of_disk"):
        await Devboxes(recorder).await_running("dbx_1")


async def test_a_failure_that_may_pass_is_waited_out() -> None:
    answers = [http(status=503)] * 9 + [http_json(devbox("running")[1])]

    async with RawServer(*answers) as server, sending(server.url) as runner:
        got = await Devboxes(runner).await_running("dbx_1")

    assert got.status == "running"


async def test_a_wait_that_is_late_has_the_last_failure(recorder: Recorder) -> None:
    failure = InternalServerError("down", status_code=503)
    failure.out_of_time = True
    recorder.answers = [devbox("provisioning"), failure]

    with pytest.raises(PollingTimeout, match="last state: provisioning") as caught:
        await Devboxes(recorder).await_running("dbx_1", polling_config=TEN)

    assert caught.value.__cause__ is failure


async def test_a_failure_for_good_ends_the_wait(recorder: Recorder) -> None:
    recorder.answers = [NotFoundError("none", status_code=404)]

    with pytest.raises(NotFoundError):
        await Devboxes(recorder).await_running("dbx_1")


async def test_a_wait_has_an_end(recorder: Recorder) -> None:
    recorder.answers = [devbox("provisioning")]

    with pytest.raises(PollingTimeout) as caught:
        await Devboxes(recorder).await_running("dbx_1", polling_config=TEN)

    assert getattr(caught.value.last_value, "status", None) == "provisioning"
    assert recorder.clock.time_s == 10
    holds = [call.request.json for call in recorder.calls]
    assert holds[0] == {
        "statuses": ["running", "failure", "shutdown"],
        "timeout_seconds": 10,
    }


async def test_create_waits_if_the_devbox_is_not_there_yet(recorder: Recorder) -> None:
    recorder.answers = [devbox("provisioning"), devbox("running")]

    await Devboxes(recorder).create_and_await_running(name="ci")

    assert paths(recorder) == ["create_and_await_running", "wait_for_status"]


async def test_create_waits_no_longer_than_needed(recorder: Recorder) -> None:
    recorder.answers = [devbox("running")]

    await Devboxes(recorder).create_and_await_running(name="ci")

    assert len(recorder.calls) == 1


@pytest.mark.parametrize("first", ["running", "completed"])
async def test_a_command_is_run_to_its_end(recorder: Recorder, first: str) -> None:
    recorder.answers = [execution(first), execution("completed")]

    got = await Devboxes(recorder).execute_and_await_completion(
        "dbx_1", command="make", last_n=5
    )

    assert got.status == "completed"
    if first == "running":
        wait = recorder.calls[1].request
        assert wait.query == {"last_n": "5"}
        assert wait.json == {"statuses": ["completed"], "timeout_seconds": 25}


async def test_a_command_can_be_waited_for_by_its_id(recorder: Recorder) -> None:
    recorder.answers = [execution("completed")]

    await Devboxes(recorder).executions.await_completed("exe_1", devbox_id="dbx_1")

    assert recorder.queries == [{}]


def command_id(request: Incoming) -> str:
    return str(json.loads(request.body)["command_id"])


async def test_each_await_of_a_command_has_an_id_of_its_own() -> None:
    async with served(http_json(EXECUTION, status=503), http_json(EXECUTION)) as (
        server,
        client,
    ):
        call = client.devboxes.execute("d", command="ls")
        await call
        await call
        await client.devboxes.execute("d", command="ls", command_id="mine")

    first, again, second, given = (command_id(request) for request in server.requests)
    assert first == again
    assert second not in {first, "mine"}
    assert given == "mine"


async def test_a_command_that_may_run_is_ambiguous() -> None:
    async with served(then_close(b""), max_retries=2) as (server, client):
        result = await client.bulk([client.devboxes.execute("d", command="ls")])

    ((_, error),) = result.failures
    assert isinstance(error, APIConnectionError)
    assert (error.ambiguous, error.attempts) == (True, 3)
    assert len({command_id(request) for request in server.requests}) == 1
