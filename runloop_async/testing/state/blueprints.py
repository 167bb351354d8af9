"""Blueprints, and how they are built.

A blueprint goes queued > provisioning > building > build_complete; one of which a setup
command fails, as `Emulator.commands` says, ends as failed.
"""

from functools import partial
from typing import Final

from runloop_async.testing.messages import ApiError, JsonObject, JsonValue, invalid
from runloop_async.testing.world import Kind, World

BLUEPRINTS: Final = Kind("blueprint", "bpt_")


def new_blueprint(world: World, **fields: JsonValue) -> JsonObject:
    """Add a blueprint made of `fields` and, for the rest, of one that is built."""
    usual: JsonObject = {
        "name": "blueprint",
        "status": "build_complete",
        "state": "created",
        "create_time_ms": world.now_ms,
        "build_finish_time_ms": None,
        "failure_reason": None,
        "base_blueprint_id": None,
        "containerized_services": None,
        "devbox_capabilities": None,
        "is_public": False,
        "metadata": {},
        "parameters": {"name": fields.get("name", "blueprint")},
    }
    blueprint = world.add(BLUEPRINTS, usual, fields)
    world.hidden[blueprint["id"]] = list[JsonObject]()
    return blueprint


def start_build(world: World, parameters: JsonObject) -> JsonObject:
    """Create a blueprint that is built by itself."""
    blueprint = new_blueprint(
        world,
        name=parameters["name"],
        status="queued",
        parameters=parameters,
        metadata=parameters.get("metadata") or {},
        base_blueprint_id=parameters.get("base_blueprint_id"),
    )
    third_s = world.phases.build / 3
    for number, status in enumerate(("provisioning", "building"), start=1):
        world.later(third_s * number, partial(_go_on, world, blueprint, status))
    world.later(world.phases.build, partial(_finish, world, blueprint))
    return blueprint


def newest_built(world: World, wanted: JsonObject) -> JsonObject:
    """Return the blueprint that a devbox is to be made of, by its id or its name.

    Raises:
        ApiError: It is unknown (404), or not built (400).
    """
    if "blueprint_id" in wanted:
        blueprint = world.find(BLUEPRINTS, wanted["blueprint_id"])
        if blueprint["status"] != "build_complete":
            raise invalid(f"The blueprint {blueprint['id']!r} is not built.")
        return blueprint
    for blueprint in reversed(world.table(BLUEPRINTS).rows):
        if (
            blueprint["name"] == wanted["blueprint_name"]
            and blueprint["status"] == "build_complete"
            and blueprint["state"] == "created"
        ):
            return blueprint
    name = wanted["blueprint_name"]
    raise ApiError(404, "not_found", f"No blueprint of the name {name!r} is built.")


def logs_of(world: World, blueprint: JsonObject) -> list[JsonObject]:
    """Return the lines of a build."""
    lines: list[JsonObject] = world.hidden[blueprint["id"]]
    return lines


def dockerfile_of(parameters: JsonObject) -> str:
    """Return what a blueprint is built by."""
    given = parameters.get("dockerfile") or "FROM runloop:example\n"
    commands: list[str] = parameters.get("system_setup_commands") or []
    return given + "".join(f"RUN {command}\n" for command in commands)


def _go_on(world: World, blueprint: JsonObject, status: str) -> None:
    if blueprint["state"] == "created":
        blueprint["status"] = status
        _log(world, blueprint, f"the build is {status}")


def _finish(world: World, blueprint: JsonObject) -> None:
    if blueprint["state"] != "created":
        return
    blueprint["build_finish_time_ms"] = world.now_ms
    for command in blueprint["parameters"].get("system_setup_commands") or ():
        _log(world, blueprint, f"RUN {command}")
        result = world.commands.find(command, lambda _: None)
        if result.exit_status:
            _log(world, blueprint, f"exit status {result.exit_status}", "error")
            blueprint["status"], blueprint["failure_reason"] = "failed", "build_failed"
            return
    blueprint["status"] = "build_complete"
    _log(world, blueprint, "the build is complete")


def _log(
    world: World, blueprint: JsonObject, message: str, level: str = "info"
) -> None:
    line = {"level": level, "message": message, "timestamp_ms": world.now_ms}
    logs_of(world, blueprint).append(line)
