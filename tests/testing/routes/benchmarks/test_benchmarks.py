import pytest

from runloop_async.testing.state.benchmark_runs import new_benchmark_run
from runloop_async.testing.state.benchmarks import new_benchmark
from runloop_async.testing.state.scenarios.scenarios import new_scenario
from tests.testing.talk import Desk

PATH = "/v1/benchmarks"


def test_create_answers_with_the_benchmark_in_wire_names(desk: Desk) -> None:
    scenario = new_scenario(desk.world)

    benchmark = desk.post(
        PATH,
        name="b",
        scenario_ids=[scenario["id"]],
        metadata={"k": "v"},
        required_environment_variables=["E"],
        required_secret_names=["S"],
        attribution="me",
        description="d",
    )

    assert benchmark == {
        "id": benchmark["id"],
        "name": "b",
        "scenarioIds": [scenario["id"]],
        "metadata": {"k": "v"},
        "required_environment_variables": ["E"],
        "required_secret_names": ["S"],
        "attribution": "me",
        "description": "d",
        "is_public": False,
        "status": "active",
    }
    assert desk.get(f"{PATH}/{benchmark['id']}") == benchmark


def test_create_leaves_out_what_is_null_or_empty(desk: Desk) -> None:
    benchmark = desk.post(PATH, name="b", description=None, attribution="")
    assert "description" not in benchmark
    assert "attribution" not in benchmark


def test_create_needs_a_name_that_is_not_blank(desk: Desk) -> None:
    assert desk.refused("POST", PATH) == 400
    assert desk.refused("POST", PATH, name=" ") == 400


def test_create_refuses_a_scenario_that_does_not_exist(desk: Desk) -> None:
    assert desk.refused("POST", PATH, name="b", scenario_ids=["scn_x"]) == 404


def test_update_replaces_what_is_given_and_keeps_what_is_null(desk: Desk) -> None:
    benchmark = new_benchmark(desk.world, name="old", description="kept")
    updated = desk.post(
        f"{PATH}/{benchmark['id']}", name="new", description=None, metadata={"k": "v"}
    )
    assert updated["name"] == "new"
    assert updated["description"] == "kept"
    assert updated["metadata"] == {"k": "v"}


def test_update_clears_what_is_given_as_empty(desk: Desk) -> None:
    benchmark = new_benchmark(
        desk.world, description="d", attribution="a", metadata={"k": "v"}
    )
    path = f"{PATH}/{benchmark['id']}"
    updated = desk.post(path, description="", attribution="", metadata={})
    assert "description" not in updated
    assert "attribution" not in updated
    assert updated["metadata"] == {}


def test_update_refuses_a_blank_name(desk: Desk) -> None:
    benchmark = new_benchmark(desk.world)
    assert desk.refused("POST", f"{PATH}/{benchmark['id']}", name="") == 400


def test_update_scenarios_adds_and_removes_each_once(desk: Desk) -> None:
    a, b, c = (new_scenario(desk.world)["id"] for _ in range(3))
    benchmark = new_benchmark(desk.world, scenarioIds=[a, b])
    path = f"{PATH}/{benchmark['id']}/scenarios"

    updated = desk.post(path, scenarios_to_add=[b, c], scenarios_to_remove=[a, "gone"])

    assert updated["scenarioIds"] == [b, c]
    assert desk.post(path)["scenarioIds"] == [b, c]


def test_update_scenarios_refuses_one_that_does_not_exist(desk: Desk) -> None:
    path = f"{PATH}/{new_benchmark(desk.world)['id']}/scenarios"
    assert desk.refused("POST", path, scenarios_to_add=["scn_x"]) == 404


def test_lists_have_what_is_active_the_own_here_and_the_public_there(
    desk: Desk,
) -> None:
    own = new_benchmark(desk.world, name="own")
    new_benchmark(desk.world, name="archived", status="archived")
    public = new_benchmark(desk.world, name="public", is_public=True)
    assert desk.get(PATH)["benchmarks"] == [own]
    assert desk.get(f"{PATH}/list_public")["benchmarks"] == [public]


def test_lists_can_be_filtered_by_name_and_searched(desk: Desk) -> None:
    one = new_benchmark(desk.world, name="one")
    new_benchmark(desk.world, name="oner")
    assert desk.get(PATH, name="one")["benchmarks"] == [one]
    assert len(desk.get(PATH, search="ONE")["benchmarks"]) == 2
    assert desk.get(f"{PATH}/list_public", name="one")["benchmarks"] == []


