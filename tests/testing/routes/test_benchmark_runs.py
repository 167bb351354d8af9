import io
import zipfile

import pytest

from runloop_async.testing.messages import JsonObject
from runloop_async.testing.state.benchmark_runs import new_benchmark_run
from runloop_async.testing.state.benchmarks import new_benchmark
from runloop_async.testing.state.scenarios.runs import new_scenario_run
from runloop_async.testing.state.scenarios.scenarios import new_scenario
from tests.testing.talk import Desk

PATH = "/v1/benchmark_runs"
OLD_PATH = "/v1/benchmarks/runs"


def result(score: float) -> JsonObject:
    return {"score": score, "scoring_function_results": []}


def run_with(desk: Desk, *parts: JsonObject) -> JsonObject:
    run = new_benchmark_run(desk.world)
    for part in parts:
        new_scenario_run(
            desk.world, benchmark_run_id=run["id"], scenario_id="scn_x", **part
        )
    return run


@pytest.fixture(params=[PATH, OLD_PATH])
def path(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_retrieve_returns_a_run(desk: Desk, path: str) -> None:
    run = new_benchmark_run(desk.world)
    assert desk.get(f"{path}/{run['id']}") == run
    assert desk.refused("GET", f"{path}/nothing") == 404


def test_list_can_be_filtered(desk: Desk, path: str) -> None:
    mine = {"benchmark_id": "b", "name": "n", "state": "failed"}
    run = new_benchmark_run(desk.world, **mine)
    for field in mine:
        new_benchmark_run(desk.world, **mine | {field: "completed"})
    assert desk.get(path, **mine)["runs"] == [run]
    assert len(desk.get(path, benchmark_id="b")["runs"]) == 3
    assert desk.get(path, state="unheard-of")["runs"] == []
    assert desk.get(path, search=run["id"][5:])["runs"] == [run]


def test_list_scenario_runs_has_those_of_the_run(desk: Desk, path: str) -> None:
    run = run_with(desk, {"state": "running"}, {"state": "completed"})
    run_with(desk, {"state": "running"})
    answer = desk.get(f"{path}/{run['id']}/scenario_runs")
    assert [part["state"] for part in answer["runs"]] == ["completed", "running"]
    some = desk.get(f"{path}/{run['id']}/scenario_runs", state="running")
    assert some["total_count"] == 1


def test_complete_fills_in_score_and_duration(desk: Desk, path: str) -> None:
    run = run_with(
        desk,
        {"state": "completed", "scoring_contract_result": result(1.0)},
        {"state": "completed", "scoring_contract_result": result(0.5)},
        {"state": "failed"},
    )
    desk.world.advance(12.0)

    completed = desk.post(f"{path}/{run['id']}/complete")

    assert completed["state"] == "completed"
    assert completed["score"] == 0.5
    assert completed["duration_ms"] == 12_000


def test_complete_of_a_run_without_scenario_runs_has_no_score(desk: Desk) -> None:
    run = run_with(desk)
    assert desk.post(f"{PATH}/{run['id']}/complete")["score"] is None


def test_complete_ends_the_scenario_runs_that_are_open(desk: Desk) -> None:
    run = run_with(desk, {"state": "running"}, {"state": "scored"}, {"state": "failed"})
    desk.post(f"{PATH}/{run['id']}/complete")
    parts = desk.get(f"{PATH}/{run['id']}/scenario_runs")["runs"]
    assert [part["state"] for part in parts] == ["failed", "completed", "canceled"]


def test_cancel_scores_over_what_was_scored(desk: Desk, path: str) -> None:
    run = run_with(
        desk,
        {"state": "completed", "scoring_contract_result": result(0.75)},
        {"state": "running"},
    )
    canceled = desk.post(f"{path}/{run['id']}/cancel")
    assert canceled["state"] == "canceled"
    assert canceled["score"] == 0.75


@pytest.mark.parametrize("verb", ["complete", "cancel"])
@pytest.mark.parametrize("state", ["completed", "canceled", "failed"])
def test_a_run_that_is_over_stays_as_it_is(desk: Desk, state: str, verb: str) -> None:
    run = new_benchmark_run(desk.world, state=state)
    assert desk.refused("POST", f"{PATH}/{run['id']}/{verb}") == 400
    assert run["state"] == state


def test_download_logs_is_a_zip_with_a_folder_per_scenario_run(
    desk: Desk, path: str
) -> None:
    run = run_with(desk, {"state": "running"})
    [part] = desk.get(f"{path}/{run['id']}/scenario_runs")["runs"]

    answer = desk.download(f"{path}/{run['id']}/download_logs")

    assert answer.content_type == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        assert archive.testzip() is None
        assert set(archive.namelist()) == {
            "run.log",
            f"{part['id']}/agent.log",
            f"{part['id']}/scoring.log",
            f"{part['id']}/run.json",
        }


def test_the_old_shape_tells_what_is_pending_and_what_was_scored() -> None:
    desk = Desk(old_shape=True)
    done, open_, pending = (new_scenario(desk.world)["id"] for _ in range(3))
    benchmark = new_benchmark(desk.world, scenarioIds=[done, open_, pending])
    run = new_benchmark_run(desk.world, benchmark_id=benchmark["id"], name="n")
    inside = {"benchmark_run_id": run["id"]}
    scored = new_scenario_run(
        desk.world,
        scenario_id=done,
        state="scored",
        scoring_contract_result=result(0.5),
        **inside,
    )
    new_scenario_run(desk.world, scenario_id=open_, **inside)

    answer = desk.get(f"{OLD_PATH}/{run['id']}")

    assert answer == {
        "id": run["id"],
        "benchmark_id": benchmark["id"],
        "name": "n",
        "state": "running",
        "start_time_ms": run["start_time_ms"],
        "duration_ms": None,
        "score": None,
        "metadata": {},
        "pending_scenarios": [open_, pending],
        "scenario_runs": [
            {
                "scenario_id": done,
                "scenarioRunId": scored["id"],
                "scoringResult": result(0.5),
            }
        ],
    }
    assert desk.get(OLD_PATH)["runs"] == [answer]


def test_the_old_shape_of_a_run_of_no_benchmark_has_nothing_pending() -> None:
    desk = Desk(old_shape=True)
    run = new_benchmark_run(desk.world)
    assert desk.get(f"{PATH}/{run['id']}")["pending_scenarios"] == []
