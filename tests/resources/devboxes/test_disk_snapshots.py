"""Snapshots of disks: they are waited for."""

import pytest

from runloop_async.errors import WaitError
from runloop_async.resources.devboxes import Devboxes
from tests.fakes import Recorder


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
