"""Custom scorers."""

from typing import Final, TypedDict

from runloop_async.testing.messages import Ask, JsonObject, invalid
from runloop_async.testing.paging import page, select
from runloop_async.testing.routing import Route
from runloop_async.testing.state.scenarios.scorers import SCORERS, new_scorer
from runloop_async.testing.world import World


class Body(TypedDict):
    """The body of a create or an update."""

    type: str
    bash_script: str


def create(world: World, ask: Ask) -> JsonObject:
    """Add a scorer of a type that is new."""
    body = ask.json(Body)
    _check_free(world, body["type"], None)
    return new_scorer(world, **body)


def retrieve(world: World, ask: Ask) -> JsonObject:
    """Return one scorer."""
    return world.find(SCORERS, ask.id)


def update(world: World, ask: Ask) -> JsonObject:
    """Replace type and script of a scorer."""
    scorer = world.find(SCORERS, ask.id)
    body = ask.json(Body)
    _check_free(world, body["type"], scorer)
    scorer.update(body)
    return scorer


def list_page(world: World, ask: Ask) -> JsonObject:
    """Return a page of scorers."""
    table = world.table(SCORERS)
    return page(table, select(table.rows, ask), ask, "scorers")


def _check_free(world: World, word: str, owner: JsonObject | None) -> None:
    for scorer in world.table(SCORERS).rows:
        if scorer["type"] == word and scorer is not owner:
            raise invalid(f"There is a scorer of the type {word!r} already.")


ROUTES: Final = [
    Route("POST", "/v1/scenarios/scorers", "scenarios.scorers.create", create),
    Route("GET", "/v1/scenarios/scorers", "scenarios.scorers.list", list_page),
    Route("GET", "/v1/scenarios/scorers/{id}", "scenarios.scorers.retrieve", retrieve),
    Route("POST", "/v1/scenarios/scorers/{id}", "scenarios.scorers.update", update),
]
