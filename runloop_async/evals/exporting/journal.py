"""What of an export is safe: a manifest, and a journal that is only added to.

::

    nightly/manifest.json    what is exported, and how; written once
    nightly/journal.jsonl    a line for each part, written after the part is in place
    nightly/data/            the parts, and nothing else
    nightly/tmp/             where parts are written

A line of the journal is the promise that its part is whole. So whatever interrupts an
export, the next one cuts a torn last line off, removes parts that no line names, and
goes on. In a bucket each line is an object, `journal/000001.json`.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

import attrs

from runloop_async.evals.errors import ExportMismatchError
from runloop_async.evals.exporting.stores import Content, Store, bytes_of

_VERSION: Final = 1
_MANIFEST: Final = "manifest.json"
_ELSE: Final = "export to another folder, or start over with fresh=True"


@attrs.frozen(kw_only=True)
class Line:
    """A line of the journal."""

    part: str | None = None
    """The file of the part; None at the end of a pass over the runs."""
    rows: int = 0
    """How many rows it has."""
    runs: list[str] = attrs.field(factory=list[str])
    """The runs whose rows are all in it."""
    replaces: list[str] = attrs.field(factory=list[str])
    """The parts whose rows it has, and which are no longer needed."""
    open: list[str] | None = None
    """At the end of a pass: runs that are to be asked for again."""
    newest_ms: int | None = None
    """At the end of a pass: when the newest run started, in Unix milliseconds."""


class Journal:
    """What an export has come to, of which nothing is lost."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.done = set[str]()
        """Runs whose rows are safe."""
        self.parts = dict[str, int]()
        """How many rows each part has."""
        self.open = list[str]()
        """Runs that the last pass left open."""
        self.newest_ms: int | None = None
        """When the newest run of the last whole pass started."""
        self._number = 0

    @property
    def rows(self) -> int:
        """How many rows are safe."""
        return sum(self.parts.values())

    def begin(self, wanted: Mapping[str, Any], *, fresh: bool) -> None:
        """Read what is there, and see that it is of the same export.

        Args:
            wanted: What is to be exported, and how.
            fresh: Whether to remove what is there.

        Raises:
            ExportMismatchError: It is of another, or damaged.
        """
        wanted = {"version": _VERSION, **wanted}
        if fresh:
            self.store.remove(_MANIFEST)  # a journal without one is not gone on with
            self.store.forget()
        manifest = self.manifest()
        if manifest is not None:
            _compare(manifest, wanted, self.store.name)
        self.read()
        if manifest is None:
            if self.done or self.parts:
                raise ExportMismatchError(
                    f"{self.store.name} has a journal, but no {_MANIFEST}: {_ELSE}"
                )
            text = json.dumps(wanted, indent=2).encode()
            self.store.write(_MANIFEST, bytes_of(text))

    def manifest(self) -> dict[str, Any] | None:
        """Return what is exported, and how; None if nothing is.

        Raises:
            ExportMismatchError: It is damaged.
        """
        text = self.store.read(_MANIFEST)
        try:
            return None if text is None else {**json.loads(text)}
        except (TypeError, ValueError):
            raise ExportMismatchError(
                f"{self.store.name}/{_MANIFEST} is damaged: {_ELSE}"
            ) from None

    def read(self) -> None:
        """Read the lines, and remove parts that none of them names.

        Raises:
            ExportMismatchError: A line is damaged, or a part is missing.
        """
        for where, text in self.store.journal():
            try:
                self._apply(Line(**json.loads(text)))
            except (KeyError, TypeError, ValueError):
                raise ExportMismatchError(f"{where} is damaged: {_ELSE}") from None
        there = {*self.store.parts()}
        for stray in there - {f"data/{name}" for name in self.parts}:
            self.store.remove(stray)
        for name in self.parts:
            if f"data/{name}" not in there:
                raise ExportMismatchError(
                    f"{self.store.name}/data/{name} is missing: {_ELSE}"
                )

    def add(self, suffix: str, content: Content, **about: Any) -> None:
        """Write a part, then the line that names it.

        Args:
            suffix: What the name of its file ends with.
            content: Writes what is in it.
            **about: What else the line says.
        """
        name = f"part-{self._number:06}{suffix}"
        self.store.write(f"data/{name}", content)
        self.commit(Line(part=name, **about))

    def commit(self, line: Line) -> None:
        """Add a line."""
        text = json.dumps(attrs.asdict(line), separators=(",", ":"))
        self.store.append(text.encode())
        self._apply(line)

    def _apply(self, line: Line) -> None:
        self.done.update(line.runs)
        for name in line.replaces:
            del self.parts[name]
        if line.part is not None:
            self.parts[line.part] = line.rows
            self._number += 1
        if line.open is not None:
            self.open, self.newest_ms = line.open, line.newest_ms


def _compare(found: Mapping[str, Any], wanted: Mapping[str, Any], where: str) -> None:
    for name in sorted(found.keys() | wanted.keys()):
        if found.get(name) != wanted.get(name):
            raise ExportMismatchError(
                f"{where} holds another export: its {name} is {found.get(name)!r}, "
                f"not {wanted.get(name)!r}; {_ELSE}"
            )
