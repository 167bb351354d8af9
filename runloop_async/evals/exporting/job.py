"""Exports of runs, which go on after whatever interrupts them."""

import os
from collections.abc import Sequence
from contextlib import aclosing
from datetime import UTC
from functools import partial
from typing import Any, Final, Literal, TypeAlias, Unpack

import attrs

from runloop_async.calls.disk import in_thread
from runloop_async.client import AsyncRunloop
from runloop_async.errors import RunloopError
from runloop_async.evals.exporting.journal import Journal, Line
from runloop_async.evals.exporting.parts import PARTS, Part
from runloop_async.evals.exporting.stores import Store, explained, store_at
from runloop_async.evals.read import Earlier, Rows, Selection, SelectionParams
from runloop_async.evals.read.stream import Includes, included
from runloop_async.evals.rows import (
    RunRow,
    ScenarioRow,
    ScoreRow,
    state_of,
    time_of,
)
from runloop_async.models.benchmark_runs import BenchmarkRunView
from runloop_async.options import whole_number

Level: TypeAlias = Literal["runs", "scenarios", "scores"]
"""What a row stands for."""
Format: TypeAlias = Literal["parquet", "jsonl"]
"""How parts are written."""

_KINDS: Final[dict[str, type[RunRow]]] = {
    "runs": RunRow,
    "scenarios": ScenarioRow,
    "scores": ScoreRow,
}
_PART_ROWS: Final = 25_000


@attrs.frozen(kw_only=True)
class Exported:
    """What an export came to."""

    folder: str
    """Where it is; the parts are in its folder `data`."""
    runs: int
    """Runs that this pass exported."""
    rows: int
    """Rows that this pass exported."""
    reused: int
    """Runs that earlier passes had exported."""
    open: Sequence[str]
    """Runs that have not ended: the next pass looks at them again."""
    failures: Sequence[tuple[str, RunloopError]]
    """Runs that could not be read, and why: the next pass asks for them again."""


async def export(
    client: AsyncRunloop,
    folder: str | os.PathLike[str],
    *,
    level: Level = "scenarios",
    format: Format = "parquet",
    include: Includes = (),
    part_rows: int = _PART_ROWS,
    fresh: bool = False,
    filesystem: Any = None,
    **selection: Unpack[SelectionParams],
) -> Exported:
    """Export the runs that are selected, and have ended, to a folder.

        done = await evals.export(client, "nightly", benchmark_id="bmd_1")
        table = pyarrow.dataset.dataset("nightly/data").to_table()

    Done again, it goes on: after a kill it asks for what is not safe, a day later for
    what is new, for runs that had not ended, and for those that could not be read. No
    row comes twice. `compact` joins the small parts of many such passes.

    Args:
        client: A client.
        folder: Where to; made if it is not there. Also the URI of a bucket, such as
            `s3://bucket/nightly`, which nothing locks against a second export.
        level: What a row stands for.
        format: `parquet`, or `jsonl` for a JSON object on each line.
        include: What rows have only on demand, as it may be large or private.
        part_rows: Rows of a file, about: a run is never divided.
        fresh: Whether to remove an export that is there, and start over.
        filesystem: A `pyarrow.fs.FileSystem` that the folder is in.
        **selection: Which runs; see `evals.runs`.

    Raises:
        TypeError: An argument is of a wrong type.
        ValueError: No runs are selected, or an argument is unusable.
        ExportMismatchError: The folder has another export, or is damaged.
        ExportError: Another process exports to it, or it cannot be written.
    """
    store = _checked(folder, filesystem, level, format, part_rows)
    chosen, kept = Selection(**selection), included(include)
    rows = Rows(_KINDS[level], client, chosen, kept, "collect")
    manifest = _manifest(client.base_url, chosen, level, format, include)
    journal, part = Journal(store), PARTS[format](_KINDS[level])
    with explained(store.name), store:
        await in_thread(partial(journal.begin, manifest, fresh=fresh))
        return await _Export(rows, journal, part, part_rows).run()


def _checked(
    folder: str | os.PathLike[str],
    filesystem: Any,
    level: str,
    format: str,
    part_rows: int,
) -> Store:
    if level not in _KINDS:
        raise ValueError(f"level must be of {', '.join(_KINDS)}, not {level!r}")
    if format not in PARTS:
        raise ValueError(f"format must be of {', '.join(PARTS)}, not {format!r}")
    whole_number("part_rows", part_rows, least=1)
    return store_at(folder, filesystem)


def _manifest(
    base_url: str, chosen: Selection, level: str, format: str, include: Includes
) -> dict[str, Any]:
    """Return what tells this export from others."""
    return {
        "level": level,
        "format": format,
        "include": sorted(include),
        "base_url": base_url,
        "selection": _described(chosen),
    }


def _described(chosen: Selection) -> dict[str, Any]:
    """Return a selection as JSON: the same for all ways to say the same."""
    given = attrs.asdict(chosen, recurse=False) | {
        "everything": chosen.everything or None,
        "run_ids": None if chosen.run_ids is None else sorted(set(chosen.run_ids)),
        "state": sorted(chosen.states) or None,
        "since": chosen.since and chosen.since.astimezone(UTC).isoformat(),
        "metadata": None if chosen.metadata is None else {**chosen.metadata},
    }
    return {name: value for name, value in sorted(given.items()) if value is not None}


@attrs.define(eq=False)
class _Export:
    """One pass over the runs."""

    _rows: Rows[Any]
    _journal: Journal
    _part: Part
    _part_rows: int
    _runs: list[str] = attrs.field(init=False, factory=list[str])
    _open: list[str] = attrs.field(init=False, factory=list[str])
    _newest_ms: int | None = attrs.field(init=False, default=None)

    async def run(self) -> Exported:
        """Make the pass."""
        journal = self._journal
        before, rows = len(journal.done), journal.rows
        newest_ms = self._newest_ms = journal.newest_ms
        earlier = Earlier(
            done=journal.done,
            open=journal.open,
            newest=None if newest_ms is None else time_of(newest_ms),
        )
        async with aclosing(self._rows.by_run(earlier, self._is_left_out)) as found:
            async for run, made in found:
                self._runs.append(run.id)
                self._part.add(made)
                if len(self._part) >= self._part_rows:
                    await self._flush()
        await self._flush()
        failures = list(self._rows.failures)
        again = [*self._open, *(name for name, _ in failures)]
        end = Line(open=again, newest_ms=self._newest_ms)
        await in_thread(partial(journal.commit, end))
        return Exported(
            folder=journal.store.name,
            runs=len(journal.done) - before,
            rows=journal.rows - rows,
            reused=before,
            open=self._open,
            failures=failures,
        )

    def _is_left_out(self, run: BenchmarkRunView) -> bool:
        """Tell whether a run is exported already, or has not ended."""
        self._newest_ms = max(self._newest_ms or 0, run.start_time_ms)
        if run.id in self._journal.done:
            return True
        if state_of(run.state).ended:
            return False
        self._open.append(run.id)
        return True

    async def _flush(self) -> None:
        """Write what is buffered as a part, and only then promise it."""
        if not self._runs:
            return
        await in_thread(self._write)
        self._runs.clear()

    def _write(self) -> None:
        journal, part, rows = self._journal, self._part, len(self._part)
        if rows:
            journal.add(part.suffix, part.write, rows=rows, runs=[*self._runs])
        else:
            journal.commit(Line(runs=[*self._runs]))
