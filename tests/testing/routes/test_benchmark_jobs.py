from collections import Counter

import pytest

from runloop_async.testing.messages import JsonObject
from runloop_async.testing.state.benchmark_jobs import new_job
from runloop_async.testing.state.benchmarks import new_benchmark
from runloop_async.testing.state.scenarios.scenarios import new_scenario
from runloop_async.testing.world import Phases
from tests.testing.talk import Desk

PATH = "/v1/benchmark_jobs"
PHASES = Phases(initializing=1.0, queued=2.0, run=10.0, scoring=5.0)


def agent(name: str = "a", **more: object) -> JsonObject:
    return {"type": "job_agent", "name": name, **more}


@pytest.fixture
def desk() -> Desk:
    return Desk(phases=PHASES)


def spec(desk: Desk, scenarios: int = 2, **more: object) -> JsonObject:
    ids = [new_scenario(desk.world, name=f"s{n}")["id"] for n in range(scenarios)]
    return {
        "type": "scenarios",
        "scenario_ids": ids,
        "agent_configs": [agent()],
        **more,
    }


def state_after(desk: Desk, job: JsonObject, seconds: float) -> str:
    desk.world.advance(seconds)
    return str(desk.get(f"{PATH}/{job['id']}")["state"])


def test_a_job_goes_its_way_by_itself(desk: Desk) -> None:
    job = desk.post(PATH, name="j", spec=spec(desk))
    assert job["name"] == "j"
    assert job["state"] == "initializing"
    assert job["create_time_ms"] == desk.world.now_ms
    assert state_after(desk, job, 1.0) == "queued"
    assert state_after(desk, job, 2.0) == "running"
    assert state_after(desk, job, 29.0) == "running"
    assert state_after(desk, job, 1.0) == "completed"


def test_a_running_job_shows_its_runs(desk: Desk) -> None:
    agents = [agent("a"), agent("b", model_name="m")]
    job = desk.post(PATH, name="j", spec=spec(desk, agent_configs=agents))
    desk.world.advance(10.0)

    shown = desk.get(f"{PATH}/{job['id']}")

    assert shown["benchmark_outcomes"] == []
    assert [run["agent_config"] for run in shown["in_progress_runs"]] == agents
    for run in shown["in_progress_runs"]:
        assert run["state"] == "running"
        assert run["duration_ms"] == 7000
        retrieved = desk.get(f"/v1/benchmark_runs/{run['benchmark_run_id']}")
        assert retrieved["start_time_ms"] == run["start_time_ms"]


def test_scenarios_are_run_one_after_the_other_unless_told(desk: Desk) -> None:
    desk.post(PATH, spec=spec(desk, scenarios=3))
    counts: list[int] = []
    for _ in range(3):
        desk.world.advance(15.0)
        counts.append(desk.get("/v1/scenarios/runs")["total_count"])
    assert counts == [1, 2, 3]


def test_scenarios_are_run_as_many_at_a_time_as_told(desk: Desk) -> None:
    config = {"n_concurrent_trials": 2}
    desk.post(PATH, spec=spec(desk, scenarios=3, orchestrator_config=config))
    desk.world.advance(4.0)
    assert desk.get("/v1/scenarios/runs")["total_count"] == 2
    desk.world.advance(15.0)
    assert desk.get("/v1/scenarios/runs")["total_count"] == 3


def test_a_completed_job_has_an_outcome_per_agent_that_adds_up(desk: Desk) -> None:
    config = {"n_concurrent_trials": 100}
    agents = [agent("a"), agent("b", model_name="m")]
    given = spec(desk, scenarios=100, agent_configs=agents, orchestrator_config=config)
    job = desk.post(PATH, spec=given)
    desk.world.advance(60.0)

    shown = desk.get(f"{PATH}/{job['id']}")

    assert shown["state"] == "completed"
    assert shown["in_progress_runs"] == []
    first, second = shown["benchmark_outcomes"]
    assert (first["agent_name"], first["model_name"]) == ("a", None)
    assert (second["agent_name"], second["model_name"]) == ("b", "m")
    for outcome in first, second:
        counted = outcome["n_completed"], outcome["n_failed"], outcome["n_timeout"]
        assert sum(counted) == 100
        assert min(counted) > 0
        assert outcome["duration_ms"] == 15_000
        assert 0 < outcome["average_score"] < 1


def test_an_outcome_tells_how_each_scenario_ended(desk: Desk) -> None:
    config = {"n_concurrent_trials": 100}
    job = desk.post(PATH, spec=spec(desk, scenarios=100, orchestrator_config=config))
    desk.world.advance(60.0)
    [outcome] = desk.get(f"{PATH}/{job['id']}")["benchmark_outcomes"]
    states = {"COMPLETED": "completed", "FAILED": "failed", "TIMEOUT": "timeout"}
    unbegun = [e for e in outcome["scenario_outcomes"] if e["scenario_run_id"] is None]
    assert 0 < len(unbegun) < 10
    for each in unbegun:
        assert (each["state"], each["score"]) == ("FAILED", None)
        assert each["failure_reason"]["exception_type"] == "DevboxError"
    assert len(outcome["scenario_outcomes"]) == 100
    for each in outcome["scenario_outcomes"]:
        if each in unbegun:
            continue
        run = desk.get(f"/v1/scenarios/runs/{each['scenario_run_id']}")
        assert run["state"] == states[each["state"]]
        assert run["scenario_id"] == each["scenario_definition_id"]
        assert (each["score"] is None) == (each["state"] != "COMPLETED")
        assert (each["failure_reason"] is None) == (each["state"] == "COMPLETED")


