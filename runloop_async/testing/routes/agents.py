"""Agents: programs that a devbox can be given."""

from collections import Counter
from typing import Final, NotRequired, TypedDict

from runloop_async.testing.messages import Ask, JsonObject
from runloop_async.testing.paging import page, select
from runloop_async.testing.routes.stored import Stored
from runloop_async.testing.routing import Route
from runloop_async.testing.state.devboxes.devboxes import DEVBOXES, machine
from runloop_async.testing.world import Kind, World

AGENTS: Final = Kind("agent", "agt_")


class Create(TypedDict):
    """The body of a create."""

    name: str
    source: NotRequired[JsonObject | None]
    version: NotRequired[str | None]


def usual(world: World) -> JsonObject:
    """Return what a new one has."""
    return {
        "name": "agent",
        "source": None,
        "version": None,
        "is_public": False,
        "create_time_ms": world.now_ms,
    }


GROUP: Final = Stored(
    name="agents",
    path="/v1/agents",
    kind=AGENTS,
    usual=usual,
    create_body=Create,
    exact=("name", "version"),
)


def list_page(world: World, ask: Ask) -> JsonObject:
    """Return a page of the account's agents, or of all public ones."""
    return _page(world, ask, is_public=ask.query.get("is_public") == "true")


def list_public(world: World, ask: Ask) -> JsonObject:
    """Return a page of the public ones."""
    return _page(world, ask, is_public=True)


def delete(world: World, ask: Ask) -> JsonObject:
    """Remove one."""
    world.remove(AGENTS, ask.id)
    return {}


def devbox_counts(world: World, ask: Ask) -> JsonObject:
    """Return on how many devboxes each agent is mounted."""
    del ask
    counts = Counter(
        agent
        for devbox in world.table(DEVBOXES).rows
        for agent in machine(world, devbox).agents
    )
    return {"counts": {**counts}, "total_count": counts.total()}


def _page(world: World, ask: Ask, *, is_public: bool) -> JsonObject:
    table = world.table(AGENTS)
    rows = [row for row in table.rows if row["is_public"] is is_public]
    return page(table, select(rows, ask, GROUP.exact), ask, "agents")


ROUTES: Final = [
    Route("GET", "/v1/agents/devbox_counts", "agents.devbox_counts", devbox_counts),
    Route("GET", "/v1/agents/list_public", "agents.list_public", list_public),
    *GROUP.routes(list=list_page, delete=delete),
]
