"""Commands on devboxes."""

from typing import Final, NotRequired, TypedDict

from runloop_async.testing.messages import (
    Ask,
    Feed,
    Held,
    JsonObject,
    check_states,
    invalid,
    refused,
)
from runloop_async.testing.routing import Route
from runloop_async.testing.state.devboxes.devboxes import running
from runloop_async.testing.state.devboxes.executions import (
    INTERRUPTED,
    KILLED,
    end_execution,
    find_execution,
    output_of,
    start_execution,
    view,
)
from runloop_async.testing.world import World

_MOST_HELD_S: Final = 25.0
_OPTIMISTIC_S: Final = 25.0


class Start(TypedDict):
    """The body of what starts a command."""

    command: str
    shell_name: NotRequired[str | None]
    attach_stdin: NotRequired[bool | None]


class Execute(Start):
    """The body of what starts a command and waits for it."""

    command_id: str
    optimistic_timeout: NotRequired[float | None]


class Wait(TypedDict):
    """The body of a wait."""

    statuses: list[str]
    timeout_seconds: NotRequired[float | None]


class StdIn(TypedDict, total=False):
    """The body of what is sent to a command."""

    text: str | None
    signal: str | None


def execute_async(world: World, ask: Ask) -> JsonObject:
    """Start a command; the answer comes at once."""
    return view(world, _started(world, ask, ask.json(Start)), None)


def execute(world: World, ask: Ask) -> Held:
    """Start a command, once for each command id, and wait for its end for some time."""
    body = ask.json(Execute)
    ids = world.links[f"command {ask.id} {body['command_id']}"]
    if not ids:
        ids.append(_started(world, ask, body)["id"])
    execution = find_execution(world, ask.id, ids[0])
    hold_s = min(body.get("optimistic_timeout") or _OPTIMISTIC_S, _MOST_HELD_S)
    until_s, last_n = world.now_s + hold_s, _last_n(ask)

    def look() -> JsonObject | None:
        is_there = execution["status"] == "completed" or world.now_s >= until_s
        return view(world, execution, last_n) if is_there else None

    return Held(look=look, seconds=hold_s)


def execute_sync(world: World, ask: Ask) -> Held:
    """Run a command to its end."""
    execution = _started(world, ask, ask.json(Start))

    def look() -> JsonObject | None:
        if execution["status"] != "completed":
            return None
        shown = view(world, execution, None)
        names = ("devbox_id", "exit_status", "stdout", "stderr", "shell_name")
        return {name: shown[name] for name in names}

    return Held(look=look, seconds=None)


def retrieve(world: World, ask: Ask) -> JsonObject:
    """Return a command as it is now."""
    return view(world, _found(world, ask), _last_n(ask))


def wait_for_command(world: World, ask: Ask) -> Held:
    """Return a command once it is in one of some states."""
    execution, body, last_n = _found(world, ask), ask.json(Wait), _last_n(ask)
    check_states(body["statuses"], ("queued", "running", "completed"))

    def look() -> JsonObject | None:
        is_there = execution["status"] in body["statuses"]
        return view(world, execution, last_n) if is_there else None

    hold_s = min(body.get("timeout_seconds") or _MOST_HELD_S, _MOST_HELD_S)
    return Held(look=look, seconds=hold_s)


def kill(world: World, ask: Ask) -> JsonObject:
    """End a command."""
    execution = _found(world, ask)
    end_execution(execution, KILLED)
    return view(world, execution, None)


def send_std_in(world: World, ask: Ask) -> JsonObject:
    """Send a command some text, or a signal."""
    execution, body = _found(world, ask), ask.json(StdIn)
    text, signal = body.get("text"), body.get("signal")
    if (text is None) == (signal is None):
        raise invalid("One of text and signal must be given.")
    if execution["status"] == "completed":
        raise refused(f"The execution {execution['id']!r} has ended.")
    output = output_of(world, execution)
    if text is not None and output.reads_stdin:
        output.stdout.append(text)
    elif signal == "INTERRUPT":
        end_execution(execution, INTERRUPTED)
    elif signal == "EOF" and output.reads_stdin:
        end_execution(execution, output.exit_status)
    return {
        "devbox_id": execution["devbox_id"],
        "execution_id": execution["id"],
        "success": output.reads_stdin or signal == "INTERRUPT",
    }


def stream_stdout(world: World, ask: Ask) -> Feed:
    """Send what a command prints."""
    execution = _found(world, ask)
    return _printed(ask, execution, output_of(world, execution).stdout)


def stream_stderr(world: World, ask: Ask) -> Feed:
    """Send what a command prints to standard error."""
    execution = _found(world, ask)
    return _printed(ask, execution, output_of(world, execution).stderr)


def _printed(ask: Ask, execution: JsonObject, pieces: list[str]) -> Feed:
    text = ask.query.get("offset", "0")
    if not text.isdecimal():
        raise invalid(f"offset must be a number, not {text!r}.")
    sent, offset = 0, 0
    while sent < len(pieces) and offset < int(text):
        offset += len(pieces[sent].encode())
        sent += 1

    def more() -> list[JsonObject] | None:
        nonlocal sent, offset
        events = list[JsonObject]()
        for piece in pieces[sent:]:
            events.append({"offset": offset, "output": piece})
            offset += len(piece.encode())
        sent = len(pieces)
        return None if not events and execution["status"] == "completed" else events

    return Feed(more=more)


def _started(world: World, ask: Ask, body: Start) -> JsonObject:
    devbox = running(world, ask.id)
    return start_execution(world, devbox, body["command"], body.get("shell_name"))


def _found(world: World, ask: Ask) -> JsonObject:
    return find_execution(world, ask.params["devbox_id"], ask.params["execution_id"])


def _last_n(ask: Ask) -> int | None:
    text = ask.query.get("last_n")
    if text is None:
        return None
    if not text.isdecimal() or not int(text):
        raise invalid(f"last_n must be a number of at least 1, not {text!r}.")
    return int(text)


_BOX: Final = "/v1/devboxes/{id}"
_ONE: Final = "/v1/devboxes/{devbox_id}/executions/{execution_id}"
_NAME: Final = "devboxes.executions"
ROUTES: Final = [
    Route("POST", f"{_BOX}/execute", "devboxes.execute", execute),
    Route("POST", f"{_BOX}/execute_async", "devboxes.execute_async", execute_async),
    Route("POST", f"{_BOX}/execute_sync", "devboxes.execute_sync", execute_sync),
    Route("GET", _ONE, f"{_NAME}.retrieve", retrieve),
    Route(
        "POST", f"{_ONE}/wait_for_status", "devboxes.wait_for_command", wait_for_command
    ),
    Route("POST", f"{_ONE}/kill", f"{_NAME}.kill", kill),
    Route("POST", f"{_ONE}/send_std_in", f"{_NAME}.send_std_in", send_std_in),
    Route(
        "GET",
        f"{_ONE}/stream_stdout_updates",
        f"{_NAME}.stream_stdout_updates",
        stream_stdout,
    ),
    Route(
        "GET",
        f"{_ONE}/stream_stderr_updates",
        f"{_NAME}.stream_stderr_updates",
        stream_stderr,
    ),
]
