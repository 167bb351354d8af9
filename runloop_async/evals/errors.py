"""Errors of the evaluation tools."""

from collections.abc import Sequence

from runloop_async.errors import RunloopError


def needs(part: str, libraries: str, extra: str) -> ImportError:
    """Return the error for a part of which the extra is not installed."""
    return ImportError(
        f"runloop_async.evals.{part} needs {libraries}: "
        f'pip install "runloop-async[{extra}]"'
    )


class ExportError(RunloopError):
    """An export cannot be written; what was safe before still is."""


class ExportMismatchError(ExportError):
    """A folder holds another export than the one that is to go on, or a damaged one."""


class IncompleteError(RunloopError):
    """Some of the runs could not be read; the rows of all others were given."""

    failures: Sequence[tuple[str, RunloopError]]
    """The ids of these runs, and why."""

    def __init__(self, failures: Sequence[tuple[str, RunloopError]]) -> None:
        id, error = failures[0]  # noqa: A001 - the API's own word
        super().__init__(
            f"{len(failures)} runs could not be read, the first one ({id}) because: "
            f'{error}; errors="collect" keeps them in `failures` in place of this'
        )
        self.failures = failures
