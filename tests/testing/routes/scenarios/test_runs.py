import io
import json
import zipfile

import pytest

from runloop_async.testing.messages import JsonObject
from runloop_async.testing.state.scenarios.runs import new_scenario_run
from runloop_async.testing.state.scenarios.scenarios import new_scenario
from tests.testing.talk import Desk

PATH = "/v1/scenarios/runs"
OVER = ["completed", "canceled", "timeout", "failed"]


def running(desk: Desk, **fields: object) -> JsonObject:
    scenario = new_scenario(
        desk.world,
        scoring_contract={
            "scoring_function_parameters": [
                {"name": name, "weight": weight, "scorer": {"type": "command_scorer"}}
                for name, weight in (("tests", 0.75), ("style", 0.25))
            ]
        },
    )
    return new_scenario_run(desk.world, scenario_id=scenario["id"], **fields)


def test_retrieve_returns_a_run(desk: Desk) -> None:
    run = running(desk)
    assert desk.get(f"{PATH}/{run['id']}") == run
    assert desk.refused("GET", f"{PATH}/nothing") == 404


def test_list_can_be_filtered(desk: Desk) -> None:
    mine = {"scenario_id": "s", "name": "n", "state": "failed", "benchmark_run_id": "b"}
    run = new_scenario_run(desk.world, **mine)
    for field in mine:
        new_scenario_run(desk.world, **mine | {field: "other"})
    assert desk.get(PATH, **mine)["runs"] == [run]
    assert len(desk.get(PATH)["runs"]) == 5


def test_a_run_is_scored_when_the_time_for_it_has_passed(desk: Desk) -> None:
    run = running(desk)
    path = f"{PATH}/{run['id']}"

    assert desk.post(f"{path}/score")["state"] == "scoring"
    desk.world.advance(1.9)
    assert desk.get(path)["state"] == "scoring"
    desk.world.advance(0.2)

    assert desk.get(path)["state"] == "scored"


def test_a_score_is_the_mean_of_what_the_functions_found_by_weight(desk: Desk) -> None:
    run = running(desk)
    desk.post(f"{PATH}/{run['id']}/score")
    desk.world.advance(5.0)
    result = run["scoring_contract_result"]
    tests, style = result["scoring_function_results"]
    assert tests["scoring_function_name"] == "tests"
    assert style["scoring_function_name"] == "style"
    assert tests["state"] in {"complete", "error"}
    assert tests["output"].endswith("\n")
    assert result["score"] == 0.75 * tests["score"] + 0.25 * style["score"]


def test_to_score_twice_changes_nothing(desk: Desk) -> None:
    run = running(desk)
    path = f"{PATH}/{run['id']}/score"
    desk.post(path)
    desk.world.advance(1.5)
    desk.post(path)
    desk.world.advance(1.0)
    before = run["scoring_contract_result"]
    assert before is not None

    assert desk.post(path)["state"] == "scored"
    desk.world.advance(9.0)

    assert run["scoring_contract_result"] is before


def test_a_scored_run_can_be_completed(desk: Desk) -> None:
    run = running(desk)
    path = f"{PATH}/{run['id']}"
    desk.post(f"{path}/score")
    desk.world.advance(5.0)

    completed = desk.post(f"{path}/complete")

    assert completed["state"] == "completed"
    assert completed["duration_ms"] == 5000
    assert completed["scoring_contract_result"] is not None


def test_a_run_can_be_completed_without_a_score(desk: Desk) -> None:
    run = running(desk)
    completed = desk.post(f"{PATH}/{run['id']}/complete")
    assert completed["state"] == "completed"
    assert completed["scoring_contract_result"] is None


def test_a_run_that_is_being_scored_cannot_be_completed(desk: Desk) -> None:
    run = running(desk)
    desk.post(f"{PATH}/{run['id']}/score")
    assert desk.refused("POST", f"{PATH}/{run['id']}/complete") == 400


def test_a_run_that_is_canceled_while_being_scored_gets_no_score(desk: Desk) -> None:
    run = running(desk)
    desk.post(f"{PATH}/{run['id']}/score")
    assert desk.post(f"{PATH}/{run['id']}/cancel")["state"] == "canceled"
    desk.world.advance(9.0)
    assert run["state"] == "canceled"
    assert run["scoring_contract_result"] is None


@pytest.mark.parametrize("verb", ["score", "complete", "cancel"])
@pytest.mark.parametrize("state", OVER)
def test_a_run_that_is_over_stays_as_it_is(state: str, verb: str, desk: Desk) -> None:
    run = running(desk, state=state)
    assert desk.refused("POST", f"{PATH}/{run['id']}/{verb}") == 400
    assert run["state"] == state


def test_a_run_of_an_unknown_scenario_cannot_be_scored(desk: Desk) -> None:
    run = new_scenario_run(desk.world, scenario_id="scn_x")
    assert desk.refused("POST", f"{PATH}/{run['id']}/score") == 404


def test_download_logs_is_a_zip_of_what_happened(desk: Desk) -> None:
    run = running(desk)
    desk.post(f"{PATH}/{run['id']}/score")
    desk.world.advance(5.0)

    answer = desk.download(f"{PATH}/{run['id']}/download_logs")

    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        assert json.loads(archive.read("run.json")) == run
        assert archive.read("scoring.log").startswith(b"tests: ")
        assert run["devbox_id"].encode() in archive.read("agent.log")
    assert desk.download(f"{PATH}/{run['id']}/download_logs") == answer
