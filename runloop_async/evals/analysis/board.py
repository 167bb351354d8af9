"""Groups in the order of their means, and which of them cannot be told apart."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any, Final

import attrs

from runloop_async.annotations import override
from runloop_async.evals.analysis.estimate import Estimate, check_level, estimated
from runloop_async.evals.analysis.numeric import holm, sign_flip
from runloop_async.evals.analysis.sample import (
    Attempts,
    Records,
    Sample,
    Unscored,
    differences,
    sample_of,
)

_COLUMNS: Final = ("agent", "model", "benchmark_id", "run_id", "scenario_id")


@attrs.frozen(kw_only=True)
class Entry:
    """A group of attempts, such as those of an agent."""

    key: tuple[str | None, ...]
    """Its values in the columns of the board."""
    estimate: Estimate
    """Its mean."""
    rank: int
    """Its place, from 1. Groups that cannot be told from the best of theirs tie."""


@attrs.frozen(kw_only=True)
class Leaderboard:
    """Groups, best first."""

    by: tuple[str, ...]
    """The columns that make the groups."""
    entries: Sequence[Entry]
    """The groups."""

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict."""
        return attrs.asdict(self)

    @override
    def __str__(self) -> str:
        names = ["/".join(str(part) for part in each.key) for each in self.entries]
        width = max(map(len, names))
        return "\n".join(
            f"{each.rank:>3}  {name:<{width}}  {each.estimate}"
            for each, name in zip(self.entries, names, strict=True)
        )


def leaderboard(
    rows: Attempts,
    *,
    by: str | Sequence[str] = ("agent", "model"),
    threshold: float | None = None,
    unscored: Unscored = "zero",
    level: float = 0.95,
) -> Leaderboard:
    """Return groups of attempts in the order of their means, with ties.

    Two groups tie where the difference over the scenarios that both have is no more
    than chance, by a sign-flip test that allows for the number of pairs (Holm 1979).

    Args:
        rows: Attempts, as `evals.scenarios` returns them, or a table of them.
        by: The columns that make the groups: agent, model, benchmark_id, run_id.
        threshold: From which score on an attempt is solved; by default scores count.
        unscored: What becomes of attempts that failed or ran out of time.
        level: The part of such intervals that hold the truth.

    Raises:
        ValueError: There are no rows, they are of several benchmarks, or an argument is
            unusable.
    """
    check_level(level)
    columns = (by,) if isinstance(by, str) else tuple(by)
    if not columns or not set(columns) <= {*_COLUMNS}:
        raise ValueError(f"by must be of {', '.join(_COLUMNS)}, not {by!r}")
    samples = _samples(rows, columns, threshold, unscored)
    found = {
        key: estimated(sample, [*sample.means.values()], level=level)
        for key, sample in samples.items()
    }
    order = sorted(found, key=lambda key: (-_value(found[key]), tuple(map(str, key))))
    apart = _apart(order, samples, level)
    return Leaderboard(
        by=columns,
        entries=[
            Entry(key=key, estimate=found[key], rank=rank)
            for key, rank in _ranked(order, apart)
        ],
    )


def _samples(
    rows: Attempts,
    columns: tuple[str, ...],
    threshold: float | None,
    unscored: Unscored,
) -> dict[tuple[str | None, ...], Sample]:
    found = Records.of(rows)
    benchmarks = {row["benchmark_id"] for row in found.rows}
    if len(benchmarks) > 1 and "benchmark_id" not in columns:
        names = ", ".join(sorted(map(str, benchmarks)))
        raise ValueError(
            f"the rows are of several benchmarks ({names}): take those of one, or add "
            "'benchmark_id' to by="
        )
    return {
        key: sample_of(group, threshold=threshold, unscored=unscored)
        for key, group in found.groups(columns).items()
    }


def _value(found: Estimate) -> float:
    return -1.0 if found.value is None else found.value


def _apart(
    order: Sequence[tuple[str | None, ...]],
    samples: dict[tuple[str | None, ...], Sample],
    level: float,
) -> set[frozenset[tuple[str | None, ...]]]:
    """Return the pairs of groups that differ by more than chance."""
    pairs = [*combinations(order, 2)]
    p_values = [_p_value(samples[a], samples[b]) for a, b in pairs]
    adjusted = holm(p_values)
    return {
        frozenset(pair)
        for pair, p_value in zip(pairs, adjusted, strict=True)
        if p_value < 1 - level
    }


def _p_value(a: Sample, b: Sample) -> float:
    p_value, _ = sign_flip([*differences(a, b).values()])
    return p_value


def _ranked(
    order: Sequence[tuple[str | None, ...]],
    apart: set[frozenset[tuple[str | None, ...]]],
) -> list[tuple[tuple[str | None, ...], int]]:
    """Number the groups; those that cannot be told from the first of a tie share it."""
    ranked = list[tuple[tuple[str | None, ...], int]]()
    leader, rank = order[0], 1
    for place, key in enumerate(order, start=1):
        if frozenset((leader, key)) in apart:
            leader, rank = key, place
        ranked.append((key, rank))
    return ranked
