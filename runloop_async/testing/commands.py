"""What commands on devboxes come to: scripted by pattern, for nothing is really run."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Final

import attrs

from runloop_async.testing.checks import seconds as checked_seconds


@attrs.frozen(kw_only=True)
class CommandResult:
    """What a command comes to."""

    stdout: str | Sequence[str] = ""
    """What it prints; of several pieces each comes after some time."""
    stderr: str | Sequence[str] = ""
    """What it prints to standard error."""
    exit_status: int = 0
    """How it ends."""
    seconds: float = 0.0
    """Emulated seconds that it takes."""
    reads_stdin: bool = False
    """Whether it prints what it is sent, and ends when that ends."""

    def __attrs_post_init__(self) -> None:
        checked_seconds("seconds", self.seconds)


Script = CommandResult | Callable[[str], CommandResult]
"""A result, or what makes one of a command."""


class Commands:
    """What commands come to; those that were added last go first.

        api.commands.add("pytest*", stdout="3 passed", seconds=2.0)
        api.commands.add("make *", exit_status=2, stderr=["compiling", "no rule"])

    A few simple ones are known: `echo`, `cat`, `true`, `false`, `exit` and `sleep`. Any
    other prints nothing and succeeds.
    """

    def __init__(self) -> None:
        self._scripts: list[tuple[str, Script]] = []

    def add(
        self,
        pattern: str,
        *,
        stdout: str | Sequence[str] = "",
        stderr: str | Sequence[str] = "",
        exit_status: int = 0,
        seconds: float = 0.0,
        reads_stdin: bool = False,
    ) -> None:
        """Say what the commands of a shell pattern come to.

        Args:
            pattern: A shell pattern for whole commands.
            stdout: What they print; pieces of a list come one after another.
            stderr: What they print to standard error.
            exit_status: How they end.
            seconds: Emulated seconds that they take.
            reads_stdin: Whether they print what they are sent, and end when that does.

        Raises:
            ValueError: `seconds` is no duration.
        """
        result = CommandResult(
            stdout=stdout,
            stderr=stderr,
            exit_status=exit_status,
            seconds=seconds,
            reads_stdin=reads_stdin,
        )
        self._scripts.append((pattern, result))

    def add_function(
        self, pattern: str, function: Callable[[str], CommandResult]
    ) -> None:
        """Have a function of yours say what the commands of a pattern come to."""
        self._scripts.append((pattern, function))

    def find(self, command: str, read: Callable[[str], str | None]) -> CommandResult:
        """Return what a command comes to.

        Args:
            command: The command.
            read: Returns the file of a path on the devbox, None if there is none.
        """
        for pattern, script in reversed(self._scripts):
            if fnmatchcase(command, pattern):
                return script if isinstance(script, CommandResult) else script(command)
        return _simple(command, read)


def _simple(command: str, read: Callable[[str], str | None]) -> CommandResult:
    try:
        name, *words = shlex.split(command) or [""]
    except ValueError:
        return CommandResult(stderr="syntax error\n", exit_status=2)
    if name == "cat":
        return _cat(words[0], read) if words else CommandResult(reads_stdin=True)
    known = _KNOWN.get(name)
    return CommandResult() if known is None else known(words)


def _cat(path: str, read: Callable[[str], str | None]) -> CommandResult:
    content = read(path)
    if content is None:
        why = f"cat: {path}: No such file or directory\n"
        return CommandResult(stderr=why, exit_status=1)
    return CommandResult(stdout=content)


def _number(words: list[str]) -> float:
    """Return the first word as a number, 0 if it is none."""
    text = words[0] if words else ""
    return float(text) if text.replace(".", "", 1).isdecimal() else 0.0


_KNOWN: Final[Mapping[str, Callable[[list[str]], CommandResult]]] = {
    "echo": lambda words: CommandResult(stdout=" ".join(words) + "\n"),
    "exit": lambda words: CommandResult(exit_status=int(_number(words)) % 256),
    "false": lambda _: CommandResult(exit_status=1),
    "sleep": lambda words: CommandResult(seconds=_number(words)),
}
