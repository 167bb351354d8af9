"""Benchmarks: the operations on definitions, and the start of a run."""

from collections.abc import Mapping
from typing import Final, NotRequired, TypedDict

from runloop_async.testing.messages import Ask, JsonObject, given
from runloop_async.testing.paging import page, select
from runloop_async.testing.routes.benchmark_runs import run_view, runs_page
from runloop_async.testing.routes.metadata import keys_view, values_view
from runloop_async.testing.routes.profiles import StartRun, run_fields
from runloop_async.testing.routing import Route
from runloop_async.testing.state.benchmark_runs import (
    BENCHMARK_RUNS,
    start_benchmark_run,
)
from runloop_async.testing.state.benchmarks import BENCHMARKS, new_benchmark
from runloop_async.testing.state.definitions import listed, set_status
from runloop_async.testing.state.scenarios.scenarios import SCENARIOS
from runloop_async.testing.world import World


class Settings(TypedDict):
    """What can be told when a benchmark is created or updated."""

    scenario_ids: NotRequired[list[str] | None]
    metadata: NotRequired[dict[str, str] | None]
    required_environment_variables: NotRequired[list[str] | None]
    attribution: NotRequired[str | None]
    description: NotRequired[str | None]


class Create(Settings):
    """The body of a create."""

    name: str
    required_secret_names: NotRequired[list[str]]


class Update(Settings):
    """The body of an update."""

    name: NotRequired[str | None]
    required_secret_names: NotRequired[list[str] | None]


class UpdateScenarios(TypedDict):
    """Which scenarios come and go."""

    scenarios_to_add: NotRequired[list[str] | None]
    scenarios_to_remove: NotRequired[list[str] | None]


class Start(StartRun):
    """Which benchmark to run, and how."""

    benchmark_id: str


def create(world: World, ask: Ask) -> JsonObject:
    """Add a benchmark."""
    fields = _fields(world, ask.json(Create))
    return _cleared(new_benchmark(world, **fields))


def retrieve(world: World, ask: Ask) -> JsonObject:
    """Return one benchmark, archived or not."""
    return world.find(BENCHMARKS, ask.id)


def update(world: World, ask: Ask) -> JsonObject:
    """Replace what is given; null leaves a field as it is, an empty value clears it."""
    benchmark = world.find(BENCHMARKS, ask.id)
    benchmark.update(_fields(world, ask.json(Update)))
    return _cleared(benchmark)


def update_scenarios(world: World, ask: Ask) -> JsonObject:
    """Add and remove scenarios; what is there or gone already is no error."""
    benchmark = world.find(BENCHMARKS, ask.id)
    body = ask.json(UpdateScenarios)
    added = body.get("scenarios_to_add") or []
    removed = body.get("scenarios_to_remove") or []
    for scenario_id in added:
        world.find(SCENARIOS, scenario_id)
    ids = dict.fromkeys([*benchmark["scenarioIds"], *added])
    benchmark["scenarioIds"] = [each for each in ids if each not in removed]
    return benchmark


def list_page(world: World, ask: Ask) -> JsonObject:
    """Return a page of the account's own benchmarks."""
    rows = select(listed(world, BENCHMARKS), ask, ["name"])
    return page(world.table(BENCHMARKS), rows, ask, "benchmarks")


def list_public(world: World, ask: Ask) -> JsonObject:
    """Return a page of the public benchmarks."""
    rows = select(listed(world, BENCHMARKS, public=True), ask, ["name"])
    return page(world.table(BENCHMARKS), rows, ask, "benchmarks")


def definitions(world: World, ask: Ask) -> JsonObject:
    """Return a page of a benchmark's scenarios, archived ones too."""
    ids = set(world.find(BENCHMARKS, ask.id)["scenarioIds"])
    table = world.table(SCENARIOS)
    rows = [row for row in table.rows if row["id"] in ids]
    return page(table, rows, ask, "scenarios")


def list_runs(world: World, ask: Ask) -> JsonObject:
    """Return a page of a benchmark's runs."""
    benchmark = world.find(BENCHMARKS, ask.id)
    rows = world.table(BENCHMARK_RUNS).group(benchmark["id"])
    return runs_page(world, ask, rows)


def archive(world: World, ask: Ask) -> JsonObject:
    """Take a benchmark out of the lists."""
    return set_status(world, BENCHMARKS, ask.id, "archived")


def unarchive(world: World, ask: Ask) -> JsonObject:
    """Put a benchmark back into the lists."""
    return set_status(world, BENCHMARKS, ask.id, "active")


def metadata_keys(world: World, _ask: Ask) -> JsonObject:
    """Return the metadata keys of the account's benchmarks."""
    return keys_view(listed(world, BENCHMARKS))


def metadata_values(world: World, ask: Ask) -> JsonObject:
    """Return the values under one of these keys."""
    return values_view(listed(world, BENCHMARKS), ask.params["key"])


def start_run(world: World, ask: Ask) -> JsonObject:
    """Start a run of a benchmark."""
    body = ask.json(Start)
    run = start_benchmark_run(world, body["benchmark_id"], **run_fields(body))
    return run_view(world, ask, run)


def _fields(world: World, body: Mapping[str, object]) -> JsonObject:
    """Return the fields of the row that a body speaks of."""
    fields = given(body)
    if "scenario_ids" in fields:
        fields["scenarioIds"] = fields.pop("scenario_ids")
        for scenario_id in fields["scenarioIds"]:
            world.find(SCENARIOS, scenario_id)
    return fields


def _cleared(benchmark: JsonObject) -> JsonObject:
    for name in "attribution", "description":
        if benchmark.get(name) == "":
            del benchmark[name]
    return benchmark


_ONE: Final = "/v1/benchmarks/{id}"
_KEYS: Final = "/v1/benchmarks/metadata/keys"

ROUTES: Final = [
    Route("POST", "/v1/benchmarks", "benchmarks.create", create),
    Route("GET", "/v1/benchmarks", "benchmarks.list", list_page),
    Route("GET", "/v1/benchmarks/list_public", "benchmarks.list_public", list_public),
    Route("POST", "/v1/benchmarks/start_run", "benchmarks.start_run", start_run),
    Route("GET", _KEYS, "benchmarks.metadata_keys", metadata_keys),
    Route(
        "GET", f"{_KEYS}/{{key}}/values", "benchmarks.metadata_values", metadata_values
    ),
    Route("GET", _ONE, "benchmarks.retrieve", retrieve),
    Route("POST", _ONE, "benchmarks.update", update),
    Route("POST", f"{_ONE}/archive", "benchmarks.archive", archive),
    Route("POST", f"{_ONE}/unarchive", "benchmarks.unarchive", unarchive),
    Route("GET", f"{_ONE}/definitions", "benchmarks.definitions", definitions),
    Route("GET", f"{_ONE}/runs", "benchmarks.list_runs", list_runs),
    Route("POST", f"{_ONE}/scenarios", "benchmarks.update_scenarios", update_scenarios),
]
