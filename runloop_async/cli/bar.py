"""A progress bar by rich; only with the extra `cli`."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

from runloop_async.calls import outcomes


@contextmanager
def bar(
    total: int, what: str, stream: TextIO
) -> Generator[Callable[[outcomes.Progress], Any]]:
    """Give a callback for `on_progress` that moves a bar.

    Args:
        total: How many calls there are.
        what: What is counted, such as "runs".
        stream: The terminal.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),  # what the others leave of the line
        MofNCompleteColumn(),
        TextColumn("{task.fields[failed]} failed"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(file=stream), expand=True) as shown:
        task = shown.add_task(what, total=total, failed=0)
        yield lambda now: shown.update(task, completed=now.done, failed=now.failed)
