import email.utils
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runloop_async.testing.faults import (
    Meter,
    RateLimit,
    bad_json,
    concurrency_limit,
    cut_body,
    delay,
    drip,
    rate_limit,
    status,
    wrong_type,
)


def admitted(limit: RateLimit, times_s: list[float]) -> list[float]:
    """Return those moments at which a request was let through."""
    meter = limit.first(times_s[0])
    seen: list[float] = []
    for now_s in times_s:
        meter, wait_s = limit.take(meter, now_s)
        if wait_s == 0:
            seen.append(now_s)
    return seen


def test_a_status_answers_with_a_json_error() -> None:
    answer = status(503).answer()
    assert answer.status == 503
    assert json.loads(answer.body)["code"] == "unavailable"
    assert answer.headers == {}


def test_a_status_without_a_word_of_its_own_is_a_fault() -> None:
    assert json.loads(status(418).answer().body)["code"] == "fault"


def test_a_status_answers_with_the_headers_it_was_given() -> None:
    fault = status(400, headers={"x-should-retry": "true"})
    assert fault.answer().headers == {"x-should-retry": "true"}


def test_a_status_answers_with_bytes_as_they_are() -> None:
    assert status(200, body=b"<html>").answer().body == b"<html>"


def test_a_status_answers_with_a_value_as_json() -> None:
    assert status(200, body=[1]).answer().body == b"[1]"


@pytest.mark.parametrize(
    ("given", "sent"), [(1, "1"), (1.5, "1.5"), (0.0, "0"), ("soon", "soon")]
)
def test_a_status_says_when_to_retry(given: float | str, sent: str) -> None:
    answer = status(429, retry_after=given).answer()
    assert answer.headers["retry-after"] == sent


def test_a_status_says_when_to_retry_as_a_date_that_is_not_too_early() -> None:
    text = status(429, retry_after=2.5, as_date=True).answer().headers["retry-after"]
    ahead_s = email.utils.parsedate_to_datetime(text).timestamp() - time.time()
    assert text.endswith(" GMT")
    assert 2.4 < ahead_s < 3.6


@pytest.mark.parametrize("code", [0, 101, 1000])
def test_a_status_that_is_not_final_is_refused(code: int) -> None:
    with pytest.raises(ValueError, match="must be a final status, 200 to 999"):
        status(code)


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("inf"), float("nan")])
def test_seconds_that_make_no_sense_are_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="seconds must be a number above 0"):
        delay(seconds)
    with pytest.raises(ValueError, match="seconds must be a number above 0"):
        drip(seconds)


def test_a_drip_needs_a_piece() -> None:
    with pytest.raises(ValueError, match="pieces must be at least 1"):
        drip(1.0, pieces=0)


@given(body=st.binary(max_size=50), pieces=st.integers(1, 60))
def test_the_pieces_of_a_drip_are_the_body(body: bytes, pieces: int) -> None:
    split = drip(1.0, pieces=pieces).split(body)
    assert b"".join(split) == body
    assert len(split) <= pieces
    assert all(split)


def test_a_cut_keeps_half_of_the_body_unless_told() -> None:
    assert cut_body().kept(b"123456") == b"123"


@given(body=st.binary(min_size=1, max_size=20), after=st.integers(0, 30))
def test_a_cut_never_keeps_all_of_a_body(body: bytes, after: int) -> None:
    kept = cut_body(after).kept(body)
    assert kept == body[: min(after, len(body) - 1)]


def test_a_cut_of_no_body_keeps_nothing() -> None:
    assert cut_body().kept(b"") == b""


def test_bad_json_breaks_off() -> None:
    assert bad_json().edit(b'{"a":1}') == b'{"a":1'


