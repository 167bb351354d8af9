"""Progress as plain lines, for logs and pipes."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, TextIO

from runloop_async.calls import outcomes

_LINES = 10
"""How many lines a bulk prints."""


@contextmanager
def lines(
    total: int, what: str, stream: TextIO | None
) -> Generator[Callable[[outcomes.Progress], Any]]:
    """Give a callback for `on_progress` that prints a line for each tenth.

    Args:
        total: How many calls there are.
        what: What is counted, such as "runs".
        stream: Where to print; None prints nothing.
    """
    step = max(total // _LINES, 1)

    def show(now: outcomes.Progress) -> None:
        if stream is None or (now.done % step and now.done != total):
            return
        facts = f"{now.failed} failed, {now.elapsed_s:.1f} s"
        try:
            print(f"{now.done}/{total} {what}, {facts}", file=stream, flush=True)
        except BrokenPipeError:  # nobody is there to see the result either
            raise
        except OSError:  # such as a full disk, which is no reason to end
            return

    yield show
