"""Benchmarks."""

from typing import Final

from runloop_async.testing.messages import JsonObject, JsonValue
from runloop_async.testing.world import Kind, World

BENCHMARKS: Final = Kind("benchmark", "bmd_")


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
