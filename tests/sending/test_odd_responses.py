"""Responses that are no valid HTTP, of large heads, or with other people's texts."""

import gzip
import logging

import pytest

from runloop_async.annotations import JsonObject
from runloop_async.errors import (
    APIConnectionError,
    APIResponseValidationError,
    AuthenticationError,
    InternalServerError,
    ProtocolError,
    TruncatedBodyError,
)
from runloop_async.sending.hiding import mask
from tests.rawserver import http, http_json, then_close
from tests.sends import KEY
from tests.served import served

RUN: JsonObject = {
    "id": "bmr_1",
    "metadata": {},
    "start_time_ms": 1,
    "state": "running",
}
TWO_LENGTHS = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"
pytestmark = pytest.mark.usefixtures("path")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            "ength",
        ),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", "more than 65536"),
        (b"rubbish\r\n\r\n", ""),
    ],
    ids=["two lengths", "a huge header", "rubbish"],
)
async def test_what_is_no_http_costs_one_request_and_says_why(
    answer: bytes, words: str
) -> None:
    async with served(then_close(answer)) as (server, client):
        with pytest.raises(ProtocolError, match="not valid HTTP") as caught:
            await client.benchmark_runs.retrieve("bmr_1")

    assert words in str(caught.value)
    assert len(server.requests) == caught.value.attempts == 1


async def test_a_large_head_is_read() -> None:
    many = [f"X-Header-{n}: {n}" for n in range(400)]
    answer = http_json(RUN, "X-Long: " + "x" * 30_000, *many)
    async with served(answer) as (_, client):
        assert (await client.benchmark_runs.retrieve("bmr_1")).id == RUN["id"]


@pytest.mark.parametrize("status", [500, 507, 520, 529, 599])
async def test_reads_are_sent_again_after_every_failure_of_the_service(
    status: int,
) -> None:
    async with served(http(status=status), http_json(RUN)) as (server, client):
        await client.benchmark_runs.retrieve("bmr_1")

    assert len(server.requests) == 2


@pytest.mark.parametrize("status", [501, 505])
async def test_two_statuses_of_servers_do_not_change(status: int) -> None:
    async with served(http(status=status)) as (server, client):
        with pytest.raises(InternalServerError):
            await client.benchmark_runs.retrieve("bmr_1")

    assert len(server.requests) == 1


async def test_a_key_that_the_server_repeats_is_masked(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, logger="runloop_async")
    told = {"message": f"no such key: {KEY}", "code": KEY, "sent": [{"key": KEY}]}
    answer = http_json(told, f"x-request-id: {KEY}", status=401)
    async with served(answer) as (_, client):
        with pytest.raises(AuthenticationError, match="no such key") as caught:
            await client.benchmark_runs.retrieve("bmr_1")

    error = caught.value
    for text in (str(error), repr(error), repr(error.body), str(error.request_id)):
        assert KEY not in text
        assert "***" in text
    assert error.code == "***"


async def test_a_key_in_a_success_that_does_not_fit_is_masked() -> None:
    own = "secret-of-one-call"
    async with served(http_json({**RUN, "id": [own]})) as (_, client):
        call = client.benchmark_runs.retrieve("bmr_1").with_options(
            headers={"X-API-Key": own}
        )
        with pytest.raises(APIResponseValidationError) as caught:
            await call

    assert own not in f"{caught.value} {caught.value.found} {caught.value.body!r}"


def test_what_is_no_text_is_left_as_it_is() -> None:
    error = InternalServerError("7", status_code=500, body=[7, None])

    mask(error, ["secret-of-one-call"])

    assert error.body == [7, None]


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize(
    "headers",
    [
        ("Content-Encoding: gzip", "Content-Encoding: gzip"),
        ("Content-Encoding: identity", "Content-Encoding: gzip"),
        ("Content-Encoding: gzip", "Content-Encoding: br"),
    ],
)
async def test_a_body_that_is_encoded_twice_is_no_success(
    headers: tuple[str, str],
) -> None:
    body = gzip.compress(gzip.compress(b"log"))
    async with served(http(body, *headers), max_retries=0) as (_, client):
        with pytest.raises(TruncatedBodyError, match="encoded as"):
            await client.benchmark_runs.download_logs("bmr_1")


@pytest.mark.parametrize("codings", ["gzip, chunked", "chunked, gzip", "xchunked"])
async def test_a_body_that_is_sent_in_another_way_is_no_success(codings: str) -> None:
    head = f"HTTP/1.1 200 OK\r\nTransfer-Encoding: {codings}\r\n\r\n".encode()
    answer = then_close(head + b"3\r\nlog\r\n0\r\n\r\n")
    async with served(answer, max_retries=0) as (_, client):
        for call in (
            client.benchmark_runs.download_logs("bmr_1"),
            client.benchmark_runs.retrieve("bmr_1"),
        ):
            with pytest.raises(APIConnectionError):
                await call


def test_a_secret_is_masked_in_names_too() -> None:
    secret = "secret-of-one-call"
    body = {secret: [{"a": secret.encode()}], "b": {secret: 1}}
    error = InternalServerError(secret, status_code=500, body=body)

    mask(error, [secret])

    assert error.body == {"***": [{"a": b"***"}], "b": {"***": 1}}
