"""Scores of attempts, by scenario: what all estimates are made of."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter, itemgetter
from typing import Any, Final, Literal, Protocol, TypeAlias

import attrs

from runloop_async.evals.rows import ScenarioRow, State

Unscored: TypeAlias = Literal["zero", "drop", "raise"]
"""What becomes of attempts that failed or ran out of time without a score."""


class Table(Protocol):
    """A table of pyarrow, as far as it is of use here."""

    def to_pylist(self) -> list[dict[str, Any]]:
        """Return the rows as dicts."""
        ...


Attempts: TypeAlias = Iterable[ScenarioRow] | Table
"""Rows of attempts, or a table of pyarrow of them."""

_UNSCORED: Final = ("zero", "drop", "raise")
_LOST: Final = frozenset({State.FAILED, State.TIMEOUT})
_GRAIN: Final = 1e-9
"""Weighted sums of scores come to 0.9999999999999999."""
_DIGITS: Final = 12
"""Digits of a difference of means that mean something; those after them are chance."""


@attrs.frozen
class Records:
    """Rows that were read, which may be read again."""

    rows: Sequence[dict[str, Any]]
    """The columns of each that count here."""

    @classmethod
    def of(cls, rows: Attempts) -> "Records":
        """Read rows, once, as they may come from a generator."""
        return cls([*records(rows)])

    def to_pylist(self) -> list[dict[str, Any]]:
        """Return them, as a table does."""
        return [*self.rows]

    def groups(self, columns: Sequence[str]) -> dict[tuple[str | None, ...], "Records"]:
        """Return those that have the same values in some columns, by these."""
        found = defaultdict[tuple[str | None, ...], list[dict[str, Any]]](list)
        for row in self.rows:
            found[tuple(row[name] for name in columns)].append(row)
        return {key: Records(group) for key, group in found.items()}


@attrs.frozen
class Sample:
    """The values of some attempts, by scenario, and what is not among them."""

    values: Mapping[str, Sequence[float]]
    """One value for each attempt that counts, by scenario."""
    zeroed: int = 0
    """Attempts that failed or ran out of time, and count as 0."""
    left_out: int = 0
    """Attempts that do not count: canceled, not ended, or without a score."""

    @property
    def attempts(self) -> int:
        """How many attempts count."""
        return sum(map(len, self.values.values()))

    @property
    def means(self) -> dict[str, float]:
        """The mean of each scenario."""
        return {name: math.fsum(v) / len(v) for name, v in self.values.items()}

    @property
    def is_binary(self) -> bool:
        """Whether each value is 0 or 1."""
        return all(value in (0.0, 1.0) for v in self.values.values() for value in v)

    def solved(self, threshold: float) -> "Sample":
        """Return whether each score reaches a threshold, as 0 and 1.

        Raises:
            ValueError: The threshold is no finite number.
        """
        if not math.isfinite(threshold):
            raise ValueError(f"threshold must be a finite number, not {threshold!r}")
        least = threshold - _GRAIN
        values = {
            name: [float(score >= least) for score in scores]
            for name, scores in self.values.items()
        }
        return attrs.evolve(self, values=values)


def sample_of(
    rows: Attempts,
    *,
    threshold: float | None = None,
    unscored: Unscored = "zero",
) -> Sample:
    """Return the scores of attempts, or whether they reach a threshold.

    Args:
        rows: The attempts; each once.
        threshold: From which score on an attempt is solved: then values are 0 and 1.
        unscored: What becomes of attempts that failed or ran out of time.

    Raises:
        ValueError: There are no rows, an attempt comes twice, a score is no number, or
            an argument is unusable.
    """
    if unscored not in _UNSCORED:
        raise ValueError(f"unscored must be of {_UNSCORED}, not {unscored!r}")
    values = defaultdict[str, list[float]](list)
    zeroed = left_out = 0
    for row in records(rows):
        score = _score(row, unscored)
        if score is None:
            left_out += 1
            continue
        zeroed += row["score"] is None
        values[row["scenario_id"]].append(score)
    sample = Sample(values, zeroed, left_out)
    return sample if threshold is None else sample.solved(threshold)


def differences(before: Sample, after: Sample) -> dict[str, float]:
    """Return how much higher the mean of each scenario is that both have.

    Means that differ by less than their last digits can tell are the same.
    """
    was, now = before.means, after.means
    common = sorted(was.keys() & now.keys())
    return {name: round(now[name] - was[name], _DIGITS) for name in common}


def _score(row: Mapping[str, Any], unscored: Unscored) -> float | None:
    """Return the score that an attempt counts with, None if it does not count."""
    state, score = State(row["state"]), row["score"]
    if not state.ended or state is State.CANCELED:
        return None
    if score is not None:
        if not math.isfinite(score):
            raise ValueError(f"the score of {_name(row)} is no number: {score!r}")
        return float(score)
    if state not in _LOST or unscored == "drop":
        return None
    if unscored == "raise":
        raise ValueError(f"{_name(row)} has no score: it is {state}")
    return 0.0


_COLUMNS: Final = (
    *("scenario_id", "scenario_run_id", "state", "score"),
    *("run_id", "benchmark_id", "agent", "model"),
)


def records(rows: Attempts) -> Iterator[dict[str, Any]]:
    """Yield the columns of rows that count here, of classes and of tables alike.

    Raises:
        ValueError: There are no rows, or an attempt comes twice.
        TypeError: They are no rows of attempts.
    """
    seen, is_empty = set[str](), True
    for record in _raw(rows):
        is_empty = False
        attempt = record["scenario_run_id"]
        if attempt is not None:
            if attempt in seen:
                raise ValueError(
                    f"the attempt {attempt} comes twice: give rows of `scenarios`"
                )
            seen.add(attempt)
        yield record
    if is_empty:
        raise ValueError("there are no rows")


def _raw(rows: Attempts) -> Iterator[dict[str, Any]]:
    get: Callable[[Any], tuple[Any, ...]] = attrgetter(*_COLUMNS)
    given: Any = rows
    source: Any = rows
    if hasattr(given, "to_pylist"):
        source, get = given.to_pylist(), itemgetter(*_COLUMNS)
    try:
        found: Iterator[Any] = iter(source)
    except TypeError:
        kind = type(given).__name__
        raise TypeError(f"rows must be rows or a table, not {kind}") from None
    for row in found:
        try:
            yield dict(zip(_COLUMNS, get(row), strict=True))
        except (AttributeError, KeyError):
            raise TypeError(f"{row!r} is no row of `scenarios`") from None


def _name(row: Mapping[str, Any]) -> str:
    return row["scenario_run_id"] or f"an attempt at {row['scenario_id']}"
