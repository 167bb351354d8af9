"""The events of axons, page by page."""

from typing import Final

from runloop_async.testing.messages import Ask, JsonObject
from runloop_async.testing.paging import page
from runloop_async.testing.routing import Route
from runloop_async.testing.state.axons import axon, events_of
from runloop_async.testing.world import Table, World


def list_page(world: World, ask: Ask) -> JsonObject:
    """Return a page of events, the newest first, before a sequence."""
    table = Table(None)
    for event in events_of(world, axon(world, ask.id)):
        table.add({"id": str(event["sequence"]), "event": event})
    found = page(table, table.rows, ask, "events")
    return found | {"events": [row["event"] for row in found["events"]]}


ROUTES: Final = [Route("GET", "/v1/axons/{id}/events", "axons.events.list", list_page)]
