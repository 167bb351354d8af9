"""Storage objects, and what was uploaded to them."""

from typing import Final

from runloop_async.testing.blobs import Blob
from runloop_async.testing.messages import (
    JsonObject,
    JsonValue,
    conflicting,
    refused,
)
from runloop_async.testing.world import Kind, World

OBJECTS: Final = Kind("object", "obj_")


def new_object(world: World, **fields: JsonValue) -> JsonObject:
    """Add an object made of `fields` and, for the rest, of one without content."""
    usual: JsonObject = {
        "name": "object",
        "content_type": "unspecified",
        "state": "UPLOADING",
        "create_time_ms": world.now_ms,
        "delete_after_time_ms": None,
        "metadata": {},
        "size_bytes": None,
        "upload_url": None,
        "upload_headers": None,
    }
    return world.add(OBJECTS, usual, fields)


def put(world: World, found: JsonObject, content: Blob) -> None:
    """Keep what was uploaded.

    Raises:
        ApiError: The object is complete: 400.
    """
    if found["state"] != "UPLOADING":
        raise refused(f"The object {found['id']!r} is {found['state']}.")
    world.hidden[found["id"]] = content


def complete(world: World, found: JsonObject) -> None:
    """Have an object be read from.

    Raises:
        ApiError: It is complete or deleted (409), or nothing was uploaded (400).
    """
    if found["state"] != "UPLOADING":
        raise conflicting(f"The object {found['id']!r} is {found['state']}.")
    content: Blob | None = world.hidden.get(found["id"])
    if content is None:
        raise refused(f"The object {found['id']!r} has no content.")
    found["state"], found["size_bytes"] = "READ_ONLY", content.size
    found["upload_url"] = found["upload_headers"] = None


def content_of(world: World, found: JsonObject) -> Blob:
    """Return what was uploaded.

    Raises:
        ApiError: The object is not complete: 400.
    """
    if found["state"] != "READ_ONLY":
        raise refused(f"The object {found['id']!r} is {found['state']}.")
    content: Blob = world.hidden[found["id"]]
    return content


def mounted(world: World, mounts: list[JsonObject]) -> dict[str, bytes]:
    """Return the files that mounts put on a devbox.

    Raises:
        ApiError: An object is unknown (404) or not complete (400).
    """
    files = dict[str, bytes]()
    for mount in mounts:
        if mount.get("type") == "file_mount":
            files[mount["target"]] = mount["content"].encode()
        elif mount.get("type") == "object_mount":
            found = world.find(OBJECTS, mount["object_id"])
            files[mount["object_path"]] = content_of(world, found).read()
    return files
