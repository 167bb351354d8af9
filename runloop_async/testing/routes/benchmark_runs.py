"""Benchmark runs."""

from typing import Final

from runloop_async.testing.messages import Answer, Ask, JsonObject
from runloop_async.testing.paging import page, select
from runloop_async.testing.routing import Operation, Route
from runloop_async.testing.state.benchmark_runs import (
    BENCHMARK_RUNS,
    end_benchmark_run,
    old_shape,
)
from runloop_async.testing.state.logs import scenario_run_logs, zipped
from runloop_async.testing.state.scenarios.runs import SCENARIO_RUNS, scenario_runs_of
from runloop_async.testing.world import World


def run_view(world: World, ask: Ask, run: JsonObject) -> JsonObject:
    """Return a run in the shape that the request is to be answered in."""
    return old_shape(world, run) if ask.old_shape else run


def runs_page(world: World, ask: Ask, rows: list[JsonObject]) -> JsonObject:
    """Return a page of `rows`, which are benchmark runs."""
    answer = page(world.table(BENCHMARK_RUNS), rows, ask, "runs")
    answer["runs"] = [run_view(world, ask, run) for run in answer["runs"]]
    return answer


def retrieve(world: World, ask: Ask) -> JsonObject:
    """Return one run."""
    return run_view(world, ask, world.find(BENCHMARK_RUNS, ask.id))


def list_page(world: World, ask: Ask) -> JsonObject:
    """Return a page of runs."""
    table = world.table(BENCHMARK_RUNS)
    benchmark_id = ask.query.get("benchmark_id")
    rows = table.rows if benchmark_id is None else table.group(benchmark_id)
    return runs_page(world, ask, select(rows, ask, ["name", "state"]))


def list_scenario_runs(world: World, ask: Ask) -> JsonObject:
    """Return a page of the scenario runs that a run has started."""
    run = world.find(BENCHMARK_RUNS, ask.id)
    rows = select(scenario_runs_of(world, run), ask, ["state"])
    return page(world.table(SCENARIO_RUNS), rows, ask, "runs")


def complete(world: World, ask: Ask) -> JsonObject:
    """End a run."""
    run = world.find(BENCHMARK_RUNS, ask.id)
    return run_view(world, ask, end_benchmark_run(world, run, "completed"))


def cancel(world: World, ask: Ask) -> JsonObject:
    """Break a run off."""
    run = world.find(BENCHMARK_RUNS, ask.id)
    return run_view(world, ask, end_benchmark_run(world, run, "canceled"))


def download_logs(world: World, ask: Ask) -> Answer:
    """Return the logs of a run, with a folder for each of its scenario runs."""
    run = world.find(BENCHMARK_RUNS, ask.id)
    files = {"run.log": f"{run['id']}: {run['state']}\n".encode()}
    for part in scenario_runs_of(world, run):
        logs = scenario_run_logs(part)
        files |= {f"{part['id']}/{name}": text for name, text in logs.items()}
    return zipped(files)


_OPERATIONS: Final[list[tuple[str, str, str, Operation]]] = [
    ("GET", "", "list", list_page),
    ("GET", "/{id}", "retrieve", retrieve),
    ("POST", "/{id}/complete", "complete", complete),
    ("POST", "/{id}/cancel", "cancel", cancel),
    ("GET", "/{id}/scenario_runs", "list_scenario_runs", list_scenario_runs),
    ("POST", "/{id}/download_logs", "download_logs", download_logs),
]


def routes(path: str, group: str) -> list[Route]:
    """Return the operations on benchmark runs, as they are found under a path."""
    return [
        Route(method, f"{path}{rest}", f"{group}.{name}", operation)
        for method, rest, name, operation in _OPERATIONS
    ]


ROUTES: Final = routes("/v1/benchmark_runs", "benchmark_runs")
