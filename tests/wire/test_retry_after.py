from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runloop_async.wire.retry import retry_after


@pytest.mark.parametrize(
    ("text", "wait_s"),
    [
        ("1", 1.0),
        ("0.5", 0.5),
        ("120.", 120.0),
        ("  7  ", 7.0),
        ("007", 7.0),
        ("31536000", 31_536_000.0),
    ],
)
def test_seconds_to_wait_are_read(text: str, wait_s: float) -> None:
    assert retry_after({"retry-after": text}, now=0.0) == wait_s


@pytest.mark.parametrize(
    "date",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "Sun, 06 Nov 1994 08:49:37 -0000",
        "Sun, 06 Nov 1994 09:49:37 +0100",
    ],
)
def test_each_form_of_an_http_date_is_read_as_utc(date: str) -> None:
    now = datetime(1994, 11, 6, 8, 49, 30, tzinfo=UTC).timestamp()

    assert retry_after({"retry-after": date}, now=now) == 7.0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "nan",
        "inf",
        "-inf",
        "1e400",
        "1e3",
        "3, 5",
        "-1",
        "-0",
        "0",
        "0.0",
        "+5",
        "1_000",
        ".",
        "५",
        "0x10",
        "\x1c5",
        "9" * 12,
        "9" * 400,
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Sun, 06 Nov 1894 08:49:37 GMT",
        "Mon, 01 Jan 0001 00:00:00 +2359",
        "Thu, 32 Foo 1994 99:99:99 GMT",
        "Sun, 06 Nov 1994 08:49:37 +99999999",
        "Sun, 06 Nov 99999999999 08:49:37 GMT",
    ],
)
def test_a_time_of_no_use_is_passed_over(text: str) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC).timestamp()

    assert retry_after({"retry-after": text}, now=now) is None
    assert retry_after({"retry-after-ms": text}, now=now) is None


def test_no_header_asks_for_no_wait() -> None:
    assert retry_after({}, now=0.0) is None


def test_milliseconds_come_before_seconds() -> None:
    headers = {"retry-after-ms": "1500", "retry-after": "9"}

    assert retry_after(headers, now=0.0) == 1.5


@pytest.mark.parametrize("text", ["0", "soon", "9" * 12])
def test_seconds_stand_in_for_milliseconds_of_no_use(text: str) -> None:
    headers = {"retry-after-ms": text, "retry-after": "9"}

    assert retry_after(headers, now=0.0) == 9.0


def test_a_date_that_has_passed_asks_for_no_wait() -> None:
    headers = {"retry-after": "Thu, 01 Jan 1970 00:00:10 GMT"}

    assert retry_after(headers, now=9.0) == 1.0
    assert retry_after(headers, now=10.0) is None
    assert retry_after(headers, now=11.0) is None


@given(
    st.text() | st.from_regex(r"[0-9A-Za-z ,:+.\-]{1,40}"),
    st.text(),
    st.floats(0, 4e9),
)
def test_whatever_the_headers_say_the_wait_is_believable(
    text: str, milliseconds: str, now: float
) -> None:
    headers = {"retry-after": text, "retry-after-ms": milliseconds}

    wait_s = retry_after(headers, now=now)

    assert wait_s is None or 0 < wait_s < 366 * 86_400


@given(st.integers(0, 4_000_000_000), st.integers(1, 86_400))
def test_any_date_within_a_day_is_the_seconds_until_then(now: int, wait: int) -> None:
    moment = datetime.fromtimestamp(now + wait, tz=UTC)

    wait_s = retry_after(
        {"retry-after": format_datetime(moment, usegmt=True)}, now=float(now)
    )

    assert wait_s == wait
