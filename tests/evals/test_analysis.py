"""The analysis against references, and its laws."""

import itertools
import math
from importlib import import_module
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runloop_async.evals import (
    State,
    compare,
    flaky,
    leaderboard,
    mean,
    pass_at_k,
    pass_hat_k,
)
from tests.evals.samples import attempt, attempts, singles

_regression: Any = import_module("statsmodels.regression.linear_model")
_tables: Any = import_module("statsmodels.stats.contingency_tables")
_proportion: Any = import_module("statsmodels.stats.proportion")
SCORES = st.lists(st.sampled_from([0.0, 1.0, None]), min_size=1, max_size=6)
OTHER: Any = "no"
HALF: Any = 1.5
FIVE: Any = 5
OBJECTS: Any = [object()]
STUDIES = st.dictionaries(
    st.sampled_from([f"scn_{n}" for n in range(8)]), SCORES, min_size=2
)


@pytest.mark.parametrize(
    ("solved", "n", "low", "high"),
    [
        (3, 10, 0.107791, 0.603222),
        (0, 10, 0.0, 0.277533),
        (137, 500, 0.236741, 0.314706),
    ],
)
def test_shares_have_the_interval_of_wilson(
    solved: int, n: int, low: float, high: float
) -> None:
    found = mean(singles([1.0] * solved + [0.0] * (n - solved)))

    assert found.method == "wilson"
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-6)
    reference = _proportion.proportion_confint(solved, n, method="wilson")
    assert (found.low, found.high) == pytest.approx(reference, abs=1e-12)


def test_repeated_attempts_have_the_error_clustered_by_scenario() -> None:
    dice = np.random.default_rng(1)
    data = {f"s{n:02}": list(dice.random(5)) for n in range(12)}

    found = mean(attempts(data))

    y = np.concatenate([*data.values()])
    groups = np.repeat(np.arange(12), 5)
    fit: Any = _regression.OLS(y, np.ones_like(y)).fit(
        cov_type="cluster",
        cov_kwds={"groups": groups, "use_correction": True},
        use_t=True,
    )
    # For equal sizes the clustered error differs by its correction alone.
    correction = math.sqrt((12 / 11) * (59 / 59) / (12 / 11))
    low, high = fit.conf_int()[0]
    assert found.method == "t"
    assert found.value == pytest.approx(float(y.mean()))
    assert found.low is not None
    assert found.high is not None
    half, reference = (found.high - found.low) / 2, (high - low) / 2
    assert half == pytest.approx(reference * correction, rel=1e-9)


@pytest.mark.parametrize(("lost", "won"), [(1, 9), (12, 3), (3, 0), (5, 5)])
def test_single_attempts_are_compared_as_by_mcnemar(lost: int, won: int) -> None:
    before = singles([1.0] * lost + [0.0] * won + [1.0] * 7)
    after = singles([0.0] * lost + [1.0] * won + [1.0] * 7)

    found = compare(before, after)

    table = [[7, lost], [won, 0]]
    assert found.p_value == pytest.approx(
        _tables.mcnemar(table, exact=True).pvalue, abs=1e-12
    )
    assert (len(found.those("regressed")), len(found.those("fixed"))) == (lost, won)
    assert found.is_exact


@given(n=st.integers(1, 7), data=st.data())
@settings(max_examples=60, deadline=None)
def test_pass_at_k_is_the_mean_over_all_subsets(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(1, n))
    solved = data.draw(st.lists(st.booleans(), min_size=n, max_size=n))
    rows = attempts({"s": map(float, solved)})

    subsets = [*itertools.combinations(solved, k)]
    assert pass_at_k(rows, k).value == pytest.approx(
        sum(map(any, subsets)) / len(subsets)
    )
    assert pass_hat_k(rows, k).value == pytest.approx(
        sum(map(all, subsets)) / len(subsets)
    )


@given(n=st.integers(1, 60), data=st.data())
@settings(max_examples=60, deadline=None)
def test_pass_at_k_is_the_product_of_chen(n: int, data: st.DataObject) -> None:
    c, k = data.draw(st.integers(0, n)), data.draw(st.integers(1, n))
    found = pass_at_k(attempts({"s": [1.0] * c + [0.0] * (n - c)}), k).value

    chen = 1.0
    if n - c >= k:
        chen = 1.0 - math.prod(1.0 - k / i for i in range(n - c + 1, n + 1))
    assert found == pytest.approx(chen, abs=1e-12)


def test_too_few_attempts_are_no_answer() -> None:
    found = pass_at_k(attempts({"a": [0.0, 0.0], "b": [1.0]}), 3)

    assert (found.value, found.scenarios, found.scenarios_left_out) == (None, 0, 2)
    assert str(found) == "no estimate: nothing counts"
    some = pass_at_k(attempts({"a": [0.0, 1.0], "b": [1.0]}), 2)
    assert str(some).endswith("1 scenarios with too few attempts)")


