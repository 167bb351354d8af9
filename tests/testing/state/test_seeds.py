import time

import pytest

from runloop_async.testing import Emulator
from runloop_async.testing.messages import JsonObject
from runloop_async.testing.state.benchmark_runs import BENCHMARK_RUNS
from runloop_async.testing.state.scenarios.runs import scenario_runs_of


@pytest.fixture
def api() -> Emulator:
    return Emulator(speed=0.0)


def test_what_is_added_has_the_fields_given(api: Emulator) -> None:
    assert api.benchmarks.add(name="b", description="d")["description"] == "d"
    assert api.scenarios.add(id="scn_1")["id"] == "scn_1"
    assert api.scenarios.scorers.add(type="t")["type"] == "t"
    assert api.benchmark_jobs.add(state="failed")["state"] == "failed"


def test_a_field_that_does_not_exist_is_refused(api: Emulator) -> None:
    with pytest.raises(TypeError, match="a benchmark has no field scenario_ids"):
        api.benchmarks.add(scenario_ids=[])


def test_an_id_that_is_taken_is_refused(api: Emulator) -> None:
    api.benchmark_runs.add(id="bmr_1")
    with pytest.raises(ValueError, match="already a row with the id 'bmr_1'"):
        api.benchmark_runs.add(id="bmr_1")


def test_a_benchmark_run_is_completed_and_scored_unless_told(api: Emulator) -> None:
    run = api.benchmark_runs.add()
    assert run["state"] == "completed"
    assert 0 <= run["score"] <= 1
    assert run["start_time_ms"] + run["duration_ms"] == api.world.now_ms


def test_a_running_run_has_neither_score_nor_duration(api: Emulator) -> None:
    run = api.benchmark_runs.add(state="running")
    assert run["score"] is None
    assert run["duration_ms"] is None
    assert run["start_time_ms"] == api.world.now_ms


def test_a_benchmark_run_is_of_the_newest_benchmark_unless_told(api: Emulator) -> None:
    first = api.benchmark_runs.add()
    newest = api.benchmarks.add()
    assert first["benchmark_id"] is not None
    assert api.benchmark_runs.add()["benchmark_id"] == newest["id"]
    assert api.benchmark_runs.add(benchmark_id=None)["benchmark_id"] is None


def test_a_scenario_run_is_of_the_newest_scenario_unless_told(api: Emulator) -> None:
    first = api.scenarios.runs.add()
    newest = api.scenarios.add()
    assert first["scenario_id"] is not None
    assert api.scenarios.runs.add()["scenario_id"] == newest["id"]
    assert api.scenarios.runs.add(scenario_id="scn_x")["scenario_id"] == "scn_x"


@pytest.mark.parametrize(
    ("state", "has_result", "is_over"),
    [
        ("running", False, False),
        ("scoring", False, False),
        ("scored", True, False),
        ("completed", True, True),
        ("failed", False, True),
    ],
)
def test_a_scenario_run_has_what_befits_its_state(
    state: str, has_result: bool, is_over: bool, api: Emulator
) -> None:
    run = api.scenarios.runs.add(state=state)
    assert (run["scoring_contract_result"] is not None) is has_result
    assert (run["duration_ms"] is not None) is is_over


def test_what_is_given_goes_before_what_is_usual(api: Emulator) -> None:
    run = api.benchmark_runs.add(score=0.125, duration_ms=1)
    assert run["score"] == 0.125
    assert run["duration_ms"] == 1


def runs_of(api: Emulator) -> list[JsonObject]:
    return api.world.table(BENCHMARK_RUNS).rows


def test_populate_makes_what_it_was_asked_for(api: Emulator) -> None:
    ids = api.populate(runs=200, benchmarks=2, scenarios=5)
    rows = runs_of(api)
    assert ids == [row["id"] for row in rows]
    assert len({row["benchmark_id"] for row in rows}) == 2
    assert {row["state"] for row in rows} == {
        "completed",
        "running",
        "canceled",
        "failed",
    }
    assert rows[0]["start_time_ms"] < rows[-1]["start_time_ms"] < api.world.now_ms


def test_populate_makes_scores_that_fit_the_scenario_runs(api: Emulator) -> None:
    api.populate(runs=200, scenarios=9)
    for run in runs_of(api):
        results = [
            part["scoring_contract_result"] for part in scenario_runs_of(api.world, run)
        ]
        if run["state"] == "completed":
            total = sum(result["score"] for result in results)
            assert run["score"] == pytest.approx(total / len(results), abs=1e-6)
        else:
            assert None in results
        assert (run["duration_ms"] is None) == (run["state"] == "running")


def test_populate_can_go_without_scenarios_or_runs(api: Emulator) -> None:
    assert len(api.populate(runs=20, scenarios=0)) == 20
    assert api.populate(runs=0, benchmarks=0) == []


def test_populate_refuses_runs_of_no_benchmark(api: Emulator) -> None:
    with pytest.raises(ValueError, match="at least one benchmark"):
        api.populate(runs=1, benchmarks=0)


def test_populate_takes_a_moment_only(api: Emulator) -> None:
    begun_s = time.process_time()
    api.populate(runs=2000)
    assert time.process_time() - begun_s < 1.0
