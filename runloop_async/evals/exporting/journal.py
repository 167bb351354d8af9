"""What of an export is safe on disk: a manifest, and a journal that is only added to.

::

    nightly/manifest.json    what is exported, and how; written once
    nightly/journal.jsonl    a line for each part, written after the part is in place
    nightly/data/            the parts, and nothing else
    nightly/tmp/             where parts are written

A line of the journal is the promise that its part is whole. So whatever interrupts an
export, the next one cuts a torn last line off, removes parts that no line names, and
goes on.
"""

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

import attrs

from runloop_async.evals.errors import ExportError, ExportMismatchError

_VERSION: Final = 1


@attrs.frozen(kw_only=True)
class Line:
    """A line of the journal."""

    part: str | None = None
    """The file of the part; None at the end of a pass over the runs."""
    rows: int = 0
    """How many rows it has."""
    runs: list[str] = attrs.field(factory=list[str])
    """The runs whose rows are all in it."""
    open: list[str] | None = None
    """At the end of a pass: runs that are to be asked for again."""
    newest_ms: int | None = None
    """At the end of a pass: when the newest run started, in Unix milliseconds."""


class Journal:
    """The folder of an export, which one process at a time may write to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.tmp = folder / "tmp"
        self.done = set[str]()
        """Runs whose rows are safe."""
        self.rows = 0
        """How many rows are."""
        self.open = list[str]()
        """Runs that the last pass left open."""
        self.newest_ms: int | None = None
        """When the newest run of the last whole pass started."""
        self._parts = set[str]()
        self._lock = -1

    def __enter__(self) -> Self:
        self.tmp.mkdir(parents=True, exist_ok=True)
        self.data.mkdir(exist_ok=True)
        self._lock = _locked(self.folder / "lock")
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._lock)  # which gives the lock back, as a kill does

    def begin(self, wanted: Mapping[str, Any]) -> None:
        """Read what is there, and see that it is of the same export.

        Raises:
            ExportMismatchError: It is of another, or damaged.
        """
        wanted = {"version": _VERSION, **wanted}
        manifest = self.folder / "manifest.json"
        if manifest.exists():
            _compare(_read_whole(manifest), wanted, self.folder)
        else:
            _written_whole(manifest, json.dumps(wanted, indent=2).encode())
        self._read()
        for stray in (*self.tmp.iterdir(), *self.data.iterdir()):
            if stray.parent == self.tmp or stray.name not in self._parts:
                stray.unlink()

    def name(self, suffix: str) -> str:
        """Return the name of the next part."""
        return f"part-{len(self._parts):06}{suffix}"

    def commit(self, line: Line) -> None:
        """Add a line, once its part is in place, and sync it."""
        text = json.dumps(attrs.asdict(line), separators=(",", ":"))
        path = self.folder / "journal.jsonl"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self._apply(line)

    def _apply(self, line: Line) -> None:
        self.done.update(line.runs)
        self.rows += line.rows
        if line.part is not None:
            self._parts.add(line.part)
        if line.open is not None:
            self.open, self.newest_ms = line.open, line.newest_ms

    def _read(self) -> None:
        path = self.folder / "journal.jsonl"
        if not path.exists():
            return
        whole, _, torn = path.read_bytes().rpartition(b"\n")
        if torn:
            os.truncate(path, len(whole) + 1 if whole else 0)
        for number, text in enumerate(whole.splitlines(), start=1):
            try:
                self._apply(Line(**json.loads(text)))
            except (TypeError, ValueError):
                raise ExportMismatchError(
                    f"line {number} of {path} is damaged: export to another folder"
                ) from None


def in_place(written: Path, target: Path) -> None:
    """Move a file that was written and synced to where it belongs, for good."""
    written.replace(target)
    _sync(target.parent)


def _written_whole(path: Path, content: bytes) -> None:
    part = path.with_suffix(".tmp")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    in_place(part, path)


def _read_whole(path: Path) -> dict[str, Any]:
    try:
        return {**json.loads(path.read_bytes())}
    except (TypeError, ValueError):
        raise ExportMismatchError(
            f"{path} is damaged: export to another folder"
        ) from None


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _locked(path: Path) -> int:
    """Take the lock of a folder; it is given back when the process ends, however."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(descriptor, 20).decode() or "?"
        os.close(descriptor)
        raise ExportError(
            f"process {holder} is exporting to {path.parent}: wait for it, or export "
            "to another folder"
        ) from None
    os.truncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}".encode(), 0)
    return descriptor


def _compare(found: Mapping[str, Any], wanted: Mapping[str, Any], folder: Path) -> None:
    for name in sorted(found.keys() | wanted.keys()):
        if found.get(name) != wanted.get(name):
            raise ExportMismatchError(
                f"{folder} holds another export: its {name} is {found.get(name)!r}, "
                f"not {wanted.get(name)!r}; export to another folder"
            )
