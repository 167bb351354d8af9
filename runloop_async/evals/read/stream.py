"""Rows from the service, as they come."""

from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing
from pathlib import Path
from typing import Final, Generic, Literal, TypeAlias, TypeVar, Unpack

import attrs

from runloop_async.calls.repeatable import Flow
from runloop_async.client import AsyncRunloop
from runloop_async.errors import RunloopError
from runloop_async.evals.errors import IncompleteError
from runloop_async.evals.read.cache import Cache, CacheAt, cached, path_of
from runloop_async.evals.read.select import (
    Earlier,
    Selection,
    SelectionParams,
    selected,
)
from runloop_async.evals.rows import (
    Chunk,
    Include,
    Part,
    RunRow,
    ScenarioRow,
    ScoreRow,
    chunk_of,
    rows_of,
)
from runloop_async.models.benchmark_runs import BenchmarkRunView
from runloop_async.models.scenarios.runs import ScenarioRunView

RowT = TypeVar("RowT", bound=RunRow)

Includes: TypeAlias = Collection[Literal["output", "environment"]]
"""What rows have only on demand."""
Errors: TypeAlias = Literal["raise", "collect"]
"""What to do with runs that cannot be read, when all others were."""
_INCLUDES: Final = ("output", "environment")
_ERRORS: Final = ("raise", "collect")


@attrs.define(eq=False)
class Rows(Generic[RowT]):
    """Rows to iterate over with `async for`, in bounded memory.

    Those of one run come together, the runs in whatever order they are read.
    """

    kind: type[RowT]
    """The class of the rows."""
    _client: AsyncRunloop
    _selection: Selection
    _include: Include
    _errors: Errors
    _cache: Path | None = None
    failures: list[tuple[str, RunloopError]] = attrs.field(
        init=False, factory=list[tuple[str, RunloopError]]
    )
    """Runs that could not be read, and why; filled while the rows are read."""

    async def __aiter__(self) -> AsyncGenerator[RowT, None]:
        async with aclosing(self.by_run()) as found:
            async for _, chunk in found:
                for row in rows_of(self.kind, chunk):
                    yield row
        if self.failures and self._errors == "raise":
            raise IncompleteError(self.failures)

    async def by_run(
        self,
        earlier: Earlier | None = None,
        skip: Callable[[BenchmarkRunView], bool] | None = None,
    ) -> AsyncGenerator[tuple[BenchmarkRunView, Chunk], None]:
        """Yield each run with its rows; raise nothing for those that cannot be read.

        Args:
            earlier: What an earlier pass came to, if this is to go on from it.
            skip: Tells of a run whether it is to be left out.
        """
        self.failures.clear()
        asked = dict[int, tuple[BenchmarkRunView, Part | None]]()
        async with (
            cached(self._client, self._cache) as cache,
            aclosing(self._calls(earlier or Earlier(), skip, asked, cache)) as calls,
            aclosing(self._client.bulk(calls).as_completed()) as outcomes,
        ):
            async for outcome in outcomes:
                run, part = asked.pop(outcome.index)
                if outcome.error is None:
                    views, include = outcome.value, self._include
                    yield run, chunk_of(self.kind, run, views, part, include)
                else:
                    self.failures.append((run.id, outcome.error))

    async def _calls(
        self,
        earlier: Earlier,
        skip: Callable[[BenchmarkRunView], bool] | None,
        asked: dict[int, tuple[BenchmarkRunView, Part | None]],
        cache: Cache | None,
    ) -> AsyncGenerator[Flow[list[ScenarioRunView]], None]:
        """Yield a call for the attempts of each run."""
        count = 0
        source = selected(self._client, self._selection, earlier)
        async with aclosing(source) as found:
            async for id, run, part in found:  # noqa: A001 - the API's own word
                if isinstance(run, RunloopError):
                    self.failures.append((id, run))
                elif skip is not None and skip(run):
                    continue
                elif self._selection.has_state(run):
                    asked[count] = run, part
                    count += 1
                    yield self._attempts(run, cache)

    def _attempts(
        self, run: BenchmarkRunView, cache: Cache | None
    ) -> Flow[list[ScenarioRunView]]:
        """Return a call for the attempts of a run, which sends nothing if none need."""
        if self.kind is RunRow or run.scenario_runs is not None:  # as of 2025
            return Flow(_nothing, name=f"take {run.id} as it is")
        call = self._client.benchmark_runs.list_scenario_runs(run.id).all()
        return call if cache is None else cache.before(run, call)


async def _nothing(**_: object) -> list[ScenarioRunView]:
    return []


def included(include: Includes) -> Include:
    """Return what rows are to have of what they have only on demand.

    Raises:
        ValueError: It is something else.
    """
    if isinstance(include, str) or not set(include) <= {*_INCLUDES}:
        names = " and ".join(map(repr, _INCLUDES))
        raise ValueError(f"include must be a list of {names}, not {include!r}")
    return Include(**dict.fromkeys(include, True))


def _rows(
    kind: type[RowT],
    client: AsyncRunloop,
    include: Includes,
    errors: Errors,
    selection: SelectionParams,
    cache: CacheAt = False,
) -> Rows[RowT]:
    if errors not in _ERRORS:
        raise ValueError(f"errors must be 'raise' or 'collect', not {errors!r}")
    chosen, kept = Selection(**selection), included(include)
    return Rows(kind, client, chosen, kept, errors, path_of(cache))


def runs(
    client: AsyncRunloop,
    *,
    include: Includes = (),
    errors: Errors = "raise",
    **selection: Unpack[SelectionParams],
) -> Rows[RunRow]:
    """Return a row for each benchmark run that is selected.

    Args:
        client: A client.
        include: What rows have only on demand, as it may be large or private.
        errors: What to do with runs that cannot be read when all others were: raise
            an `IncompleteError`, or keep them in `failures` alone.
        **selection: Which runs; see `SelectionParams`.

    Raises:
        TypeError: An argument is of a wrong type.
        ValueError: No runs are selected, or an argument is unusable.
    """
    return _rows(RunRow, client, include, errors, selection)


def scenarios(
    client: AsyncRunloop,
    *,
    include: Includes = (),
    errors: Errors = "raise",
    cache: CacheAt = False,
    **selection: Unpack[SelectionParams],
) -> Rows[ScenarioRow]:
    """Return a row for each attempt at a scenario; see `runs`.

    With `cache`, the attempts of runs that have ended are kept, and not asked for
    again: in the user's cache folder, or in the file whose path is given. They are kept
    whole, with what scoring functions printed and environment variables, for the owner
    of the file alone to read. Remove the file to empty it.

    Raises:
        TypeError: An argument is of a wrong type.
        ValueError: No runs are selected, or an argument is unusable.
    """
    return _rows(ScenarioRow, client, include, errors, selection, cache)


def scores(
    client: AsyncRunloop,
    *,
    include: Includes = (),
    errors: Errors = "raise",
    cache: CacheAt = False,
    **selection: Unpack[SelectionParams],
) -> Rows[ScoreRow]:
    """Return a row for each score of a scoring function; see `scenarios`."""
    return _rows(ScoreRow, client, include, errors, selection, cache)
