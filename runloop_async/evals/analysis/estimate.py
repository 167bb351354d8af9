"""Means over scenarios, with intervals that know that attempts at one are alike.

Definitions and references are in docs/statistics.md.
"""

import math
from collections.abc import Sequence
from typing import Any, Final, Literal, TypeAlias

import attrs

from runloop_async.annotations import override
from runloop_async.evals.analysis.numeric import bootstrap, t_quantile, wilson
from runloop_async.evals.analysis.sample import Attempts, Sample, Unscored, sample_of

Method: TypeAlias = Literal["auto", "t", "bootstrap"]
"""How an interval is found."""

_METHODS: Final = ("auto", "t", "bootstrap")


@attrs.frozen(kw_only=True)
class Estimate:
    """A mean over scenarios, and how sure it is."""

    value: float | None
    """The estimate; None where nothing counts."""
    low: float | None
    """The lower end of the interval; None where there is too little to tell."""
    high: float | None
    """The upper end."""
    level: float
    """The part of such intervals that hold the truth."""
    method: str
    """How the interval was found: `wilson`, `t`, `bootstrap` or `none`."""
    scenarios: int
    """How many scenarios count."""
    attempts: int
    """How many attempts count."""
    zeroed: int
    """Attempts that failed or ran out of time, and count as 0."""
    left_out: int
    """Attempts that do not count: canceled, not ended, or without a score."""
    scenarios_left_out: int = 0
    """Scenarios with too few attempts to count."""

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict."""
        return attrs.asdict(self)

    @override
    def __str__(self) -> str:
        if self.value is None:
            return "no estimate: nothing counts"
        parts = [f"{self.scenarios} scenarios", f"{self.attempts} attempts"]
        parts += [f"{self.zeroed} of them counted as 0"] if self.zeroed else []
        parts += [f"{self.left_out} left out"] if self.left_out else []
        if self.scenarios_left_out:
            parts.append(f"{self.scenarios_left_out} scenarios with too few attempts")
        interval = "no interval"
        if self.low is not None and self.high is not None:
            interval = f"{self.level:.0%}: {self.low:.3f} to {self.high:.3f}"
        return f"{self.value:.3f} ({interval}; {', '.join(parts)})"


def mean(
    rows: Attempts,
    *,
    threshold: float | None = None,
    unscored: Unscored = "zero",
    level: float = 0.95,
    method: Method = "auto",
) -> Estimate:
    """Return the mean over scenarios of the mean over their attempts.

    Args:
        rows: Attempts, as `evals.scenarios` returns them, or a table of them.
        threshold: From which score on an attempt is solved; then it is the share of
            solved ones. By default the score itself counts.
        unscored: What becomes of attempts that failed or ran out of time without a
            score: they count as 0, are left out, or are an error.
        level: The part of such intervals that hold the truth.
        method: How the interval is found. By default Wilson's where each scenario has
            one attempt that is solved or not, else by Student's t over scenarios.

    Raises:
        ValueError: There are no rows, or an argument is unusable.
    """
    sample = sample_of(rows, threshold=threshold, unscored=unscored)
    return estimated(sample, [*sample.means.values()], level=level, method=method)


def estimated(
    sample: Sample,
    values: Sequence[float],
    *,
    level: float,
    method: Method = "auto",
    scenarios_left_out: int = 0,
) -> Estimate:
    """Return the mean of one value for each scenario, with its interval."""
    check_level(level)
    if method not in _METHODS:
        raise ValueError(f"method must be of {_METHODS}, not {method!r}")
    low, high, found_by = _interval(sample, values, level, method)
    return Estimate(
        value=math.fsum(values) / len(values) if values else None,
        low=low,
        high=high,
        level=level,
        method=found_by,
        scenarios=len(values),
        attempts=sample.attempts,
        zeroed=sample.zeroed,
        left_out=sample.left_out,
        scenarios_left_out=scenarios_left_out,
    )


def _interval(
    sample: Sample, values: Sequence[float], level: float, method: Method
) -> tuple[float | None, float | None, str]:
    n = len(values)
    if n < 2:  # noqa: PLR2004 - one scenario says nothing about others
        return None, None, "none"
    total, is_binary = math.fsum(values), all(value in (0.0, 1.0) for value in values)
    is_constant = len(set(values)) == 1
    # Scenarios that are all solved, or none, would get an interval of no width.
    is_single = sample.is_binary and sample.attempts == n
    if is_binary and (is_constant or (method == "auto" and is_single)):
        return *wilson(total, n, level), "wilson"
    if is_constant:
        return None, None, "none"
    if method == "bootstrap":
        return *bootstrap(values, level), "bootstrap"
    middle = total / n
    variance = math.fsum((value - middle) ** 2 for value in values) / (n - 1)
    half = t_quantile((1 + level) / 2, n - 1) * math.sqrt(variance / n)
    low, high = middle - half, middle + half
    if all(0 <= value <= 1 for value in values):
        low, high = max(low, 0.0), min(high, 1.0)
    return low, high, "t"


def check_level(level: float) -> None:
    """Refuse what is no part of a whole.

    Raises:
        ValueError: It is not between 0 and 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1, such as 0.95, not {level!r}")
