"""What numpy and scipy are asked for, as plain numbers; nothing else imports them."""

import math
from collections.abc import Sequence
from typing import Any, Final

from runloop_async.evals.errors import needs

try:
    import numpy as np
    from scipy import stats as scipy_stats
except ImportError as error:
    raise needs("analysis", "numpy and scipy", "analysis") from error

_stats: Any = scipy_stats
RESAMPLES: Final = 9_999
_SEED: Final = 0
_FEW: Final = 16
"""Up to so many differences all flips of their signs are tried."""


def t_quantile(p: float, freedom: int) -> float:
    """Return a quantile of Student's t distribution."""
    return float(_stats.t.ppf(p, freedom))


def wilson(total: float, n: int, level: float) -> tuple[float, float]:
    """Return Wilson's interval for a share (Wilson 1927)."""
    found = _stats.binomtest(round(total), n).proportion_ci(level, method="wilson")
    return float(found.low), float(found.high)


def bootstrap(values: Sequence[float], level: float) -> tuple[float, float]:
    """Return the interval by BCa bootstrap of the mean (Efron 1987), seeded."""
    found = _stats.bootstrap(
        (np.asarray(values),),
        np.mean,
        confidence_level=level,
        n_resamples=RESAMPLES,
        method="BCa",
        rng=np.random.default_rng(_SEED),
    ).confidence_interval
    return float(found.low), float(found.high)


def sign_flip(differences: Sequence[float]) -> tuple[float, bool]:
    """Return the p-value of differences whose signs are as good as tossed.

    Where all are of one size, as with single attempts that are solved or not, that is
    the sign test, and McNemar's exact one.

    Returns:
        The two-sided p-value, and whether it is exact: all flips count, not a sample.
    """
    moved = [value for value in differences if value]  # a flip of 0 changes nothing
    n = len(moved)
    if n < 2:  # noqa: PLR2004 - either sign is as extreme
        return 1.0, True
    if len({abs(value) for value in moved}) == 1:
        risen = sum(value > 0 for value in moved)
        return float(_stats.binomtest(risen, n).pvalue), True
    is_exact = n <= _FEW
    found = _stats.permutation_test(
        (np.asarray(moved),),
        _size_of_sum,
        permutation_type="samples",
        alternative="greater",
        n_resamples=2**n if is_exact else RESAMPLES,
        vectorized=True,
        rng=np.random.default_rng(_SEED),
    )
    return float(found.pvalue), is_exact


def _size_of_sum(values: Any, axis: int) -> Any:
    return np.abs(np.sum(values, axis=axis))


def detectable(deviation: float, n: int, level: float, power: float = 0.8) -> float:
    """Return the difference that `n` pairs would show with this power."""
    freedom = n - 1
    quantiles = t_quantile((1 + level) / 2, freedom) + t_quantile(power, freedom)
    return quantiles * deviation / math.sqrt(n)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values that allow for their number (Holm 1979)."""
    adjusted, most = [0.0] * len(p_values), 0.0
    ranked = sorted(range(len(p_values)), key=p_values.__getitem__)
    for rank, index in enumerate(ranked):
        most = max(most, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = most
    return adjusted
