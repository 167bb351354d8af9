"""Runs of benchmarks and of scenarios, and what may happen to them.

A scenario run goes running > scoring > scored > completed; `completed` may also follow
`running` at once, and it may end as canceled, failed or timeout. What has ended stays
as it is: each later request to change it is refused with 400.

Scoring is asked for once: while a run is being scored, and after it was, a further
request to score it changes nothing and is answered with the run as it is, so that a
client that lost the first answer may ask again.
"""

from typing import Final

from runloop_async.testing.exchange import JsonObject, JsonValue, refused
from runloop_async.testing.state.definitions import (
    BENCHMARKS,
    SCENARIOS,
    check_supplied,
)
from runloop_async.testing.state.scoring import mean_score, score_scenario
from runloop_async.testing.world import Kind, World

BENCHMARK_RUNS: Final = Kind("benchmark run", "bmr_", group_by="benchmark_id")
SCENARIO_RUNS: Final = Kind("scenario run", "scr_", group_by="benchmark_run_id")

_OPEN: Final = frozenset({"running", "scoring", "scored"})


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


def new_scenario_run(world: World, **fields: JsonValue) -> JsonObject:
    """Add a scenario run made of `fields` and, for the rest, of one just started."""
    usual: JsonObject = {
        "name": None,
        "scenario_id": None,
        "devbox_id": world.new_id("dbx_"),
        "benchmark_run_id": None,
        "state": "running",
        "start_time_ms": world.now_ms,
        "duration_ms": None,
        "scoring_contract_result": None,
        "metadata": {},
        "purpose": None,
        "environment_variables": {},
        "secrets_provided": {},
    }
    return world.add(SCENARIO_RUNS, usual, fields)


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


def start_scenario_run(
    world: World, scenario_id: str, benchmark_run_id: str | None, **fields: JsonValue
) -> JsonObject:
    """Start a run of a scenario, within a benchmark run if one is named.

    Within one it has the variables and secrets of that run as well as its own.

    Raises:
        ApiError: Something named is unknown (404), the benchmark run is over, or the
            scenario needs more than the run was given (400).
    """
    scenario = world.find(SCENARIOS, scenario_id)
    if benchmark_run_id is not None:
        around = world.find(BENCHMARK_RUNS, benchmark_run_id)
        _check_open(around, BENCHMARK_RUNS)
        for name in "environment_variables", "secrets_provided":
            fields[name] = around[name] | fields[name]
    check_supplied(
        scenario, fields["environment_variables"], fields["secrets_provided"]
    )
    return new_scenario_run(
        world, scenario_id=scenario_id, benchmark_run_id=benchmark_run_id, **fields
    )


def score_run(world: World, run: JsonObject) -> JsonObject:
    """Begin to score a scenario run, unless that was asked for before.

    Raises:
        ApiError: The run is over (400), or its scenario unknown (404).
    """
    _check_open(run, SCENARIO_RUNS)
    scenario = world.find(SCENARIOS, run["scenario_id"])
    if run["state"] == "running":
        run["state"] = "scoring"
        world.later(
            world.phases.scoring_s, lambda: _finish_scoring(world, run, scenario)
        )
    return run


def complete_scenario_run(world: World, run: JsonObject) -> JsonObject:
    """Complete a scenario run, scored or not.

    Raises:
        ApiError: The run is over, or still being scored: 400.
    """
    if run["state"] == "scoring":
        raise refused(f"The scenario run {run['id']!r} is still being scored.")
    return end_scenario_run(world, run, "completed")


def end_scenario_run(world: World, run: JsonObject, state: str) -> JsonObject:
    """End a scenario run in `state`.

    Raises:
        ApiError: The run is over: 400.
    """
    _check_open(run, SCENARIO_RUNS)
    return _end(world, run, state)


def end_benchmark_run(world: World, run: JsonObject, state: str) -> JsonObject:
    """End a benchmark run in `state` and its open scenario runs with it.

    Of these the scored ones are completed and the others canceled. The score of a
    canceled run is the mean over the scenario runs that have one; else those without
    a score count as 0.

    Raises:
        ApiError: The run is over: 400.
    """
    _check_open(run, BENCHMARK_RUNS)
    parts = scenario_runs_of(world, run)
    for part in parts:
        if part["state"] in _OPEN:
            _end(world, part, "completed" if part["state"] == "scored" else "canceled")
    results = [part["scoring_contract_result"] for part in parts]
    scored = sum(result is not None for result in results)
    run["score"] = mean_score(results, scored if state == "canceled" else len(parts))
    return _end(world, run, state)


def scenario_runs_of(world: World, run: JsonObject) -> list[JsonObject]:
    """Return the scenario runs of a benchmark run, oldest first."""
    return world.table(SCENARIO_RUNS).group(run["id"])


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


def _finish_scoring(world: World, run: JsonObject, scenario: JsonObject) -> None:
    if run["state"] == "scoring":  # it may have been canceled meanwhile
        run["scoring_contract_result"] = score_scenario(world.dice, scenario)
        run["state"] = "scored"


def _check_open(run: JsonObject, kind: Kind) -> None:
    if run["state"] not in _OPEN:
        raise refused(f"The {kind.name} {run['id']!r} is over: {run['state']}.")


def _end(world: World, run: JsonObject, state: str) -> JsonObject:
    run["state"] = state
    run["duration_ms"] = max(0, world.now_ms - run["start_time_ms"])
    return run
