"""Rows from the service, as they come."""

from collections import deque
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Sequence
from contextlib import aclosing
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar, Unpack

import attrs

from runloop_async.calls.repeatable import Flow
from runloop_async.client import AsyncRunloop
from runloop_async.errors import RunloopError
from runloop_async.evals.errors import IncompleteError
from runloop_async.evals.read.select import Selection, SelectionParams, selected
from runloop_async.evals.rows import (
    Include,
    Part,
    RunRow,
    ScenarioRow,
    ScoreRow,
    run_row,
    scenario_rows,
    score_rows,
)
from runloop_async.models.benchmark_runs import BenchmarkRunView
from runloop_async.models.scenarios.runs import ScenarioRunView

RowT = TypeVar("RowT", bound=RunRow)

Includes: TypeAlias = Collection[Literal["output", "environment"]]
"""What rows have only on demand."""
Errors: TypeAlias = Literal["raise", "collect"]
"""What to do with runs that cannot be read, when all others were."""
Make: TypeAlias = Callable[
    [BenchmarkRunView, Iterable[ScenarioRunView], Part | None, Include],
    Sequence[RunRow],
]

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
    failures: list[tuple[str, RunloopError]] = attrs.field(
        init=False, factory=list[tuple[str, RunloopError]]
    )
    """Runs that could not be read, and why; filled while the rows are read."""

    async def __aiter__(self) -> AsyncGenerator[RowT, None]:
        self.failures.clear()
        read = self._runs() if self.kind is RunRow else self._attempts()
        async with aclosing(read) as rows:
            async for row in rows:
                yield row
        if self.failures and self._errors == "raise":
            raise IncompleteError(self.failures)

    async def _runs(self) -> AsyncGenerator[Any, None]:
        async with aclosing(selected(self._client, self._selection)) as found:
            async for id, run, part in found:  # noqa: A001 - the API's own word
                if isinstance(run, RunloopError):
                    self.failures.append((id, run))
                else:
                    yield run_row(run, part, self._include)

    async def _attempts(self) -> AsyncGenerator[Any, None]:
        make = score_rows if self.kind is ScoreRow else scenario_rows
        ready = deque[Any]()
        asked = dict[int, tuple[BenchmarkRunView, Part | None]]()
        calls = self._calls(make, ready, asked)
        bulk = self._client.bulk(calls)
        async with aclosing(bulk.as_completed()) as outcomes:
            async for outcome in outcomes:
                run, part = asked.pop(outcome.index)
                if outcome.error is None:
                    ready.extend(make(run, outcome.value, part, self._include))
                else:
                    self.failures.append((run.id, outcome.error))
                while ready:
                    yield ready.popleft()
        while ready:
            yield ready.popleft()

    async def _calls(
        self,
        make: Make,
        ready: deque[Any],
        asked: dict[int, tuple[BenchmarkRunView, Part | None]],
    ) -> AsyncGenerator[Flow[list[ScenarioRunView]], None]:
        """Yield a call for each run whose attempts have to be asked for."""
        count = 0
        async with aclosing(selected(self._client, self._selection)) as found:
            async for id, run, part in found:  # noqa: A001 - the API's own word
                if isinstance(run, RunloopError):
                    self.failures.append((id, run))
                elif run.scenario_runs is not None:  # as servers sent them in 2025
                    ready.extend(make(run, (), part, self._include))
                else:
                    asked[count] = run, part
                    count += 1
                    yield self._client.benchmark_runs.list_scenario_runs(id).all()


def _rows(
    kind: type[RowT],
    client: AsyncRunloop,
    include: Includes,
    errors: Errors,
    selection: SelectionParams,
) -> Rows[RowT]:
    if isinstance(include, str) or not set(include) <= {*_INCLUDES}:
        names = " and ".join(map(repr, _INCLUDES))
        raise ValueError(f"include must be a list of {names}, not {include!r}")
    if errors not in _ERRORS:
        raise ValueError(f"errors must be 'raise' or 'collect', not {errors!r}")
    included = Include(**dict.fromkeys(include, True))
    return Rows(kind, client, Selection(**selection), included, errors)


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
    **selection: Unpack[SelectionParams],
) -> Rows[ScenarioRow]:
    """Return a row for each attempt at a scenario; see `runs`."""
    return _rows(ScenarioRow, client, include, errors, selection)


def scores(
    client: AsyncRunloop,
    *,
    include: Includes = (),
    errors: Errors = "raise",
    **selection: Unpack[SelectionParams],
) -> Rows[ScoreRow]:
    """Return a row for each score of a scoring function; see `runs`."""
    return _rows(ScoreRow, client, include, errors, selection)
