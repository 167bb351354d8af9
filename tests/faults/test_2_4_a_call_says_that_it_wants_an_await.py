"""An attribute of the result, asked of the call: the error says what is missing."""

from typing import Any

import pytest

from runloop_async import AsyncRunloop

CLIENT: Any = AsyncRunloop(bearer_token="any")


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (CLIENT.benchmark_runs.retrieve("bmr_1"), "state"),
        (CLIENT.benchmark_runs.list(), "items"),
        (CLIENT.benchmark_runs.wait("bmr_1"), "state"),
        (CLIENT.benchmark_runs.download_logs("bmr_1"), "decode"),
        (CLIENT.bulk([]), "values"),
    ],
    ids=["call", "list", "wait", "download", "bulk"],
)
def test_the_error_names_the_await(call: Any, name: str) -> None:
    with pytest.raises(AttributeError, match=rf"\(await \.\.\.\)\.{name}"):
        getattr(call, name)


def test_other_names_get_the_usual_error() -> None:
    with pytest.raises(AttributeError, match=r"no attribute '_state'$"):
        getattr(CLIENT.benchmark_runs.retrieve("bmr_1"), "_state")  # noqa: B009


def test_an_attribute_that_may_be_missing_is_missing() -> None:
    assert getattr(CLIENT.benchmark_runs.retrieve("bmr_1"), "state", None) is None
