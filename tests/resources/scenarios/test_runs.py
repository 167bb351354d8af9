import pytest

from runloop_async.calls.polling import PollingConfig
from runloop_async.errors import ConflictError, PollingTimeout, WaitError
from runloop_async.models.scenarios.runs import ScenarioRunView
from runloop_async.resources.scenarios.runs import ScenarioRuns
from tests.fakes import Recorder
from tests.samples import scenario_run

TEN = PollingConfig(timeout_seconds=10)


def asked(recorder: Recorder) -> list[str]:
    """Return what was done, in words of the path."""
    steps = [call.request.path.split("/")[-1] for call in recorder.calls]
    return ["look" if step == "scr_1" else step for step in steps]


def states(recorder: Recorder, *states: str) -> None:
    recorder.answers = [(200, scenario_run("scr_1", state)) for state in states]


async def test_await_scored_returns_the_scored_run(recorder: Recorder) -> None:
    states(recorder, "scoring", "scoring", "scored")

    got = await ScenarioRuns(recorder).await_scored("scr_1")

    assert got.state == "scored"
    assert recorder.clock.sleeps == [1.0, 1.0]


@pytest.mark.parametrize("state", ["failed", "canceled", "timeout"])
async def test_await_scored_refuses_another_end(recorder: Recorder, state: str) -> None:
    states(recorder, "scoring", state)

    with pytest.raises(WaitError, match=f"is {state}, not scored") as caught:
        await ScenarioRuns(recorder).await_scored("scr_1")

    assert isinstance(caught.value.last_value, ScenarioRunView)


async def test_await_scored_ends_at_its_deadline(recorder: Recorder) -> None:
    states(recorder, "scoring")

    with pytest.raises(PollingTimeout) as caught:
        await ScenarioRuns(recorder).await_scored("scr_1", polling_config=TEN)

    assert isinstance(caught.value.last_value, ScenarioRunView)
    assert recorder.clock.time_s == 10.0


async def test_score_and_await_scores_first(recorder: Recorder) -> None:
    states(recorder, "scoring", "scoring", "scored")

    got = await ScenarioRuns(recorder).score_and_await("scr_1", polling_config=TEN)

    assert got.state == "scored"
    assert asked(recorder) == ["score", "look", "look"]


async def test_score_and_complete_completes_at_the_end(recorder: Recorder) -> None:
    states(recorder, "scoring", "scored", "completed")

    got = await ScenarioRuns(recorder).score_and_complete("scr_1", polling_config=TEN)

    assert got.state == "completed"
    assert asked(recorder) == ["score", "look", "complete"]


async def test_a_run_that_was_not_scored_is_not_completed(recorder: Recorder) -> None:
    states(recorder, "scoring", "failed")

    with pytest.raises(WaitError):
        await ScenarioRuns(recorder).score_and_complete("scr_1")

    assert asked(recorder) == ["score", "look"]


async def test_a_run_that_cannot_be_scored_is_not_waited_for(
    recorder: Recorder,
) -> None:
    recorder.answers = [(409, {"message": "it is running"})]

    with pytest.raises(ConflictError):
        await ScenarioRuns(recorder).score_and_await("scr_1")

    assert asked(recorder) == ["score"]


async def test_a_wait_can_be_awaited_again(recorder: Recorder) -> None:
    states(recorder, "scored")
    waiting = ScenarioRuns(recorder).score_and_await("scr_1")

    await waiting
    await waiting

    assert asked(recorder) == ["score", "look", "score", "look"]
