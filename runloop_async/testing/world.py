"""The state behind the emulated API: tables, a clock and dice; no input or output."""

import heapq
import itertools
import random
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection
from threading import RLock
from typing import Any, Final

import attrs

from runloop_async.testing.checks import seconds
from runloop_async.testing.commands import Commands
from runloop_async.testing.messages import ApiError, JsonObject

START_MS: Final = 1_767_225_600_000
"""When every emulated world begins, so that runs can be compared: 2026-01-01, UTC."""


@attrs.frozen(eq=False)
class Kind:
    """A sort of thing that the API keeps, such as a benchmark."""

    name: str
    """What it is called in messages."""
    prefix: str
    """What its ids begin with."""
    group_by: str | None = None
    """A field by which its rows are often asked for; it must not change later."""


class Table:
    """The rows of one kind, oldest first, each a dict with an `id`.

    Finding a row by its id, and its place among the others, costs the same however
    many rows there are.
    """

    def __init__(self, group_by: str | None) -> None:
        self.rows: list[JsonObject] = []
        self._by_id: dict[str, JsonObject] = {}
        self._place: dict[str, int] = {}
        self._group_by = group_by
        self._groups: defaultdict[object, list[JsonObject]] = defaultdict(list)

    def add(self, row: JsonObject) -> JsonObject:
        """Keep `row` as the newest one and return it.

        Raises:
            ValueError: The id is taken.
        """
        if row["id"] in self._place:
            raise ValueError(f"there is already a row with the id {row['id']!r}")
        self._place[row["id"]] = len(self._place)
        self._by_id[row["id"]] = row
        self.rows.append(row)
        if self._group_by is not None:
            self._groups[row[self._group_by]].append(row)
        return row

    def get(self, id: str) -> JsonObject | None:
        """Return the row with this id, if there is one."""
        return self._by_id.get(id)

    def remove(self, row: JsonObject) -> None:
        """Forget a row; lists can still be gone on with after it."""
        del self._by_id[row["id"]]
        del self.rows[bisect_left(self.rows, self._place[row["id"]], key=self._age)]

    def group(self, value: str) -> list[JsonObject]:
        """Return the rows whose grouping field has this value, oldest first."""
        return self._groups.get(value, [])

    def count_older(self, rows: list[JsonObject], id: str) -> int | None:
        """Return how many of `rows` are older than the row `id`, None if unknown.

        `rows` are some of this table's rows, in order; `id` need not be among them.
        """
        place = self._place.get(id)
        if place is None:
            return None
        return bisect_left(rows, place, key=self._age)

    def _age(self, row: JsonObject) -> int:
        return self._place[row["id"]]


class Clock:
    """Emulated seconds: real ones at some speed, plus those skipped by hand."""

    def __init__(self, speed: float, real: Callable[[], float]) -> None:
        self._speed = speed
        self._real = real
        self._start_s = real()
        self._skipped_s = 0.0

    def read_s(self) -> float:
        """Return the emulated seconds since the start."""
        return (self._real() - self._start_s) * self._speed + self._skipped_s

    def real_s(self, at_s: float) -> float | None:
        """Return in how many real seconds it will be so late; None for never."""
        left_s = at_s - self.read_s()
        return left_s / self._speed if self._speed else None

    def skip(self, seconds: float) -> None:
        """Move on by `seconds` at once."""
        self._skipped_s += seconds


@attrs.frozen(kw_only=True)
class Phases:
    """How long things take, in emulated seconds.

    Raises:
        ValueError: One of them is not a finite number of at least 0.
    """

    initializing: float = 0.5
    """How long a job is initializing."""
    queued: float = 0.5
    """How long a job is queued."""
    run: float = 10.0
    """How long an agent of a job works on a scenario."""
    scoring: float = 2.0
    """How long a scenario run is being scored."""
    boot: float = 1.0
    """How long a devbox boots."""
    suspend: float = 0.5
    """How long a devbox takes to suspend itself."""
    resume: float = 0.5
    """How long a devbox takes to resume."""
    snapshot: float = 0.5
    """How long a snapshot of a disk takes."""
    build: float = 2.0
    """How long a blueprint is being built."""

    def __attrs_post_init__(self) -> None:
        for name, value in attrs.asdict(self).items():
            seconds(name, value)


