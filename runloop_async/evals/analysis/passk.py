"""pass@k and pass^k, without bias, and never of fewer attempts than k."""

from collections.abc import Callable, Sequence
from math import comb

from runloop_async.evals.analysis.estimate import Estimate, Method, estimated
from runloop_async.evals.analysis.sample import Attempts, Unscored, sample_of
from runloop_async.values import plain_int


def pass_at_k(
    rows: Attempts,
    k: int,
    *,
    threshold: float = 1.0,
    unscored: Unscored = "zero",
    level: float = 0.95,
    method: Method = "auto",
) -> Estimate:
    """Return the chance that at least one of `k` attempts at a scenario solves it.

    For each scenario with `n` attempts, of which `c` solved it, that is
    1 - C(n-c, k) / C(n, k) (Chen et al. 2021). A scenario with fewer than `k` attempts
    does not count, and `scenarios_left_out` says so.

    Args:
        rows: Attempts, as `evals.scenarios` returns them, or a table of them.
        k: How many attempts.
        threshold: From which score on an attempt is solved.
        unscored: What becomes of attempts that failed or ran out of time.
        level: The part of such intervals that hold the truth.
        method: How the interval over scenarios is found; see `mean`.

    Raises:
        ValueError: There are no rows, or an argument is unusable.
    """

    def chance(n: int, c: int) -> float:
        return 1 - comb(n - c, k) / comb(n, k)

    return _estimate(rows, k, chance, threshold, unscored, level, method)


def pass_hat_k(
    rows: Attempts,
    k: int,
    *,
    threshold: float = 1.0,
    unscored: Unscored = "zero",
    level: float = 0.95,
    method: Method = "auto",
) -> Estimate:
    """Return the chance that all of `k` attempts solve a scenario: pass^k.

    For each scenario that is C(c, k) / C(n, k) (Yao et al. 2024); see `pass_at_k`.
    """

    def chance(n: int, c: int) -> float:
        return comb(c, k) / comb(n, k)

    return _estimate(rows, k, chance, threshold, unscored, level, method)


def _estimate(
    rows: Attempts,
    k: int,
    chance: Callable[[int, int], float],
    threshold: float,
    unscored: Unscored,
    level: float,
    method: Method,
) -> Estimate:
    if plain_int(k) is None or k < 1:
        raise ValueError(f"k must be a whole number of at least 1, not {k!r}")
    sample = sample_of(rows, threshold=threshold, unscored=unscored)
    enough: Sequence[Sequence[float]] = [
        values for values in sample.values.values() if len(values) >= k
    ]
    return estimated(
        sample,
        [chance(len(values), round(sum(values))) for values in enough],
        level=level,
        method=method,
        scenarios_left_out=len(sample.values) - len(enough),
    )
