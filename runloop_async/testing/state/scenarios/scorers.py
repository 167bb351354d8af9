"""Scorers."""

from typing import Final

from runloop_async.testing.messages import JsonObject, JsonValue
from runloop_async.testing.world import Kind, World

SCORERS: Final = Kind("scorer", "scs_")


def new_scorer(world: World, **fields: JsonValue) -> JsonObject:
    """Add a scorer made of `fields` and, for the rest, of what is usual."""
    usual: JsonObject = {
        "type": "scorer",
        "bash_script": "echo score=1.0",
    }
    return world.add(SCORERS, usual, fields)
