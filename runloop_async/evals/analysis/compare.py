"""Two sides over the same scenarios: how much they differ, and if that is chance."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias

import attrs

from runloop_async.annotations import override
from runloop_async.evals.analysis.estimate import check_level
from runloop_async.evals.analysis.numeric import (
    RESAMPLES,
    detectable,
    sign_flip,
    t_quantile,
)
from runloop_async.evals.analysis.sample import (
    Attempts,
    Sample,
    Unscored,
    differences,
    sample_of,
)

Change: TypeAlias = Literal["fixed", "regressed", "better", "worse", "same", "flaky"]
"""What became of a scenario.

`fixed` was never solved and always is; `regressed` the other way round; `flaky` is
solved by some attempts of one side and not by others; `better` and `worse` changed
their score alone.
"""
_SHOWN = 10


@attrs.frozen(kw_only=True)
class Comparison:
    """Two sides over the scenarios that both have."""

    delta: float
    """How much higher the second side is: the mean of the differences by scenario."""
    low: float | None
    """The lower end of its interval; None where there is too little to tell."""
    high: float | None
    """The upper end."""
    level: float
    """The part of such intervals that hold the truth."""
    p_value: float
    """How often chance alone would give as large a difference, by flipping signs."""
    is_exact: bool
    """Whether all flips of signs count, and not a sample of them."""
    mde: float | None
    """The least difference that as many scenarios would show in 4 of 5 studies."""
    changes: Mapping[str, Change]
    """What became of each scenario that both have."""
    only_before: Sequence[str]
    """Scenarios that the first side has alone."""
    only_after: Sequence[str]
    """Scenarios that the second side has alone."""
    is_repeated: bool
    """Whether there were several attempts at some scenario: else flaky ones cannot be
    told from those that changed."""
    zeroed: tuple[int, int]
    """Attempts of each side that failed or ran out of time, and count as 0."""
    left_out: tuple[int, int]
    """Attempts of each side that do not count."""

    @property
    def is_significant(self) -> bool:
        """Whether the difference is more than chance, at the level of the interval."""
        return self.p_value < 1 - self.level

    def those(self, change: Change) -> list[str]:
        """Return the scenarios of which that became."""
        return [name for name, what in self.changes.items() if what == change]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict."""
        return attrs.asdict(self)

    @override
    def __str__(self) -> str:
        return "\n".join([*_findings(self), *_changes(self), *_limits(self)])


def _findings(found: Comparison) -> Iterator[str]:
    interval = "no interval"
    if found.low is not None and found.high is not None:
        interval = f"{found.level:.0%}: {found.low:+.3f} to {found.high:+.3f}"
    yield f"{_verdict(found)}: {found.delta:+.3f} ({interval})"
    kind = "exact" if found.is_exact else f"of {RESAMPLES:,} flips"
    yield f"p = {found.p_value:.4f} ({kind}) over {len(found.changes)} scenarios"
    if found.mde is not None:
        yield f"differences below {found.mde:.3f} would rarely be seen"


def _changes(found: Comparison) -> Iterator[str]:
    changes: Sequence[Change] = ("regressed", "fixed", "flaky", "worse", "better")
    for change in changes:
        if those := found.those(change):
            yield f"{change} {len(those)}: {_listed(those)}"
    if not found.is_repeated:
        yield "one attempt a side: flaky scenarios cannot be told apart"


def _limits(found: Comparison) -> Iterator[str]:
    sides = (("first", found.only_before), ("second", found.only_after))
    for side, those in sides:
        if those:
            yield f"only on the {side} side {len(those)}: {_listed(those)}"
    for what, counts in (("count as 0", found.zeroed), ("left out", found.left_out)):
        if any(counts):
            yield f"attempts that {what}: {counts[0]}, {counts[1]}"


def compare(
    before: Attempts,
    after: Attempts,
    *,
    threshold: float = 1.0,
    unscored: Unscored = "zero",
    level: float = 0.95,
) -> Comparison:
    """Compare two sides over the scenarios that both have, pair by pair.

    The difference is that of the scores; whether a scenario is solved, which
    `threshold` decides, counts for `changes` alone. The p-value is that of a sign-flip
    permutation test: with one attempt a side that is solved or not, it is McNemar's
    exact one.

    Args:
        before: Attempts, as `evals.scenarios` returns them, or a table of them.
        after: Those of the other side.
        threshold: From which score on an attempt is solved.
        unscored: What becomes of attempts that failed or ran out of time.
        level: The part of such intervals that hold the truth.

    Raises:
        ValueError: A side has no rows, they have no scenario in common, or an argument
            is unusable.
    """
    check_level(level)
    first = sample_of(before, unscored=unscored)
    second = sample_of(after, unscored=unscored)
    solved = first.solved(threshold), second.solved(threshold)
    return _compared(first, second, solved, level)


def _compared(
    first: Sample, second: Sample, solved: tuple[Sample, Sample], level: float
) -> Comparison:
    found = differences(first, second)
    if not found:
        raise ValueError("the two sides have no scenario in common that counts")
    values = [*found.values()]
    low, high, mde = _spread(values, level)
    p_value, is_exact = sign_flip(values)
    return Comparison(
        delta=math.fsum(values) / len(values),
        low=low,
        high=high,
        level=level,
        p_value=p_value,
        is_exact=is_exact,
        mde=mde,
        changes={name: _change(name, solved, each) for name, each in found.items()},
        only_before=sorted(first.values.keys() - found.keys()),
        only_after=sorted(second.values.keys() - found.keys()),
        is_repeated=any(
            len(side.values[name]) > 1 for side in (first, second) for name in found
        ),
        zeroed=(first.zeroed, second.zeroed),
        left_out=(first.left_out, second.left_out),
    )


def _spread(
    changes: Sequence[float], level: float
) -> tuple[float | None, float | None, float | None]:
    """Return the interval and the least difference that would be seen."""
    n = len(changes)
    middle = math.fsum(changes) / n
    variance = math.fsum((value - middle) ** 2 for value in changes)
    if n < 2 or not variance:  # noqa: PLR2004 - nothing tells how much they vary
        return None, None, None
    deviation = math.sqrt(variance / (n - 1))
    half = t_quantile((1 + level) / 2, n - 1) * deviation / math.sqrt(n)
    return middle - half, middle + half, detectable(deviation, n, level)


def _change(name: str, solved: tuple[Sample, Sample], difference: float) -> Change:
    sides = [set(side.values[name]) for side in solved]
    if any(len(side) > 1 for side in sides):
        return "flaky"
    (was,), (now,) = sides
    if was != now:
        return "fixed" if now else "regressed"
    if not difference:
        return "same"
    return "better" if difference > 0 else "worse"


def _verdict(found: Comparison) -> str:
    if not found.is_significant:
        return "no difference shown"
    return "better" if found.delta > 0 else "worse"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def flaky(
    rows: Attempts, *, threshold: float = 1.0, unscored: Unscored = "zero"
) -> dict[str, tuple[int, int]]:
    """Return the scenarios that some attempts solve and others do not.

    Returns:
        How many attempts solved each, and how many there were; most even ones first.
    """
    sample = sample_of(rows, threshold=threshold, unscored=unscored)
    counts = {
        name: (round(sum(values)), len(values))
        for name, values in sample.values.items()
        if 0 < sum(values) < len(values)
    }

    def evenness(name: str) -> tuple[float, str]:
        solved, attempts = counts[name]
        return abs(solved / attempts - 0.5), name

    return {name: counts[name] for name in sorted(counts, key=evenness)}
