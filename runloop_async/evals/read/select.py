"""Which benchmark runs are meant."""

from collections.abc import (
    AsyncGenerator,
    Collection,
    Container,
    Mapping,
    Sequence,
)
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias, TypedDict, TypeGuard, cast

import attrs

from runloop_async.client import AsyncRunloop
from runloop_async.errors import RunloopError
from runloop_async.evals.rows import Part, State, parts_of, state_of
from runloop_async.models.benchmark_runs import BenchmarkRunView

LAG: Final = timedelta(hours=1)
"""How far the order of a list may differ from that of the starts of its runs."""
_ONE: Final = ("run_ids", "benchmark_id", "job_id", "everything")
_STATES: Final = frozenset(State) - {State.UNKNOWN}

Found: TypeAlias = tuple[str, BenchmarkRunView | RunloopError, Part | None]
"""A run, or why there is none, and what its job knows of it."""


class SelectionParams(TypedDict, total=False):
    """Which runs: exactly one of the first four, and filters."""

    run_ids: Collection[str] | None
    """These runs."""
    benchmark_id: str | None
    """The runs of a benchmark."""
    job_id: str | None
    """The runs of a job."""
    everything: bool
    """All runs of the account."""
    state: str | Collection[str] | None
    """Only runs in this state, or one of these."""
    name: str | None
    """Only runs of this name."""
    since: datetime | None
    """Only runs that started then or later; a time with a time zone."""
    metadata: Mapping[str, str] | None
    """Only runs with these labels."""


@attrs.frozen(kw_only=True)
class Selection:
    """Which runs are meant; see `SelectionParams`.

    Raises:
        TypeError: A value is of a wrong type.
        ValueError: None of the first four is given, or several, or a value is unusable.
    """

    run_ids: Collection[str] | None = None
    benchmark_id: str | None = None
    job_id: str | None = None
    everything: bool = False
    state: str | Collection[str] | None = None
    name: str | None = None
    since: datetime | None = None
    metadata: Mapping[str, str] | None = None

    def __attrs_post_init__(self) -> None:
        given = [name for name in _ONE if getattr(self, name) not in (None, False)]
        if len(given) != 1:
            raise ValueError(
                "say which runs: exactly one of run_ids=, benchmark_id=, job_id= and "
                f"everything=True, not {' and '.join(given) or 'none'}"
            )
        if self.run_ids is not None:
            _check_ids(self.run_ids)
        for name in ("benchmark_id", "job_id", "name"):
            _check_text(name, getattr(self, name))
        _check_since(self.since)
        if not self.states <= _STATES:
            raise ValueError(
                f"state must be of {', '.join(sorted(_STATES))}, not {self.state!r}"
            )
        _check_labels(self.metadata)

    @property
    def states(self) -> frozenset[State]:
        """The states that are wanted; none for all.

        Raises:
            TypeError: One of them is no text.
        """
        given = self.state
        if given is None:
            return frozenset()
        words: object = (given,) if isinstance(given, str) else given
        if not _are_texts(words):
            raise TypeError(f"state must be a state or a list of them, not {given!r}")
        return frozenset(map(state_of, words))

    def has_state(self, run: BenchmarkRunView) -> bool:
        """Tell whether a run is in a state that is wanted, which may change."""
        return not self.states or state_of(run.state) in self.states

    def takes(self, run: BenchmarkRunView) -> bool:
        """Tell whether a run passes the filters that stay as they are."""
        return (
            (self.name is None or run.name == self.name)
            and (self.since is None or _start(run) >= self.since)
            and (self.metadata or {}).items() <= run.metadata.items()
        )


@attrs.frozen(kw_only=True)
class Earlier:
    """What an earlier pass over the same selection came to."""

    done: Container[str] = frozenset[str]()
    """Runs that need not be looked at again."""
    open: Sequence[str] = ()
    """Runs to look at again, however old they are."""
    newest: datetime | None = None
    """When the newest run started that it saw; None if it did not get to its end."""


async def selected(
    client: AsyncRunloop, selection: Selection, earlier: Earlier
) -> AsyncGenerator[Found, None]:
    """Yield the runs that are meant, in any state, each once.

    Those that cannot be read come too.
    """
    ids, parts = selection.run_ids, dict[str, Part]()
    if selection.job_id is not None:
        parts = parts_of(await client.benchmark_jobs.retrieve(selection.job_id))
        ids = parts.keys()
    if ids is None:
        left = dict.fromkeys(earlier.open)
        async with aclosing(_listed(client, selection, earlier.newest)) as runs:
            async for run in runs:
                left.pop(run.id, None)
                yield run.id, run, None
        ids = left
    wanted = [id for id in dict.fromkeys(ids) if id not in earlier.done]  # noqa: A001
    if not wanted:
        return
    found = await client.benchmark_runs.retrieve_many(wanted)
    for id, outcome in zip(wanted, found.outcomes, strict=True):  # noqa: A001
        if outcome.error is not None:
            yield id, outcome.error, None
        elif selection.takes(outcome.value):
            yield id, outcome.value, parts.get(id)


async def _listed(
    client: AsyncRunloop, selection: Selection, newest: datetime | None
) -> AsyncGenerator[BenchmarkRunView, None]:
    """Yield runs of the list, which has the newest first, back to some time."""
    listing = client.benchmark_runs.list
    wanted = selection.benchmark_id
    runs = listing() if wanted is None else listing(benchmark_id=wanted)
    since = max(filter(None, (selection.since, newest)), default=None)
    async for run in runs:
        if since is not None and _start(run) < since - LAG:
            return
        if selection.takes(run):
            yield run


def _are_texts(words: object) -> TypeGuard[Collection[str]]:
    return isinstance(words, Collection) and all(
        isinstance(word, str) for word in cast("Collection[object]", words)
    )


def _start(run: BenchmarkRunView) -> datetime:
    return datetime.fromtimestamp(run.start_time_ms / 1000, UTC)


def _check_ids(ids: object) -> None:
    if isinstance(ids, str) or not isinstance(ids, Collection):
        raise TypeError(f"run_ids must be a list of ids, not {ids!r}")
    if not ids:
        raise ValueError("run_ids is empty: give the ids of the runs that you mean")
    for each in cast("Collection[object]", ids):
        _check_text("an id of run_ids", each)


def _check_text(name: str, value: object) -> None:
    if value is None:
        return
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {type(value).__name__}")
    if not value.strip():
        raise ValueError(f"{name} is empty")


def _check_since(value: object) -> None:
    if value is None:
        return
    if not isinstance(value, datetime):
        raise TypeError(f"since must be a datetime, not {type(value).__name__}")
    if value.tzinfo is None:
        raise ValueError("since needs a time zone, such as datetime(..., tzinfo=UTC)")


def _check_labels(value: object) -> None:
    if value is None:
        return
    if not isinstance(value, Mapping):
        raise TypeError(f"metadata must be a dict, not {type(value).__name__}")
    for key, label in cast("Mapping[object, object]", value).items():
        if not isinstance(key, str) or not isinstance(label, str):
            raise TypeError("metadata must map str to str")