def test_each_scenario_is_attempted_as_often_as_was_asked(desk: Desk) -> None:
    config = {"n_attempts": 4, "n_concurrent_trials": 100}
    job = desk.post(PATH, spec=spec(desk, scenarios=20, orchestrator_config=config))
    desk.world.advance(60.0)
    shown = desk.get(f"{PATH}/{job['id']}")
    assert shown["state"] == "completed"
    [outcome] = shown["benchmark_outcomes"]
    counts = Counter(
        each["scenario_definition_id"] for each in outcome["scenario_outcomes"]
    )
    assert sorted(counts.values()) == [4] * 20


def test_a_run_of_a_job_has_the_variables_of_its_agent(desk: Desk) -> None:
    environment = {"environment_variables": {"E": "1"}, "secrets": {"S": "NAME"}}
    agents = [agent(agent_environment=environment)]
    desk.post(PATH, spec=spec(desk, agent_configs=agents))
    desk.world.advance(5.0)
    for path in "/v1/benchmark_runs", "/v1/scenarios/runs":
        [run] = desk.get(path)["runs"]
        assert run["environment_variables"] == {"E": "1"}
        assert run["secrets_provided"] == {"S": "NAME"}


def test_a_job_whose_only_run_is_canceled_is_cancelled(desk: Desk) -> None:
    job = desk.post(PATH, spec=spec(desk, scenarios=3))
    desk.world.advance(5.0)
    [run] = desk.get(f"{PATH}/{job['id']}")["in_progress_runs"]

    desk.post(f"/v1/benchmark_runs/{run['benchmark_run_id']}/cancel")
    desk.world.advance(60.0)

    shown = desk.get(f"{PATH}/{job['id']}")
    assert shown["state"] == "cancelled"
    [outcome] = shown["benchmark_outcomes"]
    assert [each["state"] for each in outcome["scenario_outcomes"]] == ["CANCELED"]
    assert outcome["average_score"] is None


def test_a_job_over_a_benchmark_names_it(desk: Desk) -> None:
    given = spec(desk)
    benchmark = new_benchmark(
        desk.world, name="bench", scenarioIds=given["scenario_ids"]
    )
    job = desk.post(
        PATH,
        spec={
            "type": "benchmark",
            "benchmark_id": benchmark["id"],
            "agent_configs": [agent()],
        },
    )
    assert job["name"] == "bench-1"
    assert job["job_source"] == {
        "type": "benchmark",
        "benchmark_id": benchmark["id"],
        "benchmark_name": "bench",
    }
    assert job["job_spec"]["scenario_ids"] == given["scenario_ids"]
    desk.world.advance(5.0)
    [run] = desk.get("/v1/benchmark_runs")["runs"]
    assert run["benchmark_id"] == benchmark["id"]


def test_a_job_from_harbor_runs_a_scenario_that_stands_in(desk: Desk) -> None:
    job = desk.post(PATH, spec={"type": "harbor", "inline_yaml": "jobs: []"})
    assert job["job_source"] == {"type": "harbor", "inline_yaml": "jobs: []"}
    assert state_after(desk, job, 60.0) == "completed"


def test_jobs_are_listed_and_filtered_by_name(desk: Desk) -> None:
    first = new_job(desk.world, name="first")
    second = desk.post(PATH, name="second", spec=spec(desk))
    assert desk.get(PATH)["jobs"] == [second, first]
    assert desk.get(PATH, name="first")["jobs"] == [first]
    assert desk.get(PATH, search="SEC")["jobs"] == [second]


@pytest.mark.parametrize(
    "changed",
    [
        {"type": "horoscope"},
        {"type": None},
        {"agent_configs": []},
        {"agent_configs": [{"type": "job_agent"}]},
        {"agent_configs": [{"type": "spy", "name": "a"}]},
        {"scenario_ids": []},
        {"scenario_ids": None},
    ],
)
def test_a_spec_that_does_not_fit_is_refused(changed: JsonObject, desk: Desk) -> None:
    assert desk.refused("POST", PATH, spec=spec(desk) | changed) == 400


def test_a_job_without_a_spec_is_refused(desk: Desk) -> None:
    assert desk.refused("POST", PATH, name="j") == 400


def test_a_job_over_what_cannot_be_run_is_refused(desk: Desk) -> None:
    archived = new_benchmark(desk.world, status="archived")["id"]
    empty = new_benchmark(desk.world)["id"]
    statuses = [
        desk.refused(
            "POST",
            PATH,
            spec={
                "type": "benchmark",
                "benchmark_id": each,
                "agent_configs": [agent()],
            },
        )
        for each in (archived, empty, "bmd_x")
    ]
    assert statuses == [400, 400, 404]
    unknown = spec(desk) | {"scenario_ids": ["scn_x"]}
    assert desk.refused("POST", PATH, spec=unknown) == 404