def test_archive_and_unarchive_change_the_status(desk: Desk) -> None:
    benchmark = new_benchmark(desk.world)
    path = f"{PATH}/{benchmark['id']}"
    assert desk.post(f"{path}/archive")["status"] == "archived"
    assert desk.get(path)["status"] == "archived"
    assert desk.post(f"{path}/unarchive")["status"] == "active"


@pytest.mark.parametrize("verb", ["archive", "unarchive"])
def test_the_status_of_a_public_benchmark_is_not_ones_own(
    verb: str, desk: Desk
) -> None:
    benchmark = new_benchmark(desk.world, is_public=True)
    assert desk.refused("POST", f"{PATH}/{benchmark['id']}/{verb}") == 403


def test_definitions_are_the_scenarios_of_the_benchmark(desk: Desk) -> None:
    inside = new_scenario(desk.world)
    archived = new_scenario(desk.world, status="archived")
    new_scenario(desk.world)
    benchmark = new_benchmark(
        desk.world, scenarioIds=[inside["id"], archived["id"], "gone"]
    )
    answer = desk.get(f"{PATH}/{benchmark['id']}/definitions", limit="1")
    assert answer == {"scenarios": [archived], "has_more": True, "total_count": 2}


def test_list_runs_has_those_of_the_benchmark(desk: Desk) -> None:
    benchmark = new_benchmark(desk.world)
    run = new_benchmark_run(desk.world, benchmark_id=benchmark["id"])
    new_benchmark_run(desk.world, benchmark_id="other")
    assert desk.get(f"{PATH}/{benchmark['id']}/runs")["runs"] == [run]
    assert desk.refused("GET", f"{PATH}/nothing/runs") == 404


def test_metadata_keys_and_values_are_those_of_active_benchmarks(desk: Desk) -> None:
    new_benchmark(desk.world, metadata={"team": "b", "tier": "1"})
    new_benchmark(desk.world, metadata={"team": "a"})
    new_benchmark(desk.world, metadata={"old": "x"}, status="archived")
    keys = f"{PATH}/metadata/keys"
    assert desk.get(keys) == {"keys": ["team", "tier"]}
    assert desk.get(f"{keys}/team/values") == {"key": "team", "values": ["a", "b"]}
    assert desk.refused("GET", f"{keys}/old/values") == 400


def test_start_run_makes_a_running_run_without_a_score(desk: Desk) -> None:
    benchmark = new_benchmark(desk.world)

    run = desk.post(
        f"{PATH}/start_run",
        benchmark_id=benchmark["id"],
        run_name="n",
        metadata={"k": "v"},
        runProfile={
            "envVars": {"E": "1"},
            "secrets": {"S": "NAME"},
            "purpose": "p",
            "launchParameters": {"launch_commands": []},
            "mounts": [],
        },
    )

    assert run == {
        "id": run["id"],
        "benchmark_id": benchmark["id"],
        "name": "n",
        "state": "running",
        "start_time_ms": desk.world.now_ms,
        "duration_ms": None,
        "score": None,
        "metadata": {"k": "v"},
        "purpose": "p",
        "environment_variables": {"E": "1"},
        "secrets_provided": {"S": "NAME"},
    }


def test_start_run_needs_a_benchmark_that_exists_and_is_active(desk: Desk) -> None:
    path = f"{PATH}/start_run"
    archived = new_benchmark(desk.world, status="archived")
    assert desk.refused("POST", path) == 400
    assert desk.refused("POST", path, benchmark_id="bmd_x") == 404
    assert desk.refused("POST", path, benchmark_id=archived["id"]) == 400


def test_start_run_needs_what_the_benchmark_requires(desk: Desk) -> None:
    benchmark = new_benchmark(
        desk.world, required_environment_variables=["E"], required_secret_names=["S"]
    )
    body = {"benchmark_id": benchmark["id"]}
    path = f"{PATH}/start_run"
    half = {"envVars": {"E": "1"}}
    whole = half | {"secrets": {"S": "NAME"}}
    assert desk.refused("POST", path, **body) == 400
    assert desk.refused("POST", path, **body, runProfile=half) == 400
    assert desk.post(path, **body, runProfile=whole)["state"] == "running"
