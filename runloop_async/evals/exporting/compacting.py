"""Join the small parts of an export, such as a nightly one leaves, into larger ones."""

import os
from collections.abc import Iterator
from functools import partial
from typing import Any, BinaryIO, Final

from runloop_async.calls.disk import in_thread
from runloop_async.evals.errors import ExportMismatchError
from runloop_async.evals.exporting.journal import Journal
from runloop_async.evals.exporting.parts import PARTS
from runloop_async.evals.exporting.stores import explained, store_at
from runloop_async.options import whole_number

_PART_ROWS: Final = 1_000_000


async def compact(
    folder: str | os.PathLike[str],
    *,
    part_rows: int = _PART_ROWS,
    filesystem: Any = None,
) -> int:
    """Join small parts of an export; return how many parts it has then.

    The rows stay the same, and whatever interrupts it, none is lost. Who reads the
    export meanwhile may find a part gone.

    Args:
        folder: Where the export is.
        part_rows: Rows of a joined file, about.
        filesystem: A `pyarrow.fs.FileSystem` that the folder is in.

    Raises:
        TypeError: An argument is of a wrong type.
        ValueError: There is no export, or an argument is unusable.
        ExportMismatchError: The folder is damaged.
        ExportError: An export is going on, or it cannot be written.
    """
    whole_number("part_rows", part_rows, least=1)
    journal = Journal(store_at(folder, filesystem))
    with explained(journal.store.name):
        return await in_thread(partial(_compact, journal, part_rows))


def _compact(journal: Journal, part_rows: int) -> int:
    with journal.store:
        manifest = journal.manifest()
        if manifest is None:
            raise ValueError(f"there is no export in {journal.store.name}")
        kind = PARTS.get(manifest.get("format", ""))
        if kind is None:
            raise ExportMismatchError(
                f"the manifest of {journal.store.name} is damaged"
            )
        journal.read()
        for names in [*_groups(journal.parts, part_rows)]:
            rows = sum(journal.parts[name] for name in names)

            def content(file: BinaryIO, names: list[str] = names) -> None:
                kind.join(_contents(journal, names), file)

            journal.add(kind.suffix, content, rows=rows, replaces=names)
            for name in names:
                journal.store.remove(f"data/{name}")
    return len(journal.parts)


def _groups(parts: dict[str, int], part_rows: int) -> Iterator[list[str]]:
    """Yield the parts to join, each group with about so many rows."""
    names, rows = list[str](), 0
    for name, more in parts.items():
        if rows + more > part_rows:
            if len(names) > 1:
                yield names
            names, rows = [], 0
        names.append(name)
        rows += more
    if len(names) > 1:
        yield names


def _contents(journal: Journal, names: list[str]) -> Iterator[bytes]:
    for name in names:
        yield journal.store.read(f"data/{name}") or b""
