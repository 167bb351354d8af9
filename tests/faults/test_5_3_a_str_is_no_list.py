"""A str where a list is due is refused, before its letters are taken for items."""

from collections.abc import Callable
from typing import Any

import pytest

from runloop_async import AsyncRunloop

CLIENT: Any = AsyncRunloop(bearer_token="any")


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: CLIENT.benchmark_runs.wait_many("bmr_1"), id="wait_many"),
        pytest.param(lambda: CLIENT.benchmark_runs.wait_many(b"b"), id="bytes"),
        pytest.param(lambda: CLIENT.benchmark_runs.wait_many({"b": 1}), id="dict"),
        pytest.param(lambda: CLIENT.benchmark_runs.wait_many(7), id="number"),
        pytest.param(lambda: CLIENT.benchmark_runs.wait_many([7]), id="numbers"),
        pytest.param(
            lambda: CLIENT.benchmarks.create(name="a", scenario_ids="scn_1"), id="body"
        ),
        pytest.param(
            lambda: CLIENT.devboxes.wait_for_status("dbx_1", statuses="running"),
            id="statuses",
        ),
        pytest.param(lambda: CLIENT.bulk("abc"), id="bulk"),
        pytest.param(lambda: CLIENT.bulk(b"abc"), id="bulk of bytes"),
        pytest.param(lambda: CLIENT.bulk({"a": 1}), id="bulk of a dict"),
        pytest.param(lambda: CLIENT.bulk(7), id="bulk of a number"),
        pytest.param(
            lambda: CLIENT.bulk(CLIENT.benchmark_runs.retrieve("a")),
            id="bulk of a call",
        ),
    ],
)
def test_it_is_refused_when_the_call_is_made(make: Callable[[], Any]) -> None:
    with pytest.raises(TypeError, match=r"must be|takes"):
        make()


def test_an_empty_id_is_refused_when_the_call_is_made() -> None:
    with pytest.raises(ValueError, match="is empty"):
        CLIENT.benchmark_runs.wait_many(["bmr_1", ""])
