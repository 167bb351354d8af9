"""Snapshots of the disks of devboxes, with the files that were on them."""

from functools import partial
from typing import Final

import attrs

from runloop_async.testing.messages import (
    JsonObject,
    JsonValue,
    conflicting,
    refused,
)
from runloop_async.testing.state.devboxes.devboxes import machine
from runloop_async.testing.world import Kind, World

SNAPSHOTS: Final = Kind("disk snapshot", "snp_")


@attrs.define
class Disk:
    """What the API does not show of a snapshot."""

    files: dict[str, bytes] = attrs.field(factory=dict[str, bytes])
    status: str = "complete"
    is_public: bool = False


def new_snapshot(world: World, **fields: JsonValue) -> JsonObject:
    """Add a snapshot made of `fields` and, for the rest, of what is usual."""
    usual: JsonObject = {
        "name": None,
        "commit_message": None,
        "create_time_ms": world.now_ms,
        "metadata": {},
        "source_devbox_id": "",
        "source_blueprint_id": None,
        "size_bytes": None,
    }
    snapshot = world.add(SNAPSHOTS, usual, fields)
    world.hidden[snapshot["id"]] = Disk()
    return snapshot


def take(world: World, devbox: JsonObject, fields: JsonObject) -> JsonObject:
    """Begin a snapshot of the disk of a devbox."""
    snapshot = new_snapshot(
        world,
        source_devbox_id=devbox["id"],
        source_blueprint_id=devbox["blueprint_id"],
        **fields,
    )
    disk = disk_of(world, snapshot)
    files = machine(world, devbox).files
    disk.files = {path: blob.read() for path, blob in files.items()}
    disk.status = "in_progress"
    world.later(world.phases.snapshot, partial(_complete, snapshot, disk))
    return snapshot


def disk_of(world: World, snapshot: JsonObject) -> Disk:
    """Return what the API does not show of a snapshot."""
    found: Disk = world.hidden[snapshot["id"]]
    return found


def check_no_snapshot(world: World, devbox: JsonObject) -> None:
    """Check that no snapshot of a devbox is being taken.

    Raises:
        ApiError: One is: 409.
    """
    for snapshot in world.table(SNAPSHOTS).rows:
        is_its = snapshot["source_devbox_id"] == devbox["id"]
        if is_its and disk_of(world, snapshot).status == "in_progress":
            raise conflicting(f"The snapshot {snapshot['id']!r} is in progress.")


def check_no_snapshot_of(world: World, blueprint_id: str) -> None:
    """Check that there is no snapshot of a devbox that was made of a blueprint.

    Raises:
        ApiError: There are some: 400.
    """
    dependent = [
        row["id"]
        for row in world.table(SNAPSHOTS).rows
        if row["source_blueprint_id"] == blueprint_id
        and disk_of(world, row).status != "deleted"
    ]
    if dependent:
        raise refused(f"Delete its snapshots first: {', '.join(dependent)}.")


def delete(world: World, snapshot: JsonObject) -> None:
    """Delete a snapshot; its state can still be asked for.

    Raises:
        ApiError: It is not complete: 409.
    """
    disk = disk_of(world, snapshot)
    if disk.status != "complete":
        raise conflicting(f"The snapshot {snapshot['id']!r} is {disk.status}.")
    disk.status = "deleted"


def files_in(world: World, id: str) -> dict[str, bytes]:
    """Return the files in a snapshot.

    Raises:
        ApiError: There is none: 404.
    """
    return disk_of(world, world.find(SNAPSHOTS, id)).files


def _complete(snapshot: JsonObject, disk: Disk) -> None:
    disk.status = "complete"
    snapshot["size_bytes"] = sum(map(len, disk.files.values()))
