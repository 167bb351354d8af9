"""Commands that run on devboxes, by their scripts.

A command goes running > completed. It prints in pieces, over the time that it takes.
"""

from collections.abc import Sequence
from functools import partial
from typing import Final

import attrs

from runloop_async.testing.commands import CommandResult
from runloop_async.testing.messages import ApiError, JsonObject
from runloop_async.testing.state.devboxes.devboxes import text_on
from runloop_async.testing.world import Kind, World

EXECUTIONS: Final = Kind("execution", "exc_", group_by="devbox_id")
KILLED: Final = 137
INTERRUPTED: Final = 130
_LAST_LINES: Final = 100


@attrs.define
class Output:
    """What a command has printed so far, in pieces."""

    stdout: list[str] = attrs.field(factory=list[str])
    stderr: list[str] = attrs.field(factory=list[str])
    reads_stdin: bool = False
    """Whether it prints what it is sent."""
    exit_status: int = 0
    """How it is going to end."""


def start_execution(
    world: World, devbox: JsonObject, command: str, shell_name: str | None
) -> JsonObject:
    """Start a command."""
    result = world.commands.find(command, partial(text_on, world, devbox))
    usual: JsonObject = {
        "devbox_id": devbox["id"],
        "status": "running",
        "exit_status": None,
        "command": command,
        "shell_name": shell_name,
        "start_time_ms": world.now_ms,
    }
    execution = world.add(EXECUTIONS, usual, {})
    _play(world, execution, result)
    return execution


def find_execution(world: World, devbox_id: str, id: str) -> JsonObject:
    """Return a command of a devbox.

    Raises:
        ApiError: There is none: 404.
    """
    execution = world.find(EXECUTIONS, id)
    if execution["devbox_id"] != devbox_id:
        raise ApiError(404, "not_found", f"The devbox {devbox_id!r} has no {id!r}.")
    return execution


def output_of(world: World, execution: JsonObject) -> Output:
    """Return what a command has printed so far."""
    found: Output = world.hidden[execution["id"]]
    return found


def view(world: World, execution: JsonObject, last_n: int | None) -> JsonObject:
    """Return a command as the API shows it, with the last lines that it printed."""
    output, lines = output_of(world, execution), last_n or _LAST_LINES
    stdout, stdout_truncated = _last(output.stdout, lines)
    stderr, stderr_truncated = _last(output.stderr, lines)
    is_completed = execution["status"] == "completed"
    return {
        "devbox_id": execution["devbox_id"],
        "execution_id": execution["id"],
        "status": execution["status"],
        "exit_status": execution["exit_status"],
        "shell_name": execution["shell_name"],
        "stdout": stdout if is_completed or stdout else None,
        "stdout_truncated": stdout_truncated,
        "stderr": stderr if is_completed or stderr else None,
        "stderr_truncated": stderr_truncated,
    }


def end_execution(execution: JsonObject, exit_status: int) -> None:
    """End a command, unless it has ended."""
    if execution["status"] != "completed":
        execution["status"], execution["exit_status"] = "completed", exit_status


def _play(world: World, execution: JsonObject, result: CommandResult) -> None:
    output = Output(reads_stdin=result.reads_stdin, exit_status=result.exit_status)
    world.hidden[execution["id"]] = output
    for printed, said in (
        (output.stdout, result.stdout),
        (output.stderr, result.stderr),
    ):
        pieces: Sequence[str] = [said] if isinstance(said, str) else said
        for number, piece in enumerate(filter(None, pieces)):
            wait_s = result.seconds * number / len(pieces)
            _soon(world, wait_s, partial(_print, execution, printed, piece))
    if not result.reads_stdin:
        end = partial(end_execution, execution, result.exit_status)
        _soon(world, result.seconds, end)


def _soon(world: World, seconds: float, action: "partial[None]") -> None:
    if seconds:
        world.later(seconds, action)
    else:
        action()


def _print(execution: JsonObject, printed: list[str], piece: str) -> None:
    if execution["status"] != "completed":
        printed.append(piece)


def _last(pieces: list[str], most: int) -> tuple[str, bool]:
    lines = "".join(pieces).splitlines(keepends=True)
    return "".join(lines[-most:]), len(lines) > most
