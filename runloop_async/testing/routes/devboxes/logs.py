"""The logs of devboxes, and word of those that will be taken away."""

from typing import Final

from runloop_async.testing.messages import Ask, Feed, JsonObject
from runloop_async.testing.routing import Route
from runloop_async.testing.state.devboxes.devboxes import DEVBOXES, ENDED
from runloop_async.testing.state.devboxes.executions import EXECUTIONS, output_of
from runloop_async.testing.state.devboxes.life import evictions
from runloop_async.testing.world import World


def list_logs(world: World, ask: Ask) -> JsonObject:
    """Return all lines so far."""
    world.find(DEVBOXES, ask.id)
    return {"logs": _lines(world, ask)}


def tail(world: World, ask: Ask) -> Feed:
    """Send the lines, those to come too, until the devbox has ended."""
    devbox, sent = world.find(DEVBOXES, ask.id), 0

    def more() -> list[JsonObject] | None:
        nonlocal sent
        lines = _lines(world, ask)
        new, sent = lines[sent:], len(lines)
        return None if not new and devbox["status"] in ENDED else new

    return Feed(more=more)


def watch_evictions(world: World, ask: Ask) -> Feed:
    """Send what devboxes will be taken away from now on."""
    del ask
    events = evictions(world)
    sent = len(events)

    def more() -> list[JsonObject]:
        nonlocal sent
        new, sent = events[sent:], len(events)
        return new

    return Feed(more=more)


def _lines(world: World, ask: Ask) -> list[JsonObject]:
    """Return a line for each piece that commands have printed, and for their ends."""
    lines = list[JsonObject]()
    for execution in world.table(EXECUTIONS).group(ask.id):
        about = {
            "source": "exec",
            "timestamp_ms": execution["start_time_ms"],
            "cmd_id": execution["id"],
            "shell_name": execution["shell_name"],
        }
        if not all(
            ask.query.get(name, about[key]) == about[key]
            for name, key in (("execution_id", "cmd_id"), ("shell_name", "shell_name"))
        ):
            continue
        output = output_of(world, execution)
        lines.append({"level": "info", "cmd": execution["command"], **about})
        for level, pieces in (("info", output.stdout), ("error", output.stderr)):
            for piece in pieces:
                lines.append({"level": level, "message": piece, **about})
        if execution["status"] == "completed":
            code = execution["exit_status"]
            lines.append({"level": "info", "exit_code": code, **about})
    return lines


_ONE: Final = "/v1/devboxes/{id}"
ROUTES: Final = [
    Route("GET", f"{_ONE}/logs", "devboxes.logs.list", list_logs),
    Route("GET", f"{_ONE}/logs/tail", "devboxes.logs.tail", tail),
    Route(
        "GET",
        "/v1/devboxes/evictions/watch",
        "devboxes.watch_evictions",
        watch_evictions,
    ),
]
