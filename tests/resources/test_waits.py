"""Waits of the resources that are asked again and again: builds and snapshots."""

import pytest

from runloop_async.calls.polling import PollingConfig
from runloop_async.errors import WaitError
from runloop_async.resources.blueprints import Blueprints
from runloop_async.resources.devboxes import Devboxes
from runloop_async.resources.pty import Pty
from tests.fakes import Recorder

BLUEPRINT: dict[str, object] = {
    "id": "bpt_1",
    "create_time_ms": 1,
    "name": "base",
    "parameters": {"name": "base"},
    "state": "created",
    "status": "building",
}


def blueprint(status: str) -> tuple[int, object]:
    return 200, BLUEPRINT | {"status": status}


async def test_a_blueprint_is_made_and_its_build_waited_for(recorder: Recorder) -> None:
    recorder.answers = [
        blueprint("queued"),
        blueprint("building"),
        blueprint("build_complete"),
    ]

    got = await Blueprints(recorder).create_and_await_build_complete(name="base")

    assert got.status == "build_complete"
    assert [call.request.method for call in recorder.calls] == ["POST", "GET", "GET"]


async def test_a_build_that_fails_is_an_error(recorder: Recorder) -> None:
    recorder.answers = [blueprint("failed")]

    with pytest.raises(WaitError, match="failed"):
        await Blueprints(recorder).await_build_complete(
            "bpt_1", polling_config=PollingConfig(timeout_seconds=9)
        )


async def test_a_snapshot_is_waited_for(recorder: Recorder) -> None:
    recorder.answers = [(200, {"status": "in_progress"}), (200, {"status": "complete"})]

    got = await Devboxes(recorder).disk_snapshots.await_completed("snp_1")

    assert got.status == "complete"


@pytest.mark.parametrize(
    ("more", "told"), [({}, "is error$"), ({"error_message": "full"}, "error: full")]
)
async def test_a_snapshot_that_fails_is_an_error(
    recorder: Recorder, more: dict[str, object], told: str
) -> None:
    recorder.answers = [(200, {"status": "error"} | more)]

    with pytest.raises(WaitError, match=told):
        await Devboxes(recorder).disk_snapshots.await_completed("snp_1")


def test_the_name_of_a_terminal_is_checked(recorder: Recorder) -> None:
    with pytest.raises(ValueError, match="session_name"):
        _ = Pty(recorder).connect("a/b")
