"""A wait whose time is up ends as such, wherever in its steps that happens."""

from typing import Any

import attrs
import pytest

from runloop_async import PollingConfig, PollingTimeout, Repeatable
from runloop_async.annotations import override
from runloop_async.calls.runner import Runner
from runloop_async.resources.benchmark_runs import BenchmarkRuns
from runloop_async.resources.devboxes import Devboxes
from tests.fakes import FakeClock
from tests.rawserver import Connection, Incoming, RawServer, http_json
from tests.samples import devbox, page, run
from tests.sends import sending

TIMED = PollingConfig(timeout_seconds=10, interval_seconds=3)


@attrs.define
class BusyClock(FakeClock):
    """The clock of a machine that is so busy that each look at it takes a while."""

    look_s: float = attrs.field(kw_only=True)

    @override
    def now(self) -> float:
        self.time_s += self.look_s
        return self.time_s


async def answer(request: Incoming, connection: Connection) -> None:
    if "/devboxes/" in request.target:
        await connection.send(http_json(devbox("dbx_1", "provisioning")))
    elif "?" in request.target:
        await connection.send(http_json(page("runs", run("bmr_1"), run("bmr_2"))))
    else:
        await connection.send(http_json(run("bmr_1")))


def wait(kind: str, runner: Runner) -> Repeatable[Any]:
    runs = BenchmarkRuns(runner)
    if kind == "one":
        return runs.wait("bmr_1", polling_config=TIMED)
    if kind == "many":
        return runs.wait_many(["bmr_1", "bmr_2"], polling_config=TIMED)
    return Devboxes(runner).await_running("dbx_1", polling_config=TIMED)


@pytest.mark.parametrize("look_s", [0.01, 0.3, 0.7, 1.1, 1.9, 2.6, 3.4, 4.9, 6, 9, 11])
@pytest.mark.parametrize("kind", ["one", "many", "held"])
@pytest.mark.usefixtures("path")
async def test_it_is_a_polling_timeout(kind: str, look_s: float) -> None:
    clock = BusyClock(look_s=look_s)
    async with RawServer(answer) as server, sending(server.url, clock=clock) as runner:
        with pytest.raises(PollingTimeout):
            await wait(kind, runner)
