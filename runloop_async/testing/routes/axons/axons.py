"""Axons: logs of events that agents and people share."""

from typing import Final, TypedDict

from runloop_async.testing.messages import Ask, Feed, JsonObject, given, invalid
from runloop_async.testing.paging import page, select
from runloop_async.testing.routing import Route
from runloop_async.testing.state.axons import AXONS, axon, events_of, new_axon, publish
from runloop_async.testing.world import World


class Create(TypedDict, total=False):
    """The body of a create."""

    name: str | None
    metadata: dict[str, str] | None


class Update(TypedDict, total=False):
    """The body of an update."""

    metadata: dict[str, str] | None


class Publish(TypedDict):
    """The body of a publish."""

    event_type: str
    origin: str
    payload: str
    source: str


def create(world: World, ask: Ask) -> JsonObject:
    """Create an axon without events."""
    return new_axon(world, **given(ask.json(Create)))


def retrieve(world: World, ask: Ask) -> JsonObject:
    """Return one axon."""
    return axon(world, ask.id)


def update(world: World, ask: Ask) -> JsonObject:
    """Change the labels of an axon."""
    found = axon(world, ask.id)
    found.update(given(ask.json(Update)))
    return found


def delete(world: World, ask: Ask) -> JsonObject:
    """Delete an axon; lists still have it."""
    axon(world, ask.id)["deleted_at_ms"] = world.now_ms
    return {}


def list_page(world: World, ask: Ask) -> JsonObject:
    """Return a page of axons, deleted ones too."""
    table = world.table(AXONS)
    return page(table, select(table.rows, ask, ["id", "name"]), ask, "axons")


def do_publish(world: World, ask: Ask) -> JsonObject:
    """Add an event."""
    event = publish(world, axon(world, ask.id), **ask.json(Publish))
    return {"sequence": event["sequence"], "timestamp_ms": event["timestamp_ms"]}


def subscribe(world: World, ask: Ask) -> Feed:
    """Send the events after some, those to come too, until the axon is deleted."""
    found, text = axon(world, ask.id), ask.query.get("after_sequence", "0")
    if not text.isdecimal():
        raise invalid(f"after_sequence must be a number, not {text!r}.")
    events, sent = events_of(world, found), int(text)

    def more() -> list[JsonObject] | None:
        nonlocal sent
        new, sent = events[sent:], max(sent, len(events))
        return None if not new and found["deleted_at_ms"] else new

    return Feed(more=more)


_ALL: Final = "/v1/axons"
_ONE: Final = "/v1/axons/{id}"
ROUTES: Final = [
    Route("POST", _ALL, "axons.create", create),
    Route("GET", _ALL, "axons.list", list_page),
    Route("GET", _ONE, "axons.retrieve", retrieve),
    Route("POST", _ONE, "axons.update", update),
    Route("DELETE", _ONE, "axons.delete", delete),
    Route("POST", f"{_ONE}/publish", "axons.publish", do_publish),
    Route("GET", f"{_ONE}/subscribe/sse", "axons.subscribe_sse", subscribe),
]
