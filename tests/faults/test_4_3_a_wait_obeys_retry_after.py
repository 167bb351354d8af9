"""A wait asks no sooner than the server said, however long its deadline allows."""

import pytest

from runloop_async import PollingConfig, PollingTimeout, RateLimitError
from runloop_async.resources.benchmark_runs import BenchmarkRuns
from runloop_async.resources.devboxes import Devboxes
from tests.fakes import FakeClock
from tests.rawserver import RawServer, http, http_json
from tests.samples import devbox, run
from tests.sends import sending

HOUR = PollingConfig(interval_seconds=0.1, timeout_seconds=3600)


def busy(seconds: int, status: int = 429) -> bytes:
    return http(b"", f"Retry-After: {seconds}", status=status)


@pytest.mark.parametrize("seconds", [2, 599, 700, 3000])
@pytest.mark.parametrize("status", [429, 503])
async def test_the_time_that_the_server_asks_for_is_waited_out(
    seconds: int, status: int
) -> None:
    clock = FakeClock()
    answers = [busy(seconds, status), http_json(run("bmr_1", "completed"))]
    async with (
        RawServer(*answers) as server,
        sending(server.url, clock=clock) as runner,
    ):
        got = await BenchmarkRuns(runner).wait("bmr_1", polling_config=HOUR)

    assert got.state == "completed"
    assert len(server.requests) == 2
    assert seconds <= clock.time_s <= seconds + 1


async def test_long_polls_wait_as_long() -> None:
    clock = FakeClock()
    async with (
        RawServer(busy(700), http_json(devbox("dbx_1", "running"))) as server,
        sending(server.url, clock=clock) as runner,
    ):
        got = await Devboxes(runner).await_running("dbx_1", polling_config=HOUR)

    assert got.status == "running"
    assert len(server.requests) == 2
    assert clock.time_s >= 700


async def test_a_time_beyond_the_deadline_ends_the_wait_without_asking() -> None:
    async with (
        RawServer(busy(700)) as server,
        sending(server.url) as runner,
    ):
        minute = PollingConfig(interval_seconds=0.1, timeout_seconds=60)
        with pytest.raises(PollingTimeout) as caught:
            await BenchmarkRuns(runner).wait("bmr_1", polling_config=minute)

    assert len(server.requests) == 1
    assert isinstance(caught.value.__cause__, RateLimitError)


async def test_other_calls_keep_the_bound_of_the_policy() -> None:
    async with RawServer(busy(700)) as server, sending(server.url) as runner:
        with pytest.raises(RateLimitError):
            await BenchmarkRuns(runner).retrieve("bmr_1")

    assert len(server.requests) == 1
