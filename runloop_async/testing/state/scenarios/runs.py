"""Runs of scenarios, and what may happen to them.

A scenario run goes running > scoring > scored > completed; `completed` may also follow
`running` at once, and it may end as canceled, failed or timeout. What has ended stays
as it is: each later request to change it is refused with 400.

Scoring is asked for once: while a run is being scored, and after it was, a further
request to score it changes nothing and is answered with the run as it is, so that a
client that lost the first answer may ask again.
"""

from typing import Final

from runloop_async.testing.messages import JsonObject, JsonValue, refused
from runloop_async.testing.state.definitions import check_supplied
from runloop_async.testing.state.devboxes.devboxes import DEVBOXES
from runloop_async.testing.state.devboxes.life import shut_down, start_devbox
from runloop_async.testing.state.lifecycle import check_open, end
from runloop_async.testing.state.scenarios.scenarios import SCENARIOS
from runloop_async.testing.state.scenarios.scoring import score_scenario
from runloop_async.testing.world import Kind, World

SCENARIO_RUNS: Final = Kind("scenario run", "scr_", group_by="benchmark_run_id")


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


def start_scenario_run(
    world: World, scenario_id: str, around: JsonObject | None, **fields: JsonValue
) -> JsonObject:
    """Start a run of a scenario, within the benchmark run `around` if there is one.

    Within one it has the variables and secrets of that run as well as its own.

    Raises:
        ApiError: The scenario is unknown (404), or needs more than the run was given
            (400).
    """
    scenario = world.find(SCENARIOS, scenario_id)
    if around is not None:
        for name in "environment_variables", "secrets_provided":
            fields[name] = around[name] | fields[name]
    check_supplied(
        scenario, fields["environment_variables"], fields["secrets_provided"]
    )
    run = new_scenario_run(
        world,
        scenario_id=scenario_id,
        benchmark_run_id=around and around["id"],
        **fields,
    )
    start_devbox(
        world, id=run["devbox_id"], initiator_type="scenario", initiator_id=run["id"]
    )
    return run


def score_run(world: World, run: JsonObject) -> JsonObject:
    """Begin to score a scenario run, unless that was asked for before.

    Raises:
        ApiError: The run is over (400), or its scenario unknown (404).
    """
    check_open(run, SCENARIO_RUNS)
    scenario = world.find(SCENARIOS, run["scenario_id"])
    if run["state"] == "running":
        run["state"] = "scoring"
        world.later(world.phases.scoring, lambda: _finish_scoring(world, run, scenario))
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
    check_open(run, SCENARIO_RUNS)
    devbox = world.table(DEVBOXES).get(run["devbox_id"])
    if devbox is not None:
        shut_down(world, devbox, "api_shutdown")
    return end(world, run, state)


def scenario_runs_of(world: World, run: JsonObject) -> list[JsonObject]:
    """Return the scenario runs of a benchmark run, oldest first."""
    return world.table(SCENARIO_RUNS).group(run["id"])


def _finish_scoring(world: World, run: JsonObject, scenario: JsonObject) -> None:
    if run["state"] == "scoring":  # it may have been canceled meanwhile
        run["scoring_contract_result"] = score_scenario(world.dice, scenario)
        run["state"] = "scored"