class World:
    """Everything the emulator knows.

    What happens by itself is put on an agenda and done, in order and at its own time,
    by `settle`, which the emulator calls before it looks at the world.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        speed: float = 1.0,
        phases: Phases | None = None,
        real: Callable[[], float] = time.monotonic,
    ) -> None:
        self.lock = RLock()
        """Held while something happens, as tests may run in another thread."""
        self.dice = random.Random(seed)
        self.phases = phases or Phases()
        self.links: defaultdict[str, list[str]] = defaultdict(list)
        """Ids that belong to an id without the API saying so."""
        self.hidden: dict[str, Any] = {}
        """What belongs to an id without the API showing it."""
        self.commands = Commands()
        """What commands on devboxes come to."""
        self.on_change: Callable[[], object] | None = None
        """Is told that something has happened by itself."""
        self.now_s = 0.0
        """The emulated time, as of the last `settle`."""
        self._clock = Clock(speed, real)
        self._tables: dict[Kind, Table] = {}
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._turns = itertools.count()

    @property
    def now_ms(self) -> int:
        """The emulated time in Unix milliseconds."""
        return START_MS + round(self.now_s * 1000)

    def table(self, kind: Kind) -> Table:
        """Return the table of a kind, made when first asked for."""
        table = self._tables.get(kind)
        if table is None:
            table = self._tables[kind] = Table(kind.group_by)
        return table

    def find(self, kind: Kind, id: str) -> JsonObject:
        """Return one row.

        Raises:
            ApiError: There is none with that id: 404.
        """
        row = self.table(kind).get(id)
        if row is None:
            raise ApiError(404, "not_found", f"There is no {kind.name} {id!r}.")
        return row

    def remove(self, kind: Kind, id: str) -> JsonObject:
        """Forget one row, and return it.

        Raises:
            ApiError: There is none with that id: 404.
        """
        row = self.find(kind, id)
        self.table(kind).remove(row)
        return row

    def add(
        self,
        kind: Kind,
        usual: JsonObject,
        given: JsonObject,
        optional: Collection[str] = (),
    ) -> JsonObject:
        """Add a row made of `given` and, for the rest, of what is `usual`.

        Raises:
            TypeError: A field is neither usual nor optional.
            ValueError: The id is taken.
        """
        with self.lock:
            row = {"id": self.new_id(kind.prefix), **usual, **given}
            if len(row) > len(usual) + 1:
                unknown = sorted(given.keys() - usual.keys() - {"id"} - set(optional))
                if unknown:
                    raise TypeError(f"a {kind.name} has no field {', '.join(unknown)}")
            return self.table(kind).add(row)

    def new_id(self, prefix: str) -> str:
        """Throw the dice for an id that nothing else has."""
        return f"{prefix}{self.dice.getrandbits(80):020x}"

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Have `action` done once `seconds` of emulated time have passed."""
        entry = (self.now_s + seconds, next(self._turns), action)
        heapq.heappush(self._agenda, entry)

    def settle(self) -> None:
        """Do what is due by now, each thing at the time it was due."""
        with self.lock:
            until_s = self._clock.read_s()
            has_changed = False
            while self._agenda and self._agenda[0][0] <= until_s:
                self.now_s, _, action = heapq.heappop(self._agenda)
                action()
                has_changed = True
            self.now_s = until_s
            if has_changed and self.on_change is not None:
                self.on_change()

    def due_in_s(self) -> float | None:
        """Return in how many real seconds something happens by itself, if at all."""
        with self.lock:
            if not self._agenda:
                return None
            return self._clock.real_s(self._agenda[0][0])

    def advance(self, seconds: float) -> None:
        """Move the clock on by `seconds` and settle.

        Raises:
            ValueError: `seconds` is below 0.
        """
        if seconds < 0:
            raise ValueError(f"time does not run backwards: advance({seconds!r})")
        with self.lock:
            self._clock.skip(seconds)
            self.settle()
