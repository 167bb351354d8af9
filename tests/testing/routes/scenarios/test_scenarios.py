import pytest

from runloop_async.testing.messages import JsonObject
from runloop_async.testing.state.benchmark_runs import new_benchmark_run
from runloop_async.testing.state.benchmarks import new_benchmark
from runloop_async.testing.state.scenarios.runs import new_scenario_run
from runloop_async.testing.state.scenarios.scenarios import new_scenario
from tests.testing.talk import Desk

PATH = "/v1/scenarios"


def function(**scorer: str) -> JsonObject:
    given = scorer or {"type": "bash_script_scorer", "bash_script": "echo score=1.0"}
    return {"name": "works", "weight": 1, "scorer": given}


def body(**changed: object) -> JsonObject:
    usual: JsonObject = {
        "name": "s",
        "input_context": {"problem_statement": "p"},
        "scoring_contract": {"scoring_function_parameters": [function()]},
    }
    return usual | changed


def test_create_answers_with_the_scenario(desk: Desk) -> None:
    environment = {"working_directory": "/w", "launch_parameters": {"user": None}}
    given = body(
        environment_parameters=environment,
        metadata={"k": "v"},
        reference_output="diff",
        required_environment_variables=["E"],
        required_secret_names=["S"],
        scorer_timeout_sec=60,
        validation_type="FORWARD",
    )

    scenario = desk.post(PATH, **given)

    del given["environment_parameters"]
    expected = {"environment": environment, "is_public": False, "status": "active"}
    assert scenario == given | expected | {"id": scenario["id"]}
    assert desk.get(f"{PATH}/{scenario['id']}") == scenario


@pytest.mark.parametrize("name", ["name", "input_context", "scoring_contract"])
def test_create_needs_its_required_fields(name: str, desk: Desk) -> None:
    given = body()
    del given[name]
    assert desk.refused("POST", PATH, **given) == 400


@pytest.mark.parametrize(
    "scorer",
    [
        {"type": "crystal_ball"},
        {"kind": "command_scorer"},
        {"type": "ast_grep_scorer", "pattern": "p"},
        {"type": "custom_scorer"},
        {"type": "python_script_scorer"},
    ],
)
def test_create_refuses_a_scorer_that_cannot_score(
    scorer: dict[str, str], desk: Desk
) -> None:
    contract = {"scoring_function_parameters": [function(**scorer)]}
    assert desk.refused("POST", PATH, **body(scoring_contract=contract)) == 400


def test_create_refuses_a_function_name_with_odd_characters(desk: Desk) -> None:
    contract = {"scoring_function_parameters": [function() | {"name": "a b"}]}
    assert desk.refused("POST", PATH, **body(scoring_contract=contract)) == 400


def test_create_refuses_an_unheard_of_validation_type(desk: Desk) -> None:
    assert desk.refused("POST", PATH, **body(validation_type="SIDEWAYS")) == 400


def test_update_replaces_what_is_given_and_keeps_what_is_null(desk: Desk) -> None:
    scenario = new_scenario(
        desk.world,
        input_context={"problem_statement": "p", "additional_context": {"a": 1}},
    )
    before = scenario["scoring_contract"]

    updated = desk.post(
        f"{PATH}/{scenario['id']}",
        name="new",
        input_context={"problem_statement": "q", "additional_context": None},
        scoring_contract={"scoring_function_parameters": None},
        metadata=None,
    )

    assert updated["name"] == "new"
    assert updated["input_context"] == {
        "problem_statement": "q",
        "additional_context": {"a": 1},
    }
    assert updated["scoring_contract"] == before


def test_update_clears_what_is_given_as_empty(desk: Desk) -> None:
    scenario = new_scenario(
        desk.world, reference_output="diff", validation_type="FORWARD"
    )
    path = f"{PATH}/{scenario['id']}"
    updated = desk.post(path, reference_output="", validation_type="")
    assert updated["reference_output"] is None
    assert updated["validation_type"] is None


def test_update_refuses_a_blank_name_and_an_archived_scenario(desk: Desk) -> None:
    active, archived = (
        new_scenario(desk.world, status=status) for status in ("active", "archived")
    )
    assert desk.refused("POST", f"{PATH}/{active['id']}", name="") == 400
    assert desk.refused("POST", f"{PATH}/{archived['id']}", name="n") == 400


