"""Runs of scenarios."""

from typing import Final

from runloop_async.testing.messages import Answer, Ask, JsonObject
from runloop_async.testing.paging import page, select
from runloop_async.testing.routing import Route
from runloop_async.testing.state.logs import scenario_run_logs, zipped
from runloop_async.testing.state.scenarios.runs import (
    SCENARIO_RUNS,
    complete_scenario_run,
    end_scenario_run,
    score_run,
)
from runloop_async.testing.world import World


def retrieve(world: World, ask: Ask) -> JsonObject:
    """Return one run."""
    return world.find(SCENARIO_RUNS, ask.id)


def list_page(world: World, ask: Ask) -> JsonObject:
    """Return a page of runs."""
    table = world.table(SCENARIO_RUNS)
    benchmark_run_id = ask.query.get("benchmark_run_id")
    rows = table.rows if benchmark_run_id is None else table.group(benchmark_run_id)
    rows = select(rows, ask, ["scenario_id", "name", "state"])
    return page(table, rows, ask, "runs")


def score(world: World, ask: Ask) -> JsonObject:
    """Have a run scored."""
    return score_run(world, world.find(SCENARIO_RUNS, ask.id))


def complete(world: World, ask: Ask) -> JsonObject:
    """End a run."""
    return complete_scenario_run(world, world.find(SCENARIO_RUNS, ask.id))


def cancel(world: World, ask: Ask) -> JsonObject:
    """Break a run off."""
    return end_scenario_run(world, world.find(SCENARIO_RUNS, ask.id), "canceled")


def download_logs(world: World, ask: Ask) -> Answer:
    """Return the logs of a run."""
    return zipped(scenario_run_logs(world.find(SCENARIO_RUNS, ask.id)))


_ONE: Final = "/v1/scenarios/runs/{id}"

ROUTES: Final = [
    Route("GET", "/v1/scenarios/runs", "scenarios.runs.list", list_page),
    Route("GET", _ONE, "scenarios.runs.retrieve", retrieve),
    Route("POST", f"{_ONE}/score", "scenarios.runs.score", score),
    Route("POST", f"{_ONE}/complete", "scenarios.runs.complete", complete),
    Route("POST", f"{_ONE}/cancel", "scenarios.runs.cancel", cancel),
    Route(
        "POST", f"{_ONE}/download_logs", "scenarios.runs.download_logs", download_logs
    ),
]