@pytest.mark.parametrize(
    ("field", "before", "after"),
    [
        ("id", b'{"id":"x"}', b'{"id":7}'),
        ("runs.1.id", b'{"runs":[{},{"id":"x"}]}', b'{"runs":[{},{"id":7}]}'),
        ("runs.0", b'{"runs":[{}]}', b'{"runs":[7]}'),
    ],
)
def test_a_wrong_type_replaces_a_field(field: str, before: bytes, after: bytes) -> None:
    assert wrong_type(field, 7).edit(before) == after


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("name", b'{"id":"x"}'),
        ("id.x", b'{"id":null}'),
        ("0.id", b"[]"),
        ("id", b"[1]"),
        ("id", b"no json"),
    ],
)
def test_a_wrong_type_leaves_a_body_without_the_field(field: str, body: bytes) -> None:
    assert wrong_type(field).edit(body) == body


def test_a_bucket_lets_a_burst_through_and_then_the_rate() -> None:
    limit = rate_limit(10, burst=3)
    moments = [0.0] * 5 + [0.05, 0.1, 0.15, 0.2]
    assert admitted(limit, moments) == [0.0, 0.0, 0.0, 0.1, 0.2]


def test_a_bucket_holds_a_tenth_of_a_second_unless_told() -> None:
    assert rate_limit(50).burst == 5.0
    assert rate_limit(1).burst == 1.0


def test_a_bucket_tells_when_the_next_token_is_there() -> None:
    meter = Meter(level=0.5, since_s=0.0)
    _, wait_s = rate_limit(10).take(meter, 0.0)
    assert wait_s == pytest.approx(0.05)


def test_a_bucket_does_not_overflow() -> None:
    limit = rate_limit(10, burst=2)
    assert admitted(limit, [0.0, 60.0, 60.0, 60.0]) == [0.0, 60.0, 60.0]


def test_a_window_lets_its_share_through_and_opens_anew() -> None:
    limit = rate_limit(2, window=1.0)
    moments = [5.0, 5.9, 5.95, 6.0, 6.1, 6.2, 8.5]
    assert admitted(limit, moments) == [5.0, 5.9, 6.0, 6.1, 8.5]


def test_a_window_tells_when_the_next_one_opens() -> None:
    meter = Meter(level=2.0, since_s=5.0)
    _, wait_s = rate_limit(2, window=1.0).take(meter, 5.75)
    assert wait_s == pytest.approx(0.25)


@given(
    gaps=st.lists(st.floats(0.0, 0.4), min_size=1, max_size=60),
    burst=st.integers(1, 5),
)
def test_a_bucket_never_exceeds_burst_and_rate(gaps: list[float], burst: int) -> None:
    moments = [sum(gaps[: end + 1]) for end in range(len(gaps))]
    seen = admitted(rate_limit(10, burst=burst), moments)
    for start, first_s in enumerate(seen):
        for end in range(start, len(seen)):
            allowed = burst + 10 * (seen[end] - first_s)
            assert end - start + 1 <= allowed + 1e-6


def test_a_refusal_names_whole_seconds_rounded_up() -> None:
    limit = rate_limit(10)
    assert limit.answer(0.01).headers == {"retry-after": "1"}
    assert limit.answer(1.2).headers == {"retry-after": "2"}
    assert limit.answer(0.01).status == 429


def test_a_refusal_can_leave_the_seconds_out() -> None:
    assert rate_limit(10, retry_after=False).answer(1.0).headers == {}


@pytest.mark.parametrize("name", ["per_second", "burst", "window"])
def test_a_rate_that_makes_no_sense_is_refused(name: str) -> None:
    numbers: dict[str, Any] = {"per_second": 10.0} | {name: 0.0}
    with pytest.raises(ValueError, match=f"{name} must be a number above 0"):
        rate_limit(**numbers)


def test_a_limit_of_nothing_at_once_is_refused() -> None:
    with pytest.raises(ValueError, match="most must be at least 1"):
        concurrency_limit(0)


def test_a_concurrency_limit_says_when_to_retry_if_told() -> None:
    assert concurrency_limit(1).answer().headers == {}
    assert concurrency_limit(1, retry_after=2.0).answer().headers == {
        "retry-after": "2"
    }
