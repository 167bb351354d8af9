"""Scenarios: the operations on definitions, and the start of a run."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, NotRequired, TypedDict

import msgspec

from runloop_async.testing.messages import (
    Ask,
    JsonObject,
    JsonValue,
    given,
    invalid,
    refused,
)
from runloop_async.testing.paging import page, select
from runloop_async.testing.routes.metadata import keys_view, values_view
from runloop_async.testing.routes.profiles import StartRun, run_fields
from runloop_async.testing.routing import Route
from runloop_async.testing.state.benchmark_runs import open_benchmark_run
from runloop_async.testing.state.benchmarks import BENCHMARKS
from runloop_async.testing.state.definitions import listed, set_status
from runloop_async.testing.state.scenarios.runs import SCENARIO_RUNS, start_scenario_run
from runloop_async.testing.state.scenarios.scenarios import SCENARIOS, new_scenario
from runloop_async.testing.world import World

SCORER_FIELDS: Final = {
    "ast_grep_scorer": {"pattern", "search_directory"},
    "bash_script_scorer": set[str](),
    "command_scorer": set[str](),
    "custom_scorer": {"custom_scorer_type"},
    "python_script_scorer": {"python_script"},
    "test_based_scorer": set[str](),
}
"""What each kind of scorer cannot do without."""


class ScoringFunction(TypedDict):
    """One way to judge a run, and how much it counts."""

    name: Annotated[str, msgspec.Meta(pattern="^[a-zA-Z0-9_-]+$")]
    scorer: JsonObject
    weight: float


class ScoringContract(TypedDict):
    """All ways to judge a run."""

    scoring_function_parameters: list[ScoringFunction]


class ScoringContractUpdate(TypedDict):
    """The ways to judge a run, if they are to change."""

    scoring_function_parameters: NotRequired[list[ScoringFunction] | None]


class InputContext(TypedDict):
    """What the agent is told."""

    problem_statement: str
    additional_context: NotRequired[JsonValue]


class InputContextUpdate(TypedDict):
    """What the agent is told, as far as it is to change."""

    problem_statement: NotRequired[str | None]
    additional_context: NotRequired[JsonValue]


class Environment(TypedDict):
    """Where the scenario takes place."""

    blueprint_id: NotRequired[str | None]
    launch_parameters: NotRequired[JsonObject | None]
    snapshot_id: NotRequired[str | None]
    working_directory: NotRequired[str | None]


class Settings(TypedDict):
    """What can be told when a scenario is created or updated."""

    environment_parameters: NotRequired[Environment | None]
    metadata: NotRequired[dict[str, str] | None]
    reference_output: NotRequired[str | None]
    required_environment_variables: NotRequired[list[str] | None]
    required_secret_names: NotRequired[list[str] | None]
    scorer_timeout_sec: NotRequired[int | None]
    validation_type: NotRequired[
        Literal["UNSPECIFIED", "FORWARD", "REVERSE", "EVALUATION", ""] | None
    ]


class Create(Settings):
    """The body of a create."""

    name: str
    input_context: InputContext
    scoring_contract: ScoringContract


class Update(Settings):
    """The body of an update."""

    name: NotRequired[str | None]
    input_context: NotRequired[InputContextUpdate | None]
    scoring_contract: NotRequired[ScoringContractUpdate | None]


class Start(StartRun):
    """Which scenario to run, and how."""

    scenario_id: str
    benchmark_run_id: NotRequired[str | None]


def create(world: World, ask: Ask) -> JsonObject:
    """Add a scenario."""
    body = ask.json(Create)
    return new_scenario(world, **_fields(body))


def retrieve(world: World, ask: Ask) -> JsonObject:
    """Return one scenario, archived or not."""
    return world.find(SCENARIOS, ask.id)


def update(world: World, ask: Ask) -> JsonObject:
    """Replace what is given; null leaves a field as it is, an empty value clears it."""
    scenario = world.find(SCENARIOS, ask.id)
    if scenario["status"] == "archived":
        raise refused(f"The scenario {ask.id!r} is archived: it cannot be updated.")
    fields = _fields(ask.json(Update))
    for name in "input_context", "scoring_contract":
        if name in fields:
            given = {
                key: part for key, part in fields[name].items() if part is not None
            }
            fields[name] = scenario[name] | given
    scenario.update(fields)
    return scenario


def list_page(world: World, ask: Ask) -> JsonObject:
    """Return a page of the account's own scenarios."""
    rows = select(listed(world, SCENARIOS), ask, ["name", "validation_type"])
    if "benchmark_id" in ask.query:
        benchmark = world.table(BENCHMARKS).get(ask.query["benchmark_id"])
        ids = set(benchmark["scenarioIds"]) if benchmark is not None else set[str]()
        rows = [row for row in rows if row["id"] in ids]
    return page(world.table(SCENARIOS), rows, ask, "scenarios")


