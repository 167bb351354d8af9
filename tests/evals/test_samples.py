"""What estimates are made of: rows from anywhere, and means to their last digits."""

from runloop_async.evals import compare, flaky, leaderboard
from tests.evals.samples import attempts, singles


def test_rows_may_come_from_generators() -> None:
    before, after = singles([1.0, 0.0, 1.0]), singles([0.0, 0.0, 1.0])

    found = compare(iter(before), iter(after))

    assert found == compare(before, after)
    assert leaderboard(iter(before)) == leaderboard(before)
    assert flaky(iter(attempts({"a": [0.0, 1.0]}))) == {"a": (1, 2)}


def test_the_last_digits_of_means_are_no_difference() -> None:
    before = attempts(
        {"a": [0.1, 0.1, 0.1], "b": [1.0, 0.0, 0.0], "c": [1.0, 1.0, 0.0]}
    )
    after = attempts({"a": [0.1], "b": [1.0, 1.0, 0.0], "c": [1.0, 0.0, 0.0]})

    found = compare(before, after)

    assert found.changes["a"] == "same"
    assert (found.delta, found.p_value, found.is_exact) == (0.0, 1.0, True)
