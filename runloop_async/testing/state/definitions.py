"""Benchmarks, scenarios and scorers: what can be run."""

from typing import Final

from runloop_async.testing.exchange import ApiError, JsonObject, JsonValue, refused
from runloop_async.testing.world import Kind, World

BENCHMARKS: Final = Kind("benchmark", "bmd_")
SCENARIOS: Final = Kind("scenario", "scn_")
SCORERS: Final = Kind("scorer", "scs_")

_OPTIONAL: Final = frozenset({"attribution", "description"})  # absent unless given


def new_benchmark(world: World, **fields: JsonValue) -> JsonObject:
    """Add a benchmark made of `fields` and, for the rest, of what is usual."""
    usual: JsonObject = {
        "name": "benchmark",
        "scenarioIds": [],
        "metadata": {},
        "required_environment_variables": [],
        "required_secret_names": [],
        "is_public": False,
        "status": "active",
    }
    return world.add(BENCHMARKS, usual, fields, _OPTIONAL)


def new_scenario(world: World, **fields: JsonValue) -> JsonObject:
    """Add a scenario made of `fields` and, for the rest, of what is usual."""
    usual: JsonObject = {
        "name": "scenario",
        "environment": None,
        "input_context": {"problem_statement": "Make the tests pass."},
        "scoring_contract": {"scoring_function_parameters": [_usual_function()]},
        "metadata": {},
        "reference_output": None,
        "required_environment_variables": [],
        "required_secret_names": [],
        "is_public": False,
        "validation_type": None,
        "scorer_timeout_sec": 1800,
        "status": "active",
    }
    return world.add(SCENARIOS, usual, fields)


def new_scorer(world: World, **fields: JsonValue) -> JsonObject:
    """Add a scorer made of `fields` and, for the rest, of what is usual."""
    usual: JsonObject = {
        "type": "scorer",
        "bash_script": "echo score=1.0",
    }
    return world.add(SCORERS, usual, fields)


def listed(world: World, kind: Kind, *, public: bool = False) -> list[JsonObject]:
    """Return the rows that a list shows: the account's own, or the public ones.

    What is archived is in no list.
    """
    return [
        row
        for row in world.table(kind).rows
        if row["status"] == "active" and row["is_public"] is public
    ]


def set_status(world: World, kind: Kind, id: str, status: str) -> JsonObject:
    """Archive a benchmark or scenario, or bring it back; doing so twice is no error.

    Raises:
        ApiError: It is unknown (404), or public and so not the account's own (403).
    """
    row = world.find(kind, id)
    if row["is_public"]:
        message = f"The {kind.name} {id!r} is public: its status cannot be changed."
        raise ApiError(403, "forbidden", message)
    row["status"] = status
    return row


def check_supplied(
    needed: JsonObject, variables: dict[str, str], secrets: dict[str, str]
) -> None:
    """Check that a run is given what its benchmark or scenario requires.

    Raises:
        ApiError: A variable or a secret is missing: 400.
    """
    wanted = set(needed["required_environment_variables"]) - set(variables)
    wanted |= set(needed["required_secret_names"]) - set(secrets)
    if wanted:
        names = ", ".join(sorted(wanted))
        raise refused(f"The run lacks what {needed['id']!r} requires: {names}.")


def _usual_function() -> JsonObject:
    return {
        "name": "tests-pass",
        "scorer": {"type": "command_scorer", "command": "make test"},
        "weight": 1.0,
    }