def list_public(world: World, ask: Ask) -> JsonObject:
    """Return a page of the public scenarios."""
    rows = select(listed(world, SCENARIOS, public=True), ask, ["name"])
    return page(world.table(SCENARIOS), rows, ask, "scenarios")


def list_runs(world: World, ask: Ask) -> JsonObject:
    """Return a page of a scenario's runs."""
    scenario = world.find(SCENARIOS, ask.id)
    table = world.table(SCENARIO_RUNS)
    rows = [row for row in table.rows if row["scenario_id"] == scenario["id"]]
    return page(table, rows, ask, "runs")


def archive(world: World, ask: Ask) -> JsonObject:
    """Take a scenario out of the lists."""
    return set_status(world, SCENARIOS, ask.id, "archived")


def unarchive(world: World, ask: Ask) -> JsonObject:
    """Put a scenario back into the lists."""
    return set_status(world, SCENARIOS, ask.id, "active")


def metadata_keys(world: World, _ask: Ask) -> JsonObject:
    """Return the metadata keys of the account's scenarios."""
    return keys_view(listed(world, SCENARIOS))


def metadata_values(world: World, ask: Ask) -> JsonObject:
    """Return the values under one of these keys."""
    return values_view(listed(world, SCENARIOS), ask.params["key"])


def start_run(world: World, ask: Ask) -> JsonObject:
    """Start a run of a scenario."""
    body = ask.json(Start)
    run_id = body.get("benchmark_run_id")
    around = None if run_id is None else open_benchmark_run(world, run_id)
    return start_scenario_run(world, body["scenario_id"], around, **run_fields(body))


def _fields(body: Mapping[str, object]) -> JsonObject:
    """Return the fields of the row that a body speaks of."""
    fields = given(body)
    if "environment_parameters" in fields:
        fields["environment"] = fields.pop("environment_parameters")
    for name in "validation_type", "reference_output":
        if fields.get(name) == "":
            fields[name] = None
    contract: JsonObject = fields.get("scoring_contract", {})
    functions: list[JsonObject] = contract.get("scoring_function_parameters") or []
    for function in functions:
        _check_scorer(function["scorer"])
    return fields


def _check_scorer(scorer: JsonObject) -> None:
    needed = SCORER_FIELDS.get(scorer.get("type", ""))
    if needed is None:
        raise invalid(f"There is no type of scorer {scorer.get('type')!r}.")
    if not needed <= scorer.keys():
        missing = ", ".join(sorted(needed - scorer.keys()))
        raise invalid(f"A {scorer['type']} needs {missing}.")


_ONE: Final = "/v1/scenarios/{id}"
_KEYS: Final = "/v1/scenarios/metadata/keys"

ROUTES: Final = [
    Route("POST", "/v1/scenarios", "scenarios.create", create),
    Route("GET", "/v1/scenarios", "scenarios.list", list_page),
    Route("GET", "/v1/scenarios/list_public", "scenarios.list_public", list_public),
    Route("POST", "/v1/scenarios/start_run", "scenarios.start_run", start_run),
    Route("GET", _KEYS, "scenarios.metadata_keys", metadata_keys),
    Route(
        "GET", f"{_KEYS}/{{key}}/values", "scenarios.metadata_values", metadata_values
    ),
    Route("GET", _ONE, "scenarios.retrieve", retrieve),
    Route("POST", _ONE, "scenarios.update", update),
    Route("POST", f"{_ONE}/archive", "scenarios.archive", archive),
    Route("POST", f"{_ONE}/unarchive", "scenarios.unarchive", unarchive),
    Route("GET", f"{_ONE}/runs", "scenarios.list_runs", list_runs),
]
