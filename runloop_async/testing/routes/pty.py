"""Terminals on devboxes: they echo, and commands come to what their scripts say.

The emulator stands in for the tunnels as well: a terminal is at its own address, and
any token opens it.
"""

import re
from signal import Signals
from typing import Final, NotRequired, TypedDict

from runloop_async.testing.messages import (
    ApiError,
    Ask,
    JsonObject,
    Terminal,
    invalid,
)
from runloop_async.testing.routing import Route
from runloop_async.testing.world import World

_MOST: Final = 1000
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,256}").fullmatch


class Control(TypedDict):
    """The body of a control."""

    action: str
    cols: NotRequired[int]
    rows: NotRequired[int]
    signal: NotRequired[str]


def connect(world: World, ask: Ask) -> JsonObject:
    """Open a terminal, or find the one of this name."""
    name = ask.params["session_name"]
    if not _NAME(name):
        raise invalid(f"session_name cannot be {name!r}.")
    sessions = _sessions(world)
    is_new = name not in sessions
    session = sessions.setdefault(name, {"cols": 80, "rows": 24, "attached": False})
    for side in ("cols", "rows"):
        if side in ask.query:
            session[side] = _side(side, ask.query[side])
    return {
        "session_name": name,
        "created": is_new,
        "attached": session["attached"],
        "cols": session["cols"],
        "rows": session["rows"],
        "connect_url": f"/pty/{name}/ws",
        "idle_ttl_seconds": 300,
        "protocol_version": "1",
        "status": "running",
    }


def control(world: World, ask: Ask) -> JsonObject:
    """Resize a terminal, send it a signal, or close it."""
    name, body = ask.params["session_name"], ask.json(Control)
    session = _session(world, name)
    if body["action"] == "resize":
        for side in ("cols", "rows"):
            session[side] = _side(side, str(body.get(side, session[side])))
    elif body["action"] == "close":
        del _sessions(world)[name]
        session["closed"] = True
    elif body["action"] != "signal":
        raise invalid(f"action must be resize, signal or close, not {body['action']!r}")
    elif body.get("signal") not in Signals.__members__:
        raise invalid(f"There is no signal {body.get('signal')!r}.")
    return {"session_name": name, "status": "ok"}


def attach(world: World, ask: Ask) -> Terminal:
    """Be a terminal, until its session is closed or `exit` is typed."""
    session = _session(world, ask.params["session_name"])
    if session["attached"]:
        raise ApiError(409, "conflict", "Another client is attached.")
    session["attached"] = True
    line = ""

    def typed(text: str) -> str | None:
        nonlocal line
        shown = ""
        for letter in text:
            if letter not in "\r\n":
                line += letter
                shown += letter
                continue
            command, line = line.strip(), ""
            if command == "exit":
                return None
            result = world.commands.find(command, lambda _: None)
            printed = "".join([*result.stdout, *result.stderr])
            shown += "\r\n" + printed.replace("\n", "\r\n") + "$ "
        return shown

    def leave() -> None:
        session["attached"] = False

    return Terminal(
        greeting="$ ",
        typed=typed,
        is_closed=lambda: session.get("closed", False),
        leave=leave,
    )


def _sessions(world: World) -> dict[str, JsonObject]:
    found: dict[str, JsonObject] = world.hidden.setdefault("terminals", {})
    return found


def _session(world: World, name: str) -> JsonObject:
    found = _sessions(world).get(name)
    if found is None:
        raise ApiError(404, "not_found", f"There is no terminal {name!r}.")
    return found


def _side(name: str, text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _MOST:
        raise invalid(f"{name} must be a number from 1 to {_MOST}, not {text!r}.")
    return int(text)


ROUTES: Final = [
    Route("GET", "/pty/{session_name}", "pty.connect", connect, key="tunnel"),
    Route("POST", "/pty/{session_name}/control", "pty.control", control, key="tunnel"),
    Route("GET", "/pty/{session_name}/ws", "pty.attach", attach, key="tunnel"),
]
