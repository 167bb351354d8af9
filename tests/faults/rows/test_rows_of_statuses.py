"""Rows 21 to 32: statuses, and times to wait."""

from email.utils import formatdate
from typing import Any

import pytest

from runloop_async import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    UnprocessableEntityError,
)
from runloop_async.options import RetryPolicy
from runloop_async.sending.clock import SystemClock
from runloop_async.wire.request import Safety
from runloop_async.wire.retry import Wait, decide
from tests.fakes import FakeClock
from tests.rawserver import http, http_json
from tests.samples import ACCOUNT
from tests.served import served

FINE = http_json(ACCOUNT)
FINAL = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
}
KINDS = ["read", "write"]


async def failure(kind: str, *answers: bytes, **options: Any) -> tuple[APIError, int]:
    """Return what a call fails with, and how many requests it made."""
    async with served(*answers, **options) as (server, client):
        with pytest.raises(APIError) as caught:
            await (client.accounts.me() if kind == "read" else client.devboxes.create())
    return caught.value, len(server.requests)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", FINAL)
async def test_row_21_a_refusal_is_final(status: int, kind: str) -> None:
    error, requests = await failure(kind, http(status=status))

    assert type(error) is FINAL[status]
    assert requests == 1
    assert not error.ambiguous


@pytest.mark.parametrize("status", [500, 502, 503, 504, 501, 505])
async def test_row_22_what_may_pass_is_tried_again_if_that_is_safe(status: int) -> None:
    read, reads = await failure("read", http(status=status))
    write, writes = await failure("write", http(status=status))

    passes = status not in {501, 505}
    assert isinstance(read, InternalServerError)
    assert (reads, writes) == (7 if passes else 1, 1)
    assert write.ambiguous == passes


@pytest.mark.parametrize("status", [418, 451, 529, 599])
async def test_row_23_an_odd_status_is_of_its_hundred(status: int) -> None:
    error, _ = await failure("read", http(status=status))

    assert isinstance(error, APIStatusError)
    assert isinstance(error, InternalServerError) == (status >= 500)


@pytest.mark.parametrize("status", [600, 999])
async def test_row_23_what_is_no_status_is_a_broken_connection(status: int) -> None:
    error, _ = await failure("read", http(status=status))

    assert isinstance(error, APIConnectionError)


@pytest.mark.parametrize("kind", KINDS)
async def test_row_24_the_server_may_forbid_a_retry(kind: str) -> None:
    for status in (429, 503):
        _, requests = await failure(
            kind, http(b"", "x-should-retry: false", status=status)
        )
        assert requests == 1


async def test_row_24_the_server_may_ask_for_a_retry_of_what_is_safe() -> None:
    again = http(b"", "x-should-retry: true", status=400)

    assert (await failure("read", again))[1] == 7
    assert (await failure("write", again))[1] == 1


async def test_row_25_the_page_of_a_balancer_is_the_status() -> None:
    page = http(b"<html>", "Content-Type: text/html", "x-request-id: r1", status=502)

    error, requests = await failure("read", page)

    assert isinstance(error, APIStatusError)
    assert (error.request_id, requests) == ("r1", 7)


@pytest.mark.parametrize("status", [200, 204])
async def test_row_26_nothing_where_a_model_is_due(status: int) -> None:
    error, requests = await failure("read", http(status=status))

    assert isinstance(error, APIResponseValidationError)
    assert requests == 1


async def waited(clock: FakeClock, status: int, *headers: str) -> list[float]:
    """Return how long a read waits after one refusal with some headers."""
    async with served(http(b"", *headers, status=status), FINE) as (_, client):
        await client.accounts.me()
    return clock.sleeps


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("text", ["3", "1.5", " 7 "])
async def test_row_27_a_time_is_the_least(
    clock: FakeClock, text: str, status: int
) -> None:
    (slept,) = await waited(clock, status, f"Retry-After: {text}")

    assert float(text) <= slept <= float(text) + 0.5


@pytest.mark.parametrize("text", ["0", "-5", formatdate(0, usegmt=True)])
async def test_row_28_a_time_that_is_none_is_a_backoff(
    clock: FakeClock, text: str
) -> None:
    (slept,) = await waited(clock, 429, f"Retry-After: {text}")

    assert 0.25 <= slept <= 0.5


@pytest.mark.parametrize(
    "date",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ],
)
async def test_row_29_dates_are_read(
    clock: FakeClock, date: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: 784111777.0 - 30)

    (slept,) = await waited(clock, 429, f"Retry-After: {date}")

    assert 30 <= slept <= 31


async def test_row_30_a_long_time_is_waited_in_full(clock: FakeClock) -> None:
    (slept,) = await waited(clock, 429, "Retry-After: 120")

    assert slept >= 120


async def test_row_30_a_time_above_the_bound_is_told() -> None:
    error, requests = await failure("read", http(b"", "Retry-After: 700", status=429))

    assert isinstance(error, RateLimitError)
    assert (error.retry_after, requests) == (700, 1)


@pytest.mark.parametrize(
    "text",
    [
        "soon",
        "nan",
        "inf",
        "1e400",
        "",
        "3, 5",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "9" * 99,
    ],
)
async def test_row_31_junk_is_passed_over(clock: FakeClock, text: str) -> None:
    (slept,) = await waited(clock, 429, f"Retry-After: {text}")

    assert slept <= 0.5


async def test_row_31_the_good_one_of_two_is_used(clock: FakeClock) -> None:
    (slept,) = await waited(clock, 429, "Retry-After-Ms: soon", "Retry-After: 4")

    assert 4 <= slept <= 4.5


def test_row_32_many_that_are_refused_at_once_come_back_spread() -> None:

    clock = SystemClock()
    error = RateLimitError("", status_code=429, code=None, body=None, retry_after=None)
    waits = list[float]()
    for _ in range(500):
        verdict = decide(
            error,
            policy=RetryPolicy(),
            safety=Safety.SAFE,
            attempt=1,
            dice=clock.random(),
        )
        assert isinstance(verdict, Wait)
        waits.append(verdict.delay_s)

    for start in waits:
        assert sum(start <= each < start + 0.05 for each in waits) <= 0.3 * len(waits)
