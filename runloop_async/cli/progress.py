"""Progress of a bulk: a bar on a terminal, else a plain line now and then."""

import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TextIO

from runloop_async.calls import outcomes
from runloop_async.cli.lines import lines

try:
    from runloop_async.cli.bar import bar
except ImportError:  # the extra `cli` is not installed
    bar = lines


def shown(
    total: int, what: str
) -> AbstractContextManager[Callable[[outcomes.Progress], Any]]:
    """Return a context that gives a callback for `on_progress`.

    Args:
        total: How many calls there are.
        what: What is counted, such as "runs".
    """
    stream: TextIO | None = sys.stderr  # None if it was closed
    is_terminal = stream is not None and stream.isatty()
    if stream is None or not is_terminal or os.environ.get("TERM") == "dumb":
        return lines(total, what, stream)
    return bar(total, what, stream)
