"""Devboxes, and what the API does not show of them."""

import math
from typing import Final

import attrs

from runloop_async.testing.blobs import Blob
from runloop_async.testing.messages import ApiError, JsonObject, JsonValue, refused
from runloop_async.testing.world import Kind, World

DEVBOXES: Final = Kind("devbox", "dbx_")
STATES: Final = (
    "scheduled",
    "queued",
    "provisioning",
    "initializing",
    "running",
    "suspending",
    "suspended",
    "resuming",
    "failure",
    "shutdown",
)
ENDED: Final = frozenset({"failure", "shutdown"})
"""States that a devbox stays in."""


@attrs.define
class Machine:
    """What the API does not show of a devbox."""

    files: dict[str, Blob] = attrs.field(factory=dict[str, Blob])
    """Its files by their paths."""
    agents: list[str] = attrs.field(factory=list[str])
    """The agents that are mounted on it."""
    ends_at_s: float = math.inf
    """When it is shut down by itself, in emulated seconds."""


def new_devbox(world: World, **fields: JsonValue) -> JsonObject:
    """Add a devbox made of `fields` and, for the rest, of one that runs."""
    usual: JsonObject = {
        "name": None,
        "status": "running",
        "capabilities": [],
        "create_time_ms": world.now_ms,
        "end_time_ms": None,
        "launch_parameters": {},
        "metadata": {},
        "state_transitions": [],
        "blueprint_id": None,
        "snapshot_id": None,
        "failure_reason": None,
        "shutdown_reason": None,
        "initiator_type": "api",
        "initiator_id": None,
        "gateway_specs": None,
        "mcp_specs": None,
        "tunnel": None,
    }
    devbox = world.add(DEVBOXES, usual, fields)
    world.hidden[devbox["id"]] = Machine()
    _note(world, devbox)
    return devbox


def active(world: World) -> list[JsonObject]:
    """Return the devboxes that have not ended."""
    return [row for row in world.table(DEVBOXES).rows if row["status"] not in ENDED]


def machine(world: World, devbox: JsonObject) -> Machine:
    """Return what the API does not show of a devbox."""
    found: Machine = world.hidden[devbox["id"]]
    return found


def move(world: World, devbox: JsonObject, status: str) -> None:
    """Put a devbox into another state."""
    devbox["status"] = status
    if status in ENDED:
        devbox["end_time_ms"] = world.now_ms
    _note(world, devbox)


def running(world: World, id: str) -> JsonObject:
    """Return a devbox that is running.

    Raises:
        ApiError: It is unknown (404), or in another state (400).
    """
    devbox = world.find(DEVBOXES, id)
    if devbox["status"] != "running":
        raise refused(f"The devbox {id!r} is {devbox['status']}, not running.")
    return devbox


def file_on(world: World, devbox: JsonObject, path: str) -> Blob:
    """Return a file of a devbox.

    Raises:
        ApiError: There is none: 404.
    """
    found = machine(world, devbox).files.get(path_on(path))
    if found is None:
        raise ApiError(404, "not_found", f"There is no file {path!r}.")
    return found


def text_on(world: World, devbox: JsonObject, path: str) -> str | None:
    """Return what is in a file of a devbox; None if there is none."""
    found = machine(world, devbox).files.get(path_on(path))
    return None if found is None else found.read().decode(errors="replace")


def path_on(path: str) -> str:
    """Return a path on a devbox as an absolute one: others are below the user's."""
    return path if path.startswith("/") else f"/home/user/{path}"


def _note(world: World, devbox: JsonObject) -> None:
    devbox["state_transitions"] = [
        *devbox["state_transitions"],
        {"status": devbox["status"], "transition_time_ms": world.now_ms},
    ]
