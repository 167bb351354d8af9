import copy
import math
import pickle
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runloop_async.credentials import Secret
from runloop_async.errors import ConfigurationError
from runloop_async.options import (
    CallOptions,
    RetryPolicy,
    Timeouts,
    merged,
    positive_seconds,
    whole_number,
)
from runloop_async.pacing.limits import Limits

NO_SECONDS = [0, -1, -0.5, math.nan, math.inf, -math.inf, True, "3", None]
PAST_ANY_FLOAT = 10**400
NO_COUNTS = [-1, 1.0, True, "3", None]


@pytest.mark.parametrize("show", [repr, str, "{}".format, "%s".__mod__])
def test_a_secret_does_not_show_its_text(show: Callable[[object], str]) -> None:
    assert "canary" not in show(Secret("canary"))


def test_a_secret_gives_its_text_when_asked() -> None:
    assert Secret("canary").reveal() == "canary"


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_secret_is_neither_copied_nor_pickled(
    duplicate: Callable[[object], object],
) -> None:
    with pytest.raises(TypeError, match="is not pickled"):
        duplicate(Secret("canary"))


@pytest.mark.parametrize("value", [1, 0.001, 2.5, 86_400])
def test_a_positive_number_of_seconds_is_taken(value: float) -> None:
    assert positive_seconds("timeout", value) == value


@pytest.mark.parametrize(
    "value", [*NO_SECONDS, pytest.param(PAST_ANY_FLOAT, id="10**400")]
)
def test_anything_but_positive_finite_seconds_is_refused(value: object) -> None:
    with pytest.raises(ConfigurationError, match="timeout must be a number of seconds"):
        positive_seconds("timeout", value)


def test_a_whole_number_of_at_least_the_least_is_taken() -> None:
    assert whole_number("api", 2, least=2) == 2


@pytest.mark.parametrize("value", [*NO_COUNTS, 1])
def test_anything_but_a_large_enough_whole_number_is_refused(value: object) -> None:
    with pytest.raises(ConfigurationError, match="whole number of at least 2"):
        whole_number("api", value, least=2)


@given(st.one_of(st.integers(), st.floats(), st.text(), st.none(), st.booleans()))
def test_seconds_are_finite_and_positive_or_refused(value: object) -> None:
    try:
        taken = positive_seconds("timeout", value)
    except ConfigurationError:
        return

    assert 0 < taken < math.inf


def test_one_number_bounds_the_attempt_and_leaves_connecting_a_little_less() -> None:
    assert Timeouts.of(2.0) == Timeouts(total=2.0, connect=1.8, idle=2.0)


def test_connecting_gets_no_more_than_five_seconds_of_a_long_time_out() -> None:
    assert Timeouts.of(120) == Timeouts(total=120.0, connect=5.0, idle=120.0)


def test_none_stands_for_no_time_out_at_all() -> None:
    assert Timeouts.of(None) == Timeouts(total=None, connect=None, idle=None)


def test_time_outs_stand_for_themselves() -> None:
    timeouts = Timeouts(total=None, connect=1.0)

    assert Timeouts.of(timeouts) is timeouts


@pytest.mark.parametrize("value", [0, -1.0, math.nan, True])
def test_a_time_out_of_no_use_is_refused(value: float) -> None:
    with pytest.raises(ConfigurationError, match="timeout must be"):
        Timeouts.of(value)
    with pytest.raises(ConfigurationError, match="connect must be"):
        Timeouts(connect=value)
    with pytest.raises(ConfigurationError, match="total must be"):
        Timeouts(total=value)


@pytest.mark.parametrize("name", ["api", "wait", "transfer"])
def test_every_workload_needs_room_for_one(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{name} must be a whole number"):
        attrs.evolve(Limits(), **{name: 0})


@pytest.mark.parametrize("rate", [0, -1, float("inf"), float("nan"), "fast", True])
def test_a_rate_is_a_number_above_0(rate: Any) -> None:
    with pytest.raises(ConfigurationError, match="rate must be"):
        Limits(rate=rate)


def test_by_default_the_client_finds_its_limits() -> None:
    assert (Limits().api, Limits().rate) == (None, None)
    assert Limits(rate=100).rate == 100.0


@pytest.mark.parametrize("name", ["backoff", "backoff_max", "retry_after_max"])
@pytest.mark.parametrize("value", [0.0, math.inf, None])
def test_every_wait_between_retries_is_bounded(name: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=f"{name} must be a number of seconds"):
        attrs.evolve(RetryPolicy(), **{name: value})


def test_a_policy_without_retries_is_one() -> None:
    assert RetryPolicy(max_retries=0).max_retries == 0


def test_a_negative_number_of_retries_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="max_retries must be a whole number"):
        RetryPolicy(max_retries=-1)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"timeout": None, "deadline": None},
        {"timeout": 2, "deadline": 10, "max_retries": 0, "idempotency_key": "k"},
        {"timeout": Timeouts(total=1.0), "headers": {"a": "b"}, "query": {"c": None}},
    ],
)
def test_usable_options_of_a_call_pass(options: CallOptions) -> None:
    merged({}, options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"timeout": 0}, "timeout must be"),
        ({"deadline": -1}, "deadline must be"),
        ({"max_retries": 1.5}, "max_retries must be"),
        ({"idempotency_key": ""}, "idempotency_key must"),
        ({"idempotency_key": 7}, "idempotency_key must be"),
        ({"idempotency_key": "a\r\nCookie: b"}, "idempotency_key must be"),
        ({"headers": ["a"]}, "headers must be a dict"),
        ({"query": "a=b"}, "query must be a dict"),
        ({"retries": 3}, "there is no option 'retries'; there is timeout, deadline"),
    ],
)
def test_an_option_of_a_call_that_is_of_no_use_is_refused(
    options: CallOptions, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        merged({}, options)


@pytest.mark.parametrize("name", ["X-Team", "x-team", "X-TEAM"])
def test_a_header_replaces_that_of_its_name_in_any_case(name: str) -> None:
    given = merged({}, {"headers": {"X-Team": "a", "X-More": "b"}})

    assert merged(given, {"headers": {name: "c"}}) == {
        "headers": {"X-More": "b", name: "c"}
    }
    assert merged({}, {"headers": {"X-Team": "a", name: "c"}}) == {
        "headers": {name: "c"}
    }


@pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding", "EXPECT"])
def test_headers_that_say_where_a_request_ends_are_the_clients(name: str) -> None:
    with pytest.raises(ValueError, match="is set by the client"):
        merged({}, {"headers": {name: "3"}})
