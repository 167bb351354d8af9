"""Blueprints: their builds are waited for."""

import pytest

from runloop_async.calls.polling import PollingConfig
from runloop_async.errors import WaitError
from runloop_async.resources.blueprints import Blueprints
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
