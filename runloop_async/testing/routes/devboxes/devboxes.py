"""Devboxes: what can be asked of them as a whole."""

from typing import Final, NotRequired, TypedDict

from runloop_async.testing.messages import (
    Ask,
    Held,
    JsonObject,
    check_states,
    given,
    invalid,
)
from runloop_async.testing.paging import page, select
from runloop_async.testing.routes.metadata import metadata_routes
from runloop_async.testing.routing import Route
from runloop_async.testing.state.blueprints import newest_built
from runloop_async.testing.state.devboxes.devboxes import DEVBOXES, STATES, machine
from runloop_async.testing.state.devboxes.disk_snapshots import (
    check_no_snapshot,
    files_in,
)
from runloop_async.testing.state.devboxes.life import (
    keep_alive,
    put_files,
    resume,
    shut_down,
    start_devbox,
    suspend,
)
from runloop_async.testing.state.objects import mounted
from runloop_async.testing.state.tunnels import new_tunnel
from runloop_async.testing.world import World

MOST_HELD_S: Final = 30.0
_HELD_S: Final = 10.0


class Create(TypedDict, total=False):
    """The body of a create."""

    name: str | None
    metadata: dict[str, str] | None
    launch_parameters: JsonObject | None
    blueprint_id: str | None
    blueprint_name: str | None
    snapshot_id: str | None
    repo_connection_id: str | None
    environment_variables: dict[str, str] | None
    secrets: dict[str, str] | None
    entrypoint: str | None
    file_mounts: dict[str, str] | None
    code_mounts: list[JsonObject] | None
    mounts: list[JsonObject] | None
    gateways: dict[str, JsonObject] | None
    mcp: dict[str, JsonObject] | None
    tunnel: JsonObject | None


class Update(TypedDict, total=False):
    """The body of an update."""

    name: str | None
    metadata: dict[str, str] | None


class Wait(TypedDict):
    """The body of a wait."""

    statuses: list[str]
    timeout_seconds: NotRequired[float | None]


def create(world: World, ask: Ask) -> JsonObject:
    """Start a devbox; the answer comes at once."""
    body = given(ask.json(Create))
    sources = [*body.keys() & {"blueprint_id", "blueprint_name", "snapshot_id"}]
    if len(sources) > 1:
        raise invalid(f"Only one of {' and '.join(sorted(sources))} can be given.")
    fields: JsonObject = {
        name: body[name]
        for name in ("name", "metadata", "launch_parameters", "snapshot_id")
        if name in body
    }
    files = dict[str, bytes]()
    if "blueprint_id" in body or "blueprint_name" in body:
        blueprint = newest_built(world, body)
        fields["blueprint_id"] = blueprint["id"]
        files |= _texts(blueprint["parameters"].get("file_mounts"))
    if "snapshot_id" in body:
        files |= files_in(world, body["snapshot_id"])
    files |= _texts(body.get("file_mounts")) | mounted(world, body.get("mounts") or [])
    if "gateways" in body:
        fields["gateway_specs"] = {
            name: {"gateway_config_id": each["gateway"], "secret_id": each["secret"]}
            for name, each in body["gateways"].items()
        }
    if "mcp" in body:
        fields["mcp_specs"] = {
            name: {"mcp_config_id": each["mcp_config"], "secret_id": each["secret"]}
            for name, each in body["mcp"].items()
        }
    if "tunnel" in body:
        fields["tunnel"] = new_tunnel(world, body["tunnel"])
    devbox = start_devbox(world, **fields)
    put_files(world, devbox, files)
    machine(world, devbox).agents = [
        mount.get("agent_name") or mount.get("agent_id") or ""
        for mount in body.get("mounts") or ()
        if mount.get("type") == "agent_mount"
    ]
    return devbox


def create_and_await_running(world: World, ask: Ask) -> Held:
    """Start a devbox; the answer comes once it has booted, or after some time."""
    devbox = create(world, ask)
    until_s = world.now_s + MOST_HELD_S

    def look() -> JsonObject | None:
        is_booting = devbox["status"] in {"provisioning", "initializing"}
        return None if is_booting and world.now_s < until_s else devbox

    return Held(look=look, seconds=MOST_HELD_S)


