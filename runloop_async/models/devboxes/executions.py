"""Commands that run on devboxes."""

from collections.abc import Sequence
from typing import Annotated, Literal, Required, TypeAlias, TypedDict

import attrs

from runloop_async.models.shared import InQuery, Open

DevboxExecutionStatus: TypeAlias = Open[Literal["queued", "running", "completed"]]
"""How far a command is."""
StdInSignal: TypeAlias = Open[Literal["EOF", "INTERRUPT"]]
"""What to tell a command other than text."""


@attrs.frozen(kw_only=True)
class DevboxAsyncExecutionDetailView:
    """A command, and what it has written."""

    devbox_id: str
    """The devbox that it runs on."""
    execution_id: str
    """Identifier of the command."""
    status: DevboxExecutionStatus
    """How far it is."""
    exit_status: int | None = None
    """Its exit code; None until it is completed."""
    stderr: str | None = None
    """What it wrote to standard error, as far as asked for."""
    stderr_truncated: bool | None = None
    """Whether some of that was left out."""
    stdout: str | None = None
    """What it wrote to standard output, as far as asked for."""
    stdout_truncated: bool | None = None
    """Whether some of that was left out."""
    shell_name: str | None = None
    """The shell that it runs in."""


@attrs.frozen(kw_only=True)
class DevboxExecutionDetailView:
    """A command that is completed."""

    devbox_id: str
    """The devbox that it ran on."""
    exit_status: int
    """Its exit code."""
    stderr: str
    """What it wrote to standard error."""
    stdout: str
    """What it wrote to standard output."""
    shell_name: str | None = None
    """The shell that it ran in."""


@attrs.frozen(kw_only=True)
class DevboxSendStdInResult:
    """What came of sending a command some input."""

    devbox_id: str
    """The devbox that it runs on."""
    execution_id: str
    """Identifier of the command."""
    success: bool
    """Whether it got the input."""


@attrs.frozen(kw_only=True)
class ExecutionUpdateChunk:
    """Some more of what a command writes."""

    output: str
    """The text."""
    offset: int | None = None
    """The byte of all the command's output at which it begins."""


class DevboxExecuteParams(TypedDict, total=False):
    """A command to start, and how long to wait for its end."""

    command: Required[str]
    """The command, for the shell."""
    command_id: str
    """An id of your choice, by which it is not started twice."""
    optimistic_timeout: int | None
    """Seconds to wait for its end, at most 25, which is the default."""
    shell_name: str | None
    """The shell to run it in; commands of one shell share their directory."""
    last_n: Annotated[int | str, InQuery()]
    """How many of the last lines of each output to get."""


class DevboxExecuteAsyncParams(TypedDict, total=False):
    """A command to start."""

    command: Required[str]
    """The command, for the shell."""
    attach_stdin: bool | None
    """Whether it will be sent input."""
    shell_name: str | None
    """The shell to run it in; commands of one shell share their directory."""


class DevboxWaitForCommandParams(TypedDict, total=False):
    """Which states of a command to wait for."""

    statuses: Required[Sequence[DevboxExecutionStatus]]
    """The states."""
    timeout_seconds: int | None
    """Seconds to wait at most; the server takes up to 25."""
    last_n: Annotated[int | str, InQuery()]
    """How many of the last lines of each output to get."""


class ExecutionKillParams(TypedDict, total=False):
    """How to end a command."""

    kill_process_group: bool | None
    """Whether to end what it has started as well."""


class ExecutionSendStdInParams(TypedDict, total=False):
    """What to send a command."""

    signal: StdInSignal | None
    """The end of its input, or an interrupt."""
    text: str | None
    """Text for its standard input."""


class ExecutionRetrieveParams(TypedDict, total=False):
    """What to get of a command."""

    last_n: int | str
    """How many of the last lines of each output to get."""


class ExecutionStreamParams(TypedDict, total=False):
    """Where to begin to follow a command's output."""

    offset: int | str
    """The byte to begin at; default is the first."""
