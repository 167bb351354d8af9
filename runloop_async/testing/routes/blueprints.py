"""Blueprints."""

from functools import partial
from typing import Final, NotRequired, TypedDict

from runloop_async.testing.messages import Ask, JsonObject, given
from runloop_async.testing.paging import page, select
from runloop_async.testing.routes.metadata import metadata_routes
from runloop_async.testing.routing import Route
from runloop_async.testing.state.blueprints import (
    BLUEPRINTS,
    dockerfile_of,
    logs_of,
    start_build,
)
from runloop_async.testing.state.devboxes.disk_snapshots import check_no_snapshot_of
from runloop_async.testing.world import World


class _Parameters(TypedDict):
    name: str
    file_mounts: NotRequired[dict[str, str] | None]
    launch_parameters: NotRequired[JsonObject | None]
    metadata: NotRequired[dict[str, str] | None]
    network_policy_id: NotRequired[str | None]
    secrets: NotRequired[dict[str, str] | None]
    system_setup_commands: NotRequired[list[str] | None]


class Create(_Parameters):
    """The body of a create."""

    base_blueprint_id: NotRequired[str | None]
    base_blueprint_name: NotRequired[str | None]
    build_args: NotRequired[dict[str, str] | None]
    build_context: NotRequired[JsonObject | None]
    code_mounts: NotRequired[list[JsonObject] | None]
    dockerfile: NotRequired[str | None]
    services: NotRequired[list[JsonObject] | None]


class Inspected(_Parameters):
    """The body of a create from an inspection."""

    inspection_source: JsonObject


def create(world: World, ask: Ask) -> JsonObject:
    """Create a blueprint, and begin to build it."""
    return start_build(world, given(ask.json(Create)))


def create_from_inspection(world: World, ask: Ask) -> JsonObject:
    """Create a blueprint of what an inspection found."""
    body = given(ask.json(Inspected))
    del body["inspection_source"]
    return start_build(world, body)


def preview(world: World, ask: Ask) -> JsonObject:
    """Return what a blueprint would be built by."""
    del world
    return {"dockerfile": dockerfile_of(given(ask.json(Create)))}


def retrieve(world: World, ask: Ask) -> JsonObject:
    """Return one blueprint."""
    return world.find(BLUEPRINTS, ask.id)


def delete(world: World, ask: Ask) -> JsonObject:
    """Delete a blueprint; it can still be asked for."""
    blueprint = world.find(BLUEPRINTS, ask.id)
    check_no_snapshot_of(world, blueprint["id"])
    blueprint["state"] = "deleted"
    return {}


def logs(world: World, ask: Ask) -> JsonObject:
    """Return the lines of a build so far."""
    blueprint = world.find(BLUEPRINTS, ask.id)
    return {"blueprint_id": blueprint["id"], "logs": logs_of(world, blueprint)}


def list_page(world: World, ask: Ask) -> JsonObject:
    """Return a page of the account's blueprints."""
    return _page(world, ask, is_public=False)


def list_public(world: World, ask: Ask) -> JsonObject:
    """Return a page of the public ones."""
    return _page(world, ask, is_public=True)


def _rows(world: World, *, is_public: bool) -> list[JsonObject]:
    return [
        row
        for row in world.table(BLUEPRINTS).rows
        if row["state"] == "created" and row["is_public"] is is_public
    ]


def _page(world: World, ask: Ask, *, is_public: bool) -> JsonObject:
    rows = select(_rows(world, is_public=is_public), ask, ["name", "status"])
    return page(world.table(BLUEPRINTS), rows, ask, "blueprints")


_ALL: Final = "/v1/blueprints"
_ONE: Final = "/v1/blueprints/{id}"
ROUTES: Final = [
    *metadata_routes("blueprints", _ALL, partial(_rows, is_public=False)),
    *metadata_routes("blueprints", _ALL, partial(_rows, is_public=True), public=True),
    Route("POST", _ALL, "blueprints.create", create),
    Route(
        "POST",
        f"{_ALL}/create_from_inspection",
        "blueprints.create_from_inspection",
        create_from_inspection,
    ),
    Route("POST", f"{_ALL}/preview", "blueprints.preview", preview),
    Route("GET", _ALL, "blueprints.list", list_page),
    Route("GET", f"{_ALL}/list_public", "blueprints.list_public", list_public),
    Route("GET", _ONE, "blueprints.retrieve", retrieve),
    Route("POST", f"{_ONE}/delete", "blueprints.delete", delete),
    Route("GET", f"{_ONE}/logs", "blueprints.logs", logs),
]
