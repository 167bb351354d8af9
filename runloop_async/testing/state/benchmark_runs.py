"""Runs of benchmarks, and what may happen to them."""

from typing import Final

from runloop_async.testing.messages import JsonObject, JsonValue, refused
from runloop_async.testing.state.benchmarks import BENCHMARKS
from runloop_async.testing.state.definitions import check_supplied
from runloop_async.testing.state.lifecycle import OPEN, check_open, end
from runloop_async.testing.state.scenarios.runs import scenario_runs_of
from runloop_async.testing.state.scenarios.scoring import mean_score
from runloop_async.testing.world import Kind, World

BENCHMARK_RUNS: Final = Kind("benchmark run", "bmr_", group_by="benchmark_id")


def new_benchmark_run(world: World, **fields: JsonValue) -> JsonObject:
    """Add a benchmark run made of `fields` and, for the rest, of one just started."""
    usual: JsonObject = {
        "benchmark_id": None,
        "name": None,
        "state": "running",
        "start_time_ms": world.now_ms,
        "duration_ms": None,
        "score": None,
        "metadata": {},
        "purpose": None,
        "environment_variables": {},
        "secrets_provided": {},
    }
    return world.add(BENCHMARK_RUNS, usual, fields)


def start_benchmark_run(
    world: World, benchmark_id: str, **fields: JsonValue
) -> JsonObject:
    """Start a run of a benchmark; its scenario runs are started one by one.

    Raises:
        ApiError: The benchmark is unknown (404), archived, or needs more than the run
            was given (400).
    """
    benchmark = world.find(BENCHMARKS, benchmark_id)
    if benchmark["status"] == "archived":
        raise refused(f"The benchmark {benchmark_id!r} is archived: it cannot be run.")
    check_supplied(
        benchmark, fields["environment_variables"], fields["secrets_provided"]
    )
    return new_benchmark_run(world, benchmark_id=benchmark_id, **fields)


def open_benchmark_run(world: World, id: str) -> JsonObject:
    """Return a benchmark run that is not over.

    Raises:
        ApiError: It is unknown (404), or over (400).
    """
    run = world.find(BENCHMARK_RUNS, id)
    check_open(run, BENCHMARK_RUNS)
    return run


def end_benchmark_run(world: World, run: JsonObject, state: str) -> JsonObject:
    """End a benchmark run in `state` and its open scenario runs with it.

    Of these the scored ones are completed and the others canceled. The score of a
    canceled run is the mean over the scenario runs that have one; else those without
    a score count as 0.

    Raises:
        ApiError: The run is over: 400.
    """
    check_open(run, BENCHMARK_RUNS)
    parts = scenario_runs_of(world, run)
    for part in parts:
        if part["state"] in OPEN:
            end(world, part, "completed" if part["state"] == "scored" else "canceled")
    results = [part["scoring_contract_result"] for part in parts]
    scored = sum(result is not None for result in results)
    run["score"] = mean_score(results, scored if state == "canceled" else len(parts))
    return end(world, run, state)


def old_shape(world: World, run: JsonObject) -> JsonObject:
    """Return a benchmark run as servers showed it in spring 2025.

    That is with the scenarios that have no score yet, and the scenario runs that have.
    """
    benchmark = world.table(BENCHMARKS).get(run["benchmark_id"])
    scored = [
        part
        for part in scenario_runs_of(world, run)
        if part["scoring_contract_result"] is not None
    ]
    done = {part["scenario_id"] for part in scored}
    planned: list[str] = [] if benchmark is None else benchmark["scenarioIds"]
    unknown_then = {"purpose", "environment_variables", "secrets_provided"}
    return {key: value for key, value in run.items() if key not in unknown_then} | {
        "pending_scenarios": [each for each in planned if each not in done],
        "scenario_runs": [_old_scenario_run(part) for part in scored],
    }


def _old_scenario_run(part: JsonObject) -> JsonObject:
    return {
        "scenario_id": part["scenario_id"],
        "scenarioRunId": part["id"],
        "scoringResult": part["scoring_contract_result"],
    }