def retrieve(world: World, ask: Ask) -> JsonObject:
    """Return one devbox."""
    return world.find(DEVBOXES, ask.id)


def update(world: World, ask: Ask) -> JsonObject:
    """Change a devbox; what is left out stays as it is."""
    devbox = world.find(DEVBOXES, ask.id)
    devbox.update(given(ask.json(Update)))
    return devbox


def list_page(world: World, ask: Ask) -> JsonObject:
    """Return a page of devboxes."""
    table = world.table(DEVBOXES)
    return page(table, select(table.rows, ask, ["status"]), ask, "devboxes")


def wait_for_status(world: World, ask: Ask) -> Held:
    """Return a devbox once it is in one of some states."""
    devbox = world.find(DEVBOXES, ask.id)
    body = ask.json(Wait)
    check_states(body["statuses"], STATES)
    return Held(
        look=lambda: devbox if devbox["status"] in body["statuses"] else None,
        seconds=min(body.get("timeout_seconds") or _HELD_S, MOST_HELD_S),
    )


def do_shutdown(world: World, ask: Ask) -> JsonObject:
    """End a devbox; doing so twice is no error, and during a snapshot it is."""
    devbox = world.find(DEVBOXES, ask.id)
    if ask.query.get("force") != "true":
        check_no_snapshot(world, devbox)
    shut_down(world, devbox, "api_shutdown")
    return devbox


def do_suspend(world: World, ask: Ask) -> JsonObject:
    """Have a devbox suspend itself."""
    devbox = world.find(DEVBOXES, ask.id)
    suspend(world, devbox)
    return devbox


def do_resume(world: World, ask: Ask) -> JsonObject:
    """Have a devbox resume."""
    devbox = world.find(DEVBOXES, ask.id)
    resume(world, devbox)
    return devbox


def do_keep_alive(world: World, ask: Ask) -> JsonObject:
    """Put off the end of a devbox."""
    keep_alive(world, world.find(DEVBOXES, ask.id))
    return {}


def usage(world: World, ask: Ask) -> JsonObject:
    """Return what a devbox has used: by the clock, as if it had been busy."""
    devbox = world.find(DEVBOXES, ask.id)
    end_ms = devbox["end_time_ms"]
    elapsed_s = ((end_ms or world.now_ms) - devbox["create_time_ms"]) // 1000
    return {
        "id": devbox["id"],
        "status": devbox["status"],
        "start_time_ms": devbox["create_time_ms"],
        "end_time_ms": end_ms,
        "total_elapsed_seconds": elapsed_s,
        "total_active_seconds": elapsed_s,
        "vcpu_seconds": 2 * elapsed_s,
        "memory_gb_seconds": 4 * elapsed_s,
        "disk_gb_seconds": 16 * elapsed_s,
    }


def _texts(files: dict[str, str] | None) -> dict[str, bytes]:
    return {path: text.encode() for path, text in (files or {}).items()}


_ALL: Final = "/v1/devboxes"
_ONE: Final = "/v1/devboxes/{id}"
ROUTES: Final = [
    *metadata_routes("devboxes", _ALL, lambda world: world.table(DEVBOXES).rows),
    Route("POST", _ALL, "devboxes.create", create),
    Route(
        "POST",
        f"{_ALL}/create_and_await_running",
        "devboxes.create_and_await_running",
        create_and_await_running,
    ),
    Route("GET", _ALL, "devboxes.list", list_page),
    Route("GET", _ONE, "devboxes.retrieve", retrieve),
    Route("POST", _ONE, "devboxes.update", update),
    Route(
        "POST", f"{_ONE}/wait_for_status", "devboxes.wait_for_status", wait_for_status
    ),
    Route("POST", f"{_ONE}/shutdown", "devboxes.shutdown", do_shutdown),
    Route("POST", f"{_ONE}/suspend", "devboxes.suspend", do_suspend),
    Route("POST", f"{_ONE}/resume", "devboxes.resume", do_resume),
    Route("POST", f"{_ONE}/keep_alive", "devboxes.keep_alive", do_keep_alive),
    Route("GET", f"{_ONE}/usage", "devboxes.retrieve_resource_usage", usage),
]
