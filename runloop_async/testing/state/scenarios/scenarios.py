"""Scenarios."""

from typing import Final

from runloop_async.testing.messages import JsonObject, JsonValue
from runloop_async.testing.world import Kind, World

SCENARIOS: Final = Kind("scenario", "scn_")


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


def _usual_function() -> JsonObject:
    return {
        "name": "tests-pass",
        "scorer": {"type": "command_scorer", "command": "make test"},
        "weight": 1.0,
    }
