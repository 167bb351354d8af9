"""What may still exist after an error."""

import logging

_log = logging.getLogger("runloop_async")


def left_behind(error: BaseException, what: str) -> None:
    """Say on an error what may still exist.

    A cancellation loses its notes where a task is awaited, so it is logged.
    """
    error.add_note(what)
    if not isinstance(error, Exception):
        _log.warning("%s", what)
