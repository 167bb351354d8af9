"""The logs of devboxes."""

from typing import Literal, TypeAlias, TypedDict

import attrs

from runloop_async.models.shared import Open

DevboxLogSource: TypeAlias = Open[
    Literal["setup_commands", "entrypoint", "exec", "files", "stats", "kmsg"]
]
"""What wrote a line of the log."""


@attrs.frozen(kw_only=True)
class DevboxLog:
    """A line of a devbox's log."""

    level: str
    """How grave it is."""
    source: DevboxLogSource
    """What wrote it."""
    timestamp_ms: int
    """When it was written, in Unix milliseconds."""
    cmd: str | None = None
    """The command that ran."""
    cmd_id: str | None = None
    """Id of that command."""
    exit_code: int | None = None
    """The command's exit code."""
    message: str | None = None
    """What it says."""
    shell_name: str | None = None
    """The shell that the command ran in."""


@attrs.frozen(kw_only=True)
class DevboxLogsListView:
    """The log of a devbox."""

    logs: list[DevboxLog]
    """Its lines."""


class DevboxLogsListParams(TypedDict, total=False):
    """Which lines of the log to get."""

    execution_id: str
    """Only those of this command."""
    shell_name: str
    """Only those of this shell."""