@given(STUDIES)
@settings(max_examples=60, deadline=None)
def test_pass_at_k_rises_with_k(study: dict[str, list[float | None]]) -> None:
    rows = attempts(study)
    most = min(map(len, study.values()))

    values = [pass_at_k(rows, k).value or 0.0 for k in range(1, most + 1)]

    assert values == sorted(values)


@given(STUDIES, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_rows_is_irrelevant(
    study: dict[str, list[float | None]], dice: Any
) -> None:
    rows = attempts(study)
    shuffled = dice.sample(rows, len(rows))

    one, other = mean(rows).to_dict(), mean(shuffled).to_dict()

    assert one == pytest.approx(other, nan_ok=False)


@given(STUDIES)
@settings(max_examples=40, deadline=None)
def test_nothing_differs_from_itself(study: dict[str, list[float | None]]) -> None:
    found = compare(attempts(study), attempts(study))

    assert (found.delta, found.p_value) == (0.0, 1.0)
    assert not found.is_significant


@given(STUDIES, STUDIES)
@settings(max_examples=40, deadline=None)
def test_the_other_way_round_it_is_the_opposite(
    one: dict[str, list[float | None]], other: dict[str, list[float | None]]
) -> None:
    if not one.keys() & other.keys():
        return
    there, back = (
        compare(attempts(one), attempts(other)),
        compare(attempts(other), attempts(one)),
    )

    assert there.delta == pytest.approx(-back.delta)
    assert there.p_value == pytest.approx(back.p_value, abs=0.02)
    assert there.those("fixed") == back.those("regressed")
    assert there.only_before == back.only_after


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    dice = np.random.default_rng(2)
    ours = naive = 0
    studies = 400
    for _ in range(studies):
        chances = dice.beta(0.6, 0.6, size=20)
        solved = dice.random((20, 10)) < chances[:, None]
        found = mean(
            attempts({f"s{n}": map(float, row) for n, row in enumerate(solved)})
        )
        assert found.low is not None
        assert found.high is not None
        ours += found.low <= 0.5 <= found.high
        low, high = _proportion.proportion_confint(
            int(solved.sum()), 200, method="wilson"
        )
        naive += low <= 0.5 <= high

    assert ours / studies >= 0.93
    assert naive / studies <= 0.75


def test_attempts_that_do_not_count_are_told() -> None:
    rows = [
        attempt("a", 1.0),
        attempt("a", None),
        attempt("b", None, state=State.TIMEOUT),
        attempt("c", None, state=State.CANCELED),
        attempt("c", 0.5, state=State.RUNNING),
        attempt("c", 0.5, state=State.SCORED),
        attempt("d", None, state=State.COMPLETED),
    ]

    zero, drop = mean(rows), mean(rows, unscored="drop")

    assert (zero.value, zero.scenarios, zero.attempts) == (0.25, 2, 3)
    assert (zero.zeroed, zero.left_out) == (2, 4)
    assert (drop.value, drop.scenarios, drop.zeroed, drop.left_out) == (1.0, 1, 0, 6)
    assert str(zero).endswith(
        "; 2 scenarios, 3 attempts, 2 of them counted as 0, 4 left out)"
    )
    with pytest.raises(ValueError, match="an attempt at a has no score: it is failed"):
        mean(rows, unscored="raise")


def test_where_nothing_tells_how_sure_it_is_there_is_no_interval() -> None:
    single = mean(attempts({"a": [0.0, 1.0]}))
    constant = mean(attempts({"a": [0.5, 0.5], "b": [0.5]}))
    all_solved = mean(attempts({"a": [1.0, 1.0], "b": [1.0]}))

    assert (single.low, single.method) == (None, "none")
    assert (constant.low, constant.method) == (None, "none")
    assert all_solved.method == "wilson"
    assert all_solved.low is not None
    assert all_solved.low < 0.5
    assert "no interval" in str(single)
    alone = compare(attempts({"a": [0.0]}), attempts({"a": [1.0]}))
    assert (alone.low, alone.mde) == (None, None)
    assert "no interval" in str(alone)


def test_scores_beyond_1_have_an_interval_beyond_1() -> None:
    found = mean(singles([2.0, 3.0, 4.0]))

    assert found.high is not None
    assert found.high > 4


def test_a_bootstrap_is_the_same_twice() -> None:
    dice = np.random.default_rng(3)
    rows = singles([float(score) for score in dice.random(30)])

    one, other = mean(rows, method="bootstrap"), mean(rows, method="bootstrap")

    assert one == other
    assert one.method == "bootstrap"
    by_t = mean(rows)
    assert one.low == pytest.approx(by_t.low, abs=0.03)


def test_a_comparison_says_what_became_of_each_scenario() -> None:
    before = attempts(
        {
            "fixed": [0.0, 0.2],
            "regressed": [1.0, 1.0],
            "better": [0.2, 0.2],
            "worse": [0.4, 0.4],
            "same": [1.0, 1.0],
            "flaky": [0.0, 1.0],
            "gone": [1.0],
        }
    )
    after = attempts(
        {
            "fixed": [1.0, 1.0],
            "regressed": [0.0, None],
            "better": [0.3, 0.3],
            "worse": [0.1, 0.1],
            "same": [1.0, 1.0],
            "flaky": [1.0, 1.0],
            "new": [1.0],
        }
    )

    found = compare(before, after)

    assert all(name == change for name, change in found.changes.items())
    assert (found.only_before, found.only_after) == (["gone"], ["new"])
    assert found.is_repeated
    text = str(found)
    assert "no difference shown" in text
    assert "regressed 1: regressed" in text
    assert "only on the first side 1: gone" in text
    assert "attempts that count as 0: 0, 1" in text
    assert found.to_dict()["delta"] == found.delta


def test_a_regression_is_shown() -> None:
    found = compare(singles([1.0] * 12), singles([0.0] * 12))

    assert found.is_significant
    assert str(found).startswith("worse: -1.000")
    assert "one attempt a side" in str(found)
    assert "and 2 more" in str(found)
    assert str(compare(singles([0.0] * 12), singles([1.0] * 12))).startswith("better")


def test_large_comparisons_take_a_sample_of_the_flips() -> None:
    found = compare(singles([1.0, 0.5] * 40), singles([0.0, 0.0] * 40))

    assert not found.is_exact
    assert "of 9,999 flips" in str(found)


def test_flaky_scenarios_come_most_even_first() -> None:
    rows = attempts({"a": [0.0, 1.0, 1.0, 1.0], "b": [0.0, 1.0], "c": [1.0, 1.0]})

    assert flaky(rows) == {"b": (1, 2), "a": (3, 4)}


def test_a_board_ties_what_cannot_be_told_apart() -> None:
    rows = [
        *singles([1.0] * 12, agent="best"),
        *singles([1.0] * 11 + [0.0], agent="close"),
        *singles([0.0] * 12, agent="last"),
        *singles([None] * 12, agent="none", model="m"),
    ]

    board = leaderboard(rows, by="agent")

    assert [(each.key, each.rank) for each in board.entries] == [
        (("best",), 1),
        (("close",), 1),
        (("last",), 3),
        (("none",), 3),
    ]
    assert "  1  best   1.000" in str(board)
    assert board.to_dict()["by"] == ("agent",)
    assert leaderboard(rows).entries[-1].key == ("none", "m")


def test_a_group_of_which_nothing_counts_is_last() -> None:
    rows = [
        *singles([1.0] * 3, agent="a"),
        *singles([None] * 3, agent="b", state=State.CANCELED),
    ]

    assert leaderboard(rows, by="agent").entries[-1].estimate.value is None


def test_tables_are_taken_as_rows_are() -> None:
    rows = attempts({"a": [1.0, 0.0], "b": [None]}, agent="x")
    columns = ("scenario_id", "scenario_run_id", "state", "score", "run_id")
    more = ("benchmark_id", "agent", "model")
    table = pa.table(
        {name: [getattr(r, name) for r in rows] for name in columns + more}
    )

    assert mean(table) == mean(rows)
    assert leaderboard(table).entries == leaderboard(rows).entries


@pytest.mark.parametrize(
    ("attempted", "why"),
    [
        (lambda: mean([]), "there are no rows"),
        (lambda: mean(FIVE), "must be rows or a table"),
        (lambda: mean(OBJECTS), "is no row of `scenarios`"),
        (lambda: mean(singles([math.nan])), "is no number"),
        (lambda: mean([attempt("a", scenario_run_id="x")] * 2), "x comes twice"),
        (lambda: mean(singles([1.0]), level=1.0), "level must be between 0 and 1"),
        (
            lambda: mean(singles([1.0]), threshold=math.inf),
            "threshold must be a finite",
        ),
        (lambda: mean(singles([1.0]), unscored=OTHER), "unscored must be of"),
        (lambda: mean(singles([1.0, 0.0]), method=OTHER), "method must be of"),
        (lambda: pass_at_k(singles([1.0]), 0), "k must be a whole number"),
        (lambda: pass_at_k(singles([1.0]), True), "k must be a whole number"),
        (lambda: pass_at_k(singles([1.0]), HALF), "k must be a whole number"),
        (lambda: compare(singles([1.0]), attempts({"z": [1.0]})), "no scenario in"),
        (lambda: leaderboard(singles([1.0]), by="colour"), "by must be of"),
        (lambda: leaderboard(singles([1.0]), by=()), "by must be of"),
        (
            lambda: leaderboard(
                [attempt("a"), attempt("b", benchmark_id="bmd_2")], by="agent"
            ),
            "several benchmarks",
        ),
    ],
)
def test_bad_input_is_refused(attempted: Any, why: str) -> None:
    with pytest.raises((TypeError, ValueError), match=why):
        attempted()
