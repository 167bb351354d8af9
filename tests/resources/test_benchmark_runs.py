from typing import Any, TypeVar

import attrs
import pytest

from runloop_async.annotations import override
from runloop_async.calls.polling import PollingConfig
from runloop_async.calls.runner import Sendable
from runloop_async.errors import APITimeoutError, NotFoundError, PollingTimeout
from runloop_async.models.benchmark_runs import BenchmarkRunView
from runloop_async.models.scenarios.runs import ScenarioRunView
from runloop_async.resources.benchmark_runs import BenchmarkRuns
from runloop_async.wire.request import Safety
from tests.fakes import Recorder
from tests.rawserver import RawServer, http, http_json
from tests.resources.cases import Case, file, get, methods, post
from tests.samples import page, run, scenario_run
from tests.sends import sending

T = TypeVar("T")
TEN = PollingConfig(timeout_seconds=10)
RUNS = "/v1/benchmark_runs"
CASES = {
    "retrieve": Case[BenchmarkRuns](
        lambda r: r.retrieve("bmr_1"),
        get(f"{RUNS}/{{id}}", id="bmr_1"),
        run(),
        BenchmarkRunView,
    ),
    "list": Case[BenchmarkRuns](
        lambda r: r.list(benchmark_id="bmd_1", include_total_count=False),
        get(RUNS, {"benchmark_id": "bmd_1", "include_total_count": "false"}),
        page("runs", run()),
        BenchmarkRunView,
    ),
    "cancel": Case[BenchmarkRuns](
        lambda r: r.cancel("bmr_1"),
        post(f"{RUNS}/{{id}}/cancel", id="bmr_1", safety=Safety.SAFE),
        run(),
        BenchmarkRunView,
    ),
    "complete": Case[BenchmarkRuns](
        lambda r: r.complete("bmr_1"),
        post(f"{RUNS}/{{id}}/complete", id="bmr_1", safety=Safety.SAFE),
        run(),
        BenchmarkRunView,
    ),
    "download_logs": Case[BenchmarkRuns](
        lambda r: r.download_logs("bmr_1"),
        file(f"{RUNS}/{{id}}/download_logs", id="bmr_1"),
        b"zip",
        bytes,
    ),
    "list_scenario_runs": Case[BenchmarkRuns](
        lambda r: r.list_scenario_runs("bmr_1", state="scored"),
        get(f"{RUNS}/{{id}}/scenario_runs", {"state": "scored"}, id="bmr_1"),
        page("runs", scenario_run()),
        ScenarioRunView,
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_method_makes_its_request(case: Case[BenchmarkRuns]) -> None:
    assert case.asked(BenchmarkRuns) == case.request


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_a_method_gives_its_model(case: Case[BenchmarkRuns]) -> None:
    assert await case.given(BenchmarkRuns) is case.gives


def test_every_method_is_tested() -> None:
    assert methods(BenchmarkRuns) == CASES.keys() | {
        "wait",
        "wait_many",
        "retrieve_many",
    }


@pytest.mark.parametrize("state", ["completed", "failed", "canceled"])
async def test_wait_ends_when_the_run_has_ended(recorder: Recorder, state: str) -> None:
    recorder.answers = [(200, run()), (200, run(state=state))]

    got = await BenchmarkRuns(recorder).wait("bmr_1")

    assert got.state == state
    assert recorder.clock.sleeps == [5.0]


async def test_wait_can_be_awaited_again(recorder: Recorder) -> None:
    recorder.answers = [(200, run(state="completed"))]
    waiting = BenchmarkRuns(recorder).wait("bmr_1", polling_config=TEN)

    await waiting
    await waiting

    assert len(recorder.calls) == 2


def listed(*states: str, has_more: bool = False, first: int = 0) -> tuple[int, object]:
    """Return a page with runs in these states: `bmr_0`, `bmr_1` and so on."""
    runs = (run(f"bmr_{first + n}", state) for n, state in enumerate(states))
    return 200, page("runs", *runs, has_more=has_more)


def states(runs: Any) -> list[str]:
    return [run.state for run in runs]


async def test_wait_many_returns_the_runs_in_the_order_asked(
    recorder: Recorder,
) -> None:
    recorder.answers = [
        listed("running", "failed", "completed", "running"),
        listed("canceled", "failed", "completed", "running"),
    ]
    ids = ["bmr_2", "bmr_0", "bmr_1", "bmr_0"]

    got = await BenchmarkRuns(recorder).wait_many(iter(ids), polling_config=TEN)

    assert [run.id for run in got] == ids
    assert states(got) == ["completed", "canceled", "failed", "canceled"]


async def test_wait_many_reads_large_pages_of_the_benchmark(
    recorder: Recorder,
) -> None:
    recorder.answers = [listed("completed")]

    await BenchmarkRuns(recorder).wait_many(["bmr_0"], benchmark_id="bmd_1")

    assert recorder.queries == [
        {"limit": "5000", "include_total_count": "false", "benchmark_id": "bmd_1"}
    ]


async def test_wait_many_reads_another_page_only_where_that_saves_requests(
    recorder: Recorder,
) -> None:
    many = [f"bmr_{n}" for n in range(60)]
    recorder.answers = [
        listed(*["running"] * 30, has_more=True),
        listed(*["completed"] * 30, first=30, has_more=True),
        listed(*["completed"] * 30, has_more=True),
    ]

    await BenchmarkRuns(recorder).wait_many(many, polling_config=TEN)

    cursors = [query.get("starting_after") for query in recorder.queries]
    assert cursors == [None, "bmr_29", None]


async def test_wait_many_asks_by_itself_for_what_is_not_listed(
    recorder: Recorder,
) -> None:
    recorder.answers = [
        listed("completed"),
        (200, run("bmr_7", "running")),
        (200, run("bmr_7", "completed")),
    ]

    got = await BenchmarkRuns(recorder).wait_many(["bmr_0", "bmr_7"])

    assert states(got) == ["completed", "completed"]
    assert [call.request.path for call in recorder.calls] == [
        RUNS,
        f"{RUNS}/bmr_7",
        f"{RUNS}/bmr_7",
    ]


def out_of_time() -> APITimeoutError:
    error = APITimeoutError("late", phase="total")
    error.out_of_time = True
    return error


async def test_a_late_run_does_not_lose_those_in_hand(recorder: Recorder) -> None:
    recorder.answers = [listed("completed"), out_of_time()]

    with pytest.raises(PollingTimeout, match="1 completed") as caught:
        await BenchmarkRuns(recorder).wait_many(["bmr_0", "bmr_7"], polling_config=TEN)

    assert states(caught.value.last_value) == ["completed"]


async def test_a_run_that_comes_back_under_another_id_ends_the_wait(
    recorder: Recorder,
) -> None:
    recorder.answers = [listed(), (200, run("bmr_other", "completed"))]

    (got,) = await BenchmarkRuns(recorder).wait_many(["bmr_7"], polling_config=TEN)

    assert got.id == "bmr_other"


async def test_a_wait_whose_next_retry_is_too_late_looks_once_more_at_its_end(
    recorder: Recorder,
) -> None:
    recorder.answers = [
        (200, run()),
        out_of_time(),
        (200, run(state="completed")),
    ]

    got = await BenchmarkRuns(recorder).wait("bmr_1", polling_config=TEN)

    assert got.state == "completed"
    assert recorder.clock.time_s == pytest.approx(10.0)


async def test_wait_many_raises_when_there_is_no_such_run(recorder: Recorder) -> None:
    recorder.answers = [listed("completed"), (404, {})]

    with pytest.raises(NotFoundError):
        await BenchmarkRuns(recorder).wait_many(["bmr_0", "bmr_7"])

    assert recorder.clock.sleeps == []


async def test_wait_many_has_the_runs_as_last_seen_on_its_error(
    recorder: Recorder,
) -> None:
    recorder.answers = [listed("completed", "running")]

    with pytest.raises(PollingTimeout, match="waiting for 2 benchmark runs") as caught:
        await BenchmarkRuns(recorder).wait_many(["bmr_1", "bmr_0"], polling_config=TEN)

    assert states(caught.value.last_value) == ["running", "completed"]


async def test_wait_many_waits_out_a_failure_that_may_pass() -> None:
    answers = [http(status=503)] * 9 + [http_json(listed("completed")[1])]

    async with RawServer(*answers) as server, sending(server.url) as runner:
        got = await BenchmarkRuns(runner).wait_many(["bmr_0"])

    assert states(got) == ["completed"]


@attrs.define
class SlowRecorder(Recorder):
    """A recorder that takes four seconds for a call, and notes when each is due."""

    due_s: list[float] = attrs.field(factory=list[float])

    @override
    async def run(self, call: Sendable[T]) -> T:
        self.due_s.append(self.clock.now() + (call.options.get("deadline") or 0.0))
        self.clock.time_s += 4.0
        return call.read(self._answer(call))


async def test_wait_many_gives_no_request_more_than_the_time_left() -> None:
    recorder = SlowRecorder()
    recorder.answers = [
        listed("running", "completed", has_more=True),
        (200, run("bmr_7", "completed")),
        listed("completed"),
    ]

    await BenchmarkRuns(recorder).wait_many(
        ["bmr_0", "bmr_1", "bmr_7"], polling_config=PollingConfig(timeout_seconds=20)
    )

    assert recorder.due_s == [20.0] * 3
