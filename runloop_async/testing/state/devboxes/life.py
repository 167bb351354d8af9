"""How devboxes come and go.

A devbox goes provisioning > initializing > running; from there it may be suspended and
resumed, and at last it is shut down. One whose launch command fails ends as a failure.
"""

from functools import partial

from runloop_async.testing.blobs import Blob
from runloop_async.testing.messages import JsonObject, JsonValue, refused
from runloop_async.testing.state.devboxes.devboxes import (
    DEVBOXES,
    ENDED,
    machine,
    move,
    new_devbox,
    path_on,
    text_on,
)
from runloop_async.testing.state.devboxes.executions import (
    EXECUTIONS,
    KILLED,
    end_execution,
)
from runloop_async.testing.world import World


def start_devbox(world: World, **fields: JsonValue) -> JsonObject:
    """Create a devbox that boots by itself."""
    devbox = new_devbox(world, status="provisioning", **fields)
    boot_s = world.phases.boot
    _later(world, boot_s / 2, devbox, "provisioning", "initializing")
    world.later(boot_s, partial(_booted, world, devbox))
    return devbox


def put_files(world: World, devbox: JsonObject, files: dict[str, bytes]) -> None:
    """Put files on a devbox."""
    machine(world, devbox).files.update(
        {path_on(path): Blob.of(content) for path, content in files.items()}
    )


def suspend(world: World, devbox: JsonObject) -> None:
    """Have a running devbox suspend itself.

    Raises:
        ApiError: It is not running: 400.
    """
    if devbox["status"] != "running":
        raise refused(f"A devbox that is {devbox['status']} cannot be suspended.")
    move(world, devbox, "suspending")
    _later(world, world.phases.suspend, devbox, "suspending", "suspended")


def resume(world: World, devbox: JsonObject) -> None:
    """Have a suspended devbox resume.

    Raises:
        ApiError: It is not suspended: 400.
    """
    if devbox["status"] != "suspended":
        raise refused(f"A devbox that is {devbox['status']} cannot be resumed.")
    move(world, devbox, "resuming")
    _later(world, world.phases.resume, devbox, "resuming", "running")


def shut_down(world: World, devbox: JsonObject, reason: str) -> None:
    """End a devbox, unless it has ended; its commands end with it."""
    if devbox["status"] in ENDED:
        return
    devbox["shutdown_reason"] = reason
    move(world, devbox, "shutdown")
    for execution in world.table(EXECUTIONS).group(devbox["id"]):
        end_execution(execution, KILLED)


def keep_alive(world: World, devbox: JsonObject) -> None:
    """Put off the end of a devbox that ends after some time."""
    keep_s = devbox["launch_parameters"].get("keep_alive_time_seconds")
    if keep_s:
        machine(world, devbox).ends_at_s = world.now_s + keep_s
        world.later(keep_s, partial(_time_out, world, devbox))


def evict(world: World, devbox_id: str, seconds: float) -> None:
    """Take a devbox away after some time, and say so now.

    Raises:
        KeyError: There is no such devbox.
    """
    devbox = world.table(DEVBOXES).get(devbox_id)
    if devbox is None:
        raise KeyError(devbox_id)
    deadline_ms = world.now_ms + round(seconds * 1000)
    evictions(world).append(
        {"devbox_id": devbox_id, "eviction_deadline_ms": deadline_ms}
    )
    world.later(seconds, partial(shut_down, world, devbox, "api_shutdown"))
    if world.on_change is not None:
        world.on_change()


def evictions(world: World) -> list[JsonObject]:
    """Return all words of evictions so far."""
    found: list[JsonObject] = world.hidden.setdefault("evictions", [])
    return found


def _later(
    world: World, seconds: float, devbox: JsonObject, before: str, status: str
) -> None:
    world.later(seconds, partial(_move_from, world, devbox, before, status))


def _move_from(world: World, devbox: JsonObject, before: str, status: str) -> None:
    if devbox["status"] == before:
        move(world, devbox, status)


def _booted(world: World, devbox: JsonObject) -> None:
    if devbox["status"] != "initializing":  # it was shut down meanwhile
        return
    for command in devbox["launch_parameters"].get("launch_commands") or ():
        if world.commands.find(command, partial(text_on, world, devbox)).exit_status:
            devbox["failure_reason"] = "execution_failed"
            move(world, devbox, "failure")
            return
    move(world, devbox, "running")
    keep_alive(world, devbox)


def _time_out(world: World, devbox: JsonObject) -> None:
    if world.now_s >= machine(world, devbox).ends_at_s:
        shut_down(world, devbox, "keep_alive_timeout")
