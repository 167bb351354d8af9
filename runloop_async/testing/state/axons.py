"""Axons, their events and their databases."""

from typing import Any, Final

from runloop_async.testing.messages import ApiError, JsonObject, JsonValue
from runloop_async.testing.world import Kind, World

AXONS: Final = Kind("axon", "axn_")


def new_axon(world: World, **fields: JsonValue) -> JsonObject:
    """Add an axon made of `fields` and, for the rest, of what is usual."""
    usual: JsonObject = {
        "name": None,
        "metadata": {},
        "created_at_ms": world.now_ms,
        "deleted_at_ms": None,
    }
    return world.add(AXONS, usual, fields)


def axon(world: World, id: str) -> JsonObject:
    """Return an axon that is not deleted.

    Raises:
        ApiError: There is none: 404.
    """
    found = world.find(AXONS, id)
    if found["deleted_at_ms"]:
        raise ApiError(404, "not_found", f"The axon {id!r} is deleted.")
    return found


def events_of(world: World, found: JsonObject) -> list[JsonObject]:
    """Return the events of an axon, the oldest first, numbered from 1."""
    events: list[JsonObject] = world.hidden.setdefault(found["id"], [])
    return events


def publish(world: World, found: JsonObject, **event: Any) -> JsonObject:
    """Add an event."""
    events = events_of(world, found)
    added = {
        "axon_id": found["id"],
        "sequence": len(events) + 1,
        "timestamp_ms": world.now_ms,
        **event,
    }
    events.append(added)
    return added
