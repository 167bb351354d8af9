"""What ended during the last pause of a wait is seen at its deadline."""

import pytest

from runloop_async import PollingConfig, PollingTimeout
from runloop_async.resources.benchmark_runs import BenchmarkRuns
from runloop_async.resources.devboxes import Devboxes
from tests.fakes import FakeClock
from tests.rawserver import RawServer, http_json
from tests.samples import devbox, page, run
from tests.sends import sending

SPARSE = PollingConfig(interval_seconds=60, timeout_seconds=10)


async def test_a_run_that_ended_in_time_is_returned() -> None:
    clock = FakeClock()
    answers = [http_json(run("bmr_1", state)) for state in ("running", "completed")]
    async with (
        RawServer(*answers) as server,
        sending(server.url, clock=clock) as runner,
    ):
        got = await BenchmarkRuns(runner).wait("bmr_1", polling_config=SPARSE)

    assert got.state == "completed"
    assert clock.sleeps == [10.0]


async def test_so_are_several_runs() -> None:
    answers = [
        http_json(page("runs", run("bmr_1", "completed"), run("bmr_2", state)))
        for state in ("running", "completed")
    ]
    async with RawServer(*answers) as server, sending(server.url) as runner:
        wait = BenchmarkRuns(runner).wait_many(
            ["bmr_1", "bmr_2"], polling_config=SPARSE
        )
        got = await wait

    assert [each.state for each in got] == ["completed", "completed"]


async def test_so_is_a_devbox_whose_server_does_not_hold_requests() -> None:
    answers = [
        http_json(devbox("dbx_1", state)) for state in ("provisioning", "running")
    ]
    async with RawServer(*answers) as server, sending(server.url) as runner:
        got = await Devboxes(runner).await_running("dbx_1", polling_config=SPARSE)

    assert got.status == "running"


async def test_the_last_look_is_one() -> None:
    async with (
        RawServer(http_json(run("bmr_1"))) as server,
        sending(server.url) as runner,
    ):
        with pytest.raises(PollingTimeout, match="last state: running"):
            await BenchmarkRuns(runner).wait("bmr_1", polling_config=SPARSE)

    assert len(server.requests) == 2
