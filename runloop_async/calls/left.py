"""What may still exist after an error."""

import logging

_log = logging.getLogger("runloop_async")


class Left(str):
    """Says what may still exist."""

    __slots__ = ()


def noted(error: BaseException, said: str) -> None:
    """Say something on an error.

    A cancellation loses its notes where a task is awaited, so what may still exist is
    logged.
    """
    error.add_note(said)
    if isinstance(said, Left) and not isinstance(error, Exception):
        _log.warning("%s", said)


def left_behind(error: BaseException, what: str) -> None:
    """Say on an error what may still exist."""
    noted(error, Left(what))
