"""Waiting: until the answer will do, by a deadline, with pauses."""

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runloop_async.calls.polling import (
    RUN,
    PollingConfig,
    poll,
    until_ended,
    until_left,
)
from runloop_async.errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITLSError,
    AuthenticationError,
    ConfigurationError,
    InternalServerError,
    NotFoundError,
    PollingTimeout,
    RedirectError,
    WaitError,
)
from runloop_async.models.benchmark_runs import BenchmarkRunView
from runloop_async.resources.benchmark_runs import BenchmarkRuns
from tests.fakes import FakeClock, Recorder
from tests.rawserver import Answer, RawServer, http, http_json, then_close
from tests.samples import run
from tests.sends import sending

TEN = PollingConfig(interval_seconds=1, timeout_seconds=10)
ENDED = frozenset({"completed", "failed"})


async def ask_for(
    values: list[object], clock: FakeClock, polling: PollingConfig
) -> object:
    """Poll for the word `done`, given these answers; the last one repeats."""
    rest = [*values]

    async def ask(_: float) -> object:
        value = rest.pop(0) if len(rest) > 1 else rest[0]
        if isinstance(value, Exception):
            raise value
        return value

    return await poll(
        ask,
        lambda value: value == "done",
        runner=Recorder(clock),
        polling=polling,
        options={},
        what="it",
    )


async def test_an_answer_that_will_do_ends_the_wait_at_once(clock: FakeClock) -> None:
    got = await ask_for(["done"], clock, TEN)

    assert (got, clock.sleeps) == ("done", [])


async def test_questions_are_an_interval_apart(clock: FakeClock) -> None:
    got = await ask_for(["no", "no", "done"], clock, TEN)

    assert (got, clock.sleeps) == ("done", [1.0, 1.0])


@pytest.mark.parametrize(("dice", "pause_s"), [(0.0, 0.9), (0.5, 1.0), (1.0, 1.1)])
async def test_intervals_differ_by_a_tenth(dice: float, pause_s: float) -> None:
    clock = FakeClock(dice=dice)

    await ask_for(["no", "done"], clock, TEN)

    assert clock.sleeps == [pytest.approx(pause_s)]


async def test_a_wait_that_is_over_has_the_last_answer(clock: FakeClock) -> None:
    with pytest.raises(PollingTimeout, match="after 10 s waiting for it") as caught:
        await ask_for(["no", "not yet"], clock, TEN)

    assert caught.value.last_value == "not yet"
    assert isinstance(caught.value, TimeoutError)
    assert clock.time_s == 10.0


def late(error: APIError) -> APIError:
    """Return an error as the runner marks it when there is no time for a retry."""
    error.out_of_time = True
    return error


async def test_a_wait_without_any_answer_makes_none_up(clock: FakeClock) -> None:
    failure = late(APIConnectionError("lost", phase="read"))

    with pytest.raises(PollingTimeout, match="its state is not known") as caught:
        await ask_for([failure], clock, TEN)

    assert caught.value.last_value is None
    assert caught.value.__cause__ is failure


async def test_a_failure_after_an_answer_keeps_the_answer(clock: FakeClock) -> None:
    failure = late(APIConnectionError("lost", phase="read"))

    with pytest.raises(PollingTimeout) as caught:
        await ask_for(["no", failure], clock, TEN)

    assert caught.value.last_value == "no"
    assert caught.value.__cause__ is failure


FAILURES = {
    "lost": then_close(b""),
    "cut": then_close(http(b"{", length=9)),
    "429": http(status=429),
    "503": http(status=503),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
async def test_a_failure_that_may_pass_is_waited_out(failure: Answer) -> None:
    answers = [failure] * 9 + [http_json(run("bmr_1", "completed"))]

    async with RawServer(*answers) as server, sending(server.url) as runner:
        got = await BenchmarkRuns(runner).wait("bmr_1")

    assert got.state == "completed"


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
async def test_a_failure_that_does_not_pass_ends_the_wait_in_time(
    failure: Answer, clock: FakeClock
) -> None:
    answers = [http_json(run("bmr_1")), failure]

    async with (
        RawServer(*answers) as server,
        sending(server.url, clock=clock) as runner,
    ):
        with pytest.raises(PollingTimeout, match="last state: running") as caught:
            await BenchmarkRuns(runner).wait("bmr_1", polling_config=TEN)

    assert isinstance(caught.value.__cause__, APIError)
    assert clock.time_s <= 10.0


async def test_retries_that_are_asked_for_bound_a_wait() -> None:
    async with (
        RawServer(http(status=503)) as server,
        sending(server.url) as runner,
    ):
        with pytest.raises(InternalServerError):
            await BenchmarkRuns(runner).wait("bmr_1").with_options(max_retries=2)

    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "failure",
    [
        NotFoundError("no such run", status_code=404),
        AuthenticationError("no such key", status_code=401),
        APIResponseValidationError("another shape"),
        APITLSError("another server", phase="connect", sent=False),
        RedirectError("elsewhere", phase="read", sent=True),
    ],
    ids=lambda failure: type(failure).__name__,
)
async def test_a_failure_that_cannot_pass_ends_the_wait_at_once(
    clock: FakeClock, failure: APIError
) -> None:
    with pytest.raises(type(failure)):
        await ask_for([failure, "done"], clock, TEN)

    assert clock.sleeps == []


async def test_a_bug_is_not_waited_out(clock: FakeClock) -> None:
    with pytest.raises(KeyError):
        await ask_for([KeyError(), "done"], clock, TEN)