def test_lists_have_what_is_active_the_own_here_and_the_public_there(
    desk: Desk,
) -> None:
    own = new_scenario(desk.world)
    new_scenario(desk.world, status="archived")
    public = new_scenario(desk.world, is_public=True)
    assert desk.get(PATH)["scenarios"] == [own]
    assert desk.get(f"{PATH}/list_public")["scenarios"] == [public]


def test_list_can_be_filtered(desk: Desk) -> None:
    mine = {"name": "n", "validation_type": "REVERSE"}
    scenario = new_scenario(desk.world, **mine)
    new_scenario(desk.world, name="n")
    new_scenario(desk.world, validation_type="REVERSE")
    benchmark = new_benchmark(desk.world, scenarioIds=[scenario["id"]])
    assert desk.get(PATH, **mine)["scenarios"] == [scenario]
    assert desk.get(PATH, benchmark_id=benchmark["id"])["scenarios"] == [scenario]
    assert desk.get(PATH, benchmark_id="bmd_x")["scenarios"] == []


def test_list_runs_has_those_of_the_scenario(desk: Desk) -> None:
    scenario = new_scenario(desk.world)
    run = new_scenario_run(desk.world, scenario_id=scenario["id"])
    new_scenario_run(desk.world, scenario_id="other")
    assert desk.get(f"{PATH}/{scenario['id']}/runs")["runs"] == [run]


def test_archive_and_unarchive_change_the_status(desk: Desk) -> None:
    path = f"{PATH}/{new_scenario(desk.world)['id']}"
    assert desk.post(f"{path}/archive")["status"] == "archived"
    assert desk.post(f"{path}/unarchive")["status"] == "active"


def test_metadata_keys_and_values_are_those_of_scenarios(desk: Desk) -> None:
    new_scenario(desk.world, metadata={"language": "go"})
    keys = f"{PATH}/metadata/keys"
    assert desk.get(keys) == {"keys": ["language"]}
    assert desk.get(f"{keys}/language/values") == {
        "key": "language",
        "values": ["go"],
    }


def test_start_run_makes_a_running_run_on_a_devbox(desk: Desk) -> None:
    scenario = new_scenario(desk.world)
    run = desk.post(f"{PATH}/start_run", scenario_id=scenario["id"], run_name="n")
    assert run["state"] == "running"
    assert run["name"] == "n"
    assert run["scenario_id"] == scenario["id"]
    assert run["benchmark_run_id"] is None
    assert run["devbox_id"].startswith("dbx_")


def test_start_run_within_a_benchmark_run_takes_over_its_variables(desk: Desk) -> None:
    scenario = new_scenario(desk.world, required_environment_variables=["A", "B"])
    around = new_benchmark_run(
        desk.world,
        environment_variables={"A": "around", "B": "around"},
        secrets_provided={"S": "NAME"},
    )
    run = desk.post(
        f"{PATH}/start_run",
        scenario_id=scenario["id"],
        benchmark_run_id=around["id"],
        runProfile={"envVars": {"B": "own"}},
    )
    assert run["benchmark_run_id"] == around["id"]
    assert run["environment_variables"] == {"A": "around", "B": "own"}
    assert run["secrets_provided"] == {"S": "NAME"}
    listed = desk.get(f"/v1/benchmark_runs/{around['id']}/scenario_runs")
    assert listed["runs"] == [run]


def test_start_run_is_refused_where_it_cannot_be(desk: Desk) -> None:
    path = f"{PATH}/start_run"
    plain = new_scenario(desk.world)["id"]
    needy = new_scenario(desk.world, required_secret_names=["S"])["id"]
    over = new_benchmark_run(desk.world, state="completed")["id"]
    assert desk.refused("POST", path, scenario_id="scn_x") == 404
    assert desk.refused("POST", path, scenario_id=needy) == 400
    assert desk.refused("POST", path, scenario_id=plain, benchmark_run_id="x") == 404
    assert desk.refused("POST", path, scenario_id=plain, benchmark_run_id=over) == 400
