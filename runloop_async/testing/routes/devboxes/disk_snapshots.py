"""Snapshots of the disks of devboxes."""

from functools import partial
from typing import Final, TypedDict

from runloop_async.testing.messages import Ask, Held, JsonObject, given
from runloop_async.testing.paging import page, select
from runloop_async.testing.routes.metadata import metadata_routes
from runloop_async.testing.routing import Route
from runloop_async.testing.state.devboxes.devboxes import DEVBOXES
from runloop_async.testing.state.devboxes.disk_snapshots import (
    SNAPSHOTS,
    delete,
    disk_of,
    take,
)
from runloop_async.testing.world import World


class Body(TypedDict, total=False):
    """The body of a snapshot or an update."""

    name: str | None
    commit_message: str | None
    metadata: dict[str, str] | None


def snapshot_async(world: World, ask: Ask) -> JsonObject:
    """Begin a snapshot; the answer comes at once."""
    return take(world, world.find(DEVBOXES, ask.id), given(ask.json(Body)))


def snapshot(world: World, ask: Ask) -> Held:
    """Take a snapshot; the answer comes when it is complete."""
    taken = snapshot_async(world, ask)
    disk = disk_of(world, taken)
    return Held(
        look=lambda: None if disk.status == "in_progress" else taken, seconds=None
    )


def update(world: World, ask: Ask) -> JsonObject:
    """Change what a snapshot is called."""
    found = world.find(SNAPSHOTS, ask.id)
    found.update(given(ask.json(Body)))
    return found


def do_delete(world: World, ask: Ask) -> JsonObject:
    """Delete a snapshot; its state can still be asked for."""
    delete(world, world.find(SNAPSHOTS, ask.id))
    return {}


def query_status(world: World, ask: Ask) -> JsonObject:
    """Return how far a snapshot is."""
    found = world.find(SNAPSHOTS, ask.id)
    status = disk_of(world, found).status
    return {
        "status": status,
        "error_message": None,
        "snapshot": found if status == "complete" else None,
    }


def list_page(world: World, ask: Ask) -> JsonObject:
    """Return a page of the account's snapshots."""
    return _page(world, ask, is_public=False)


def list_public(world: World, ask: Ask) -> JsonObject:
    """Return a page of the public ones."""
    return _page(world, ask, is_public=True)


def _rows(world: World, *, is_public: bool) -> list[JsonObject]:
    found = list[JsonObject]()
    for row in world.table(SNAPSHOTS).rows:
        disk = disk_of(world, row)
        if disk.status != "deleted" and disk.is_public is is_public:
            found.append(row)
    return found


def _page(world: World, ask: Ask, *, is_public: bool) -> JsonObject:
    rows = _rows(world, is_public=is_public)
    if "devbox_id" in ask.query:
        wanted = world.find(DEVBOXES, ask.query["devbox_id"])["id"]
        rows = [row for row in rows if row["source_devbox_id"] == wanted]
    rows = select(rows, ask, ["source_blueprint_id"])
    return page(world.table(SNAPSHOTS), rows, ask, "snapshots")


_BOX: Final = "/v1/devboxes/{id}"
_ALL: Final = "/v1/devboxes/disk_snapshots"
_NAME: Final = "devboxes.disk_snapshots"
ROUTES: Final = [
    *metadata_routes(_NAME, _ALL, partial(_rows, is_public=False)),
    *metadata_routes(_NAME, _ALL, partial(_rows, is_public=True), public=True),
    Route("POST", f"{_BOX}/snapshot_disk", "devboxes.snapshot_disk", snapshot),
    Route(
        "POST",
        f"{_BOX}/snapshot_disk_async",
        "devboxes.snapshot_disk_async",
        snapshot_async,
    ),
    Route("GET", _ALL, f"{_NAME}.list", list_page),
    Route("GET", f"{_ALL}/list_public", f"{_NAME}.list_public", list_public),
    Route("POST", f"{_ALL}/{{id}}", f"{_NAME}.update", update),
    Route("POST", f"{_ALL}/{{id}}/delete", f"{_NAME}.delete", do_delete),
    Route("GET", f"{_ALL}/{{id}}/status", f"{_NAME}.query_status", query_status),
]