@settings(deadline=None)  # machines may be busy
@given(
    interval_s=st.floats(0.1, 60), timeout_s=st.floats(0.1, 100), dice=st.floats(0, 1)
)
async def test_a_wait_takes_its_time_in_pauses_of_about_an_interval(
    interval_s: float, timeout_s: float, dice: float
) -> None:
    clock = FakeClock(dice=dice)
    polling = PollingConfig(interval_seconds=interval_s, timeout_seconds=timeout_s)

    with pytest.raises(PollingTimeout):
        await ask_for(["no"], clock, polling)

    *pauses, _ = clock.sleeps
    assert all(abs(pause - interval_s) <= 0.1001 * interval_s for pause in pauses)
    assert clock.time_s == pytest.approx(timeout_s)


async def test_each_question_is_given_the_time_that_is_left(clock: FakeClock) -> None:
    left: list[float] = []

    async def ask(left_s: float) -> str:
        left.append(left_s)
        return "no"

    with pytest.raises(PollingTimeout):
        await poll(
            ask,
            lambda _: False,
            runner=Recorder(clock),
            polling=TEN,
            options={},
            what="it",
        )

    assert left == [*(float(10 - number) for number in range(10)), 0.0]


@pytest.mark.parametrize(
    ("status", "asked_at"), [(503, [0.0, 10.0]), (429, [0.0])], ids=["503", "429"]
)
async def test_a_time_that_a_rate_limit_names_is_obeyed_at_the_end_too(
    clock: FakeClock, status: int, asked_at: list[float]
) -> None:
    times = list[float]()
    kind = APIStatusError.class_for(status)

    async def ask(_: float) -> str:
        times.append(clock.now())
        error = kind("wait", status_code=status, retry_after=15.0)
        error.out_of_time = True
        raise error

    with pytest.raises(PollingTimeout):
        await poll(
            ask,
            lambda _: False,
            runner=Recorder(clock),
            polling=TEN,
            options={},
            what="it",
        )

    assert times == asked_at


def test_the_deadline_is_the_timeout_or_else_all_attempts() -> None:
    assert PollingConfig().deadline_s == 120.0
    assert PollingConfig(interval_seconds=2, max_attempts=3).deadline_s == 6.0
    assert PollingConfig(max_attempts=3, timeout_seconds=9).deadline_s == 9.0


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: PollingConfig(interval_seconds=0), id="no interval"),
        pytest.param(lambda: PollingConfig(interval_seconds=math.nan), id="nan"),
        pytest.param(lambda: PollingConfig(max_attempts=0), id="no attempt"),
        pytest.param(lambda: PollingConfig(timeout_seconds=-1), id="in the past"),
    ],
)
def test_a_wait_that_makes_no_sense_is_refused(
    make: Callable[[], PollingConfig],
) -> None:
    with pytest.raises(ConfigurationError):
        make()


def states(recorder: Recorder, *states: str) -> None:
    recorder.answers = [(200, run("bmr_1", state)) for state in states]


async def test_until_ended_returns_the_thing_in_its_last_state(
    recorder: Recorder,
) -> None:
    states(recorder, "running", "failed")

    got = await until_ended(BenchmarkRuns(recorder).retrieve("bmr_1"), ENDED, TEN)

    assert got.state == "failed"
    assert [call.options for call in recorder.calls] == [
        {"max_retries": 1_000_000, "deadline": 10.0},
        {"max_retries": 1_000_000, "deadline": 9.0},
    ]


async def test_until_ended_has_the_thing_on_its_error(recorder: Recorder) -> None:
    states(recorder, "running")

    with pytest.raises(PollingTimeout, match="/v1/benchmark_runs/bmr_1") as caught:
        await until_ended(BenchmarkRuns(recorder).retrieve("bmr_1"), ENDED, TEN)

    assert isinstance(caught.value.last_value, BenchmarkRunView)


async def test_until_left_returns_the_thing_in_the_state_wanted(
    recorder: Recorder,
) -> None:
    states(recorder, "running", "running", "completed")
    call = BenchmarkRuns(recorder).retrieve("bmr_1")

    got = await until_left(call, {"running"}, "completed", TEN)

    assert got.state == "completed"
    assert len(recorder.calls) == 3


async def test_until_left_refuses_another_state(recorder: Recorder) -> None:
    states(recorder, "running", "failed")
    call = BenchmarkRuns(recorder).retrieve("bmr_1")

    with pytest.raises(WaitError, match="is failed, not completed") as caught:
        await until_left(call, {"running"}, "completed", TEN)

    assert isinstance(caught.value.last_value, BenchmarkRunView)
    assert caught.value.last_value.state == "failed"


async def test_until_left_names_what_was_waited_for(recorder: Recorder) -> None:
    states(recorder, "running")
    call = BenchmarkRuns(recorder).retrieve("bmr_1")

    with pytest.raises(PollingTimeout, match="to be completed"):
        await until_left(call, {"running"}, "completed", TEN)


def test_settings_of_the_official_client_are_taken() -> None:
    official: Any = SimpleNamespace(
        interval_seconds=2.0, max_attempts=3, timeout_seconds=None
    )

    taken = PollingConfig.of(official, RUN)

    assert taken == PollingConfig(interval_seconds=2.0, max_attempts=3)


def test_other_settings_are_refused() -> None:
    other: Any = {"interval_seconds": 2.0}

    with pytest.raises(TypeError, match="must be a PollingConfig, not dict"):
        PollingConfig.of(other, RUN)
