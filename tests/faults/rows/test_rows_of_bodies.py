"""Rows 33 to 49: bodies that break off, grow, or are not what is due."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from runloop_async import (
    APIError,
    APIResponseValidationError,
    ResponseTooLargeError,
    TruncatedBodyError,
    to_dict,
)
from tests.rawserver import (
    Answer,
    chunked,
    http,
    http_json,
    then_close,
    then_hang,
    then_reset,
)
from tests.samples import ACCOUNT, page, run
from tests.served import served

FINE = http_json(ACCOUNT)
DOCUMENT = json.dumps(ACCOUNT).encode()
UNENDING = b"HTTP/1.1 200 OK\r\n\r\n"
BROKEN: dict[str, Answer] = {
    "33 short": then_close(http(DOCUMENT[:20], length=len(DOCUMENT))),
    "34 chunks": then_close(chunked(DOCUMENT[:20])),
    "34 reset": then_reset(http(DOCUMENT[:20], length=len(DOCUMENT))),
}


async def failure(*answers: Answer, kind: str = "read") -> tuple[Any, int]:
    """Return what a call fails with, and how many requests it made."""
    async with served(*answers) as (server, client):
        with pytest.raises(APIError) as caught:
            await (client.accounts.me() if kind == "read" else client.devboxes.create())
    return caught.value, len(server.requests)


@pytest.mark.parametrize("how", BROKEN)
async def test_rows_33_and_34_a_read_that_breaks_off_is_made_again(how: str) -> None:
    async with served(BROKEN[how], FINE) as (server, client):
        assert (await client.accounts.me()).id == "acc_1"

    assert len(server.requests) == 2


@pytest.mark.parametrize("how", BROKEN)
async def test_rows_33_and_34_a_write_that_breaks_off_is_ambiguous(how: str) -> None:
    error, requests = await failure(BROKEN[how], kind="write")

    assert isinstance(error, TruncatedBodyError)
    assert error.ambiguous
    assert requests == 1


async def test_row_35_json_that_is_cut_at_the_end_of_a_connection() -> None:
    error, _ = await failure(then_close(UNENDING + DOCUMENT[:20]))

    assert isinstance(error, APIError)


async def test_row_35_json_that_ends_with_the_connection() -> None:
    async with served(then_close(UNENDING + DOCUMENT)) as (_, client):
        assert (await client.accounts.me()).id == "acc_1"


async def test_row_36_a_page_of_html_is_not_the_response() -> None:
    error, requests = await failure(http(b"<html>sign in", "Content-Type: text/html"))

    assert isinstance(error, APIResponseValidationError)
    assert "<html>sign in" in str(error.found)
    assert requests == 1


@pytest.mark.parametrize(
    "kind", ["Content-Type: text/plain", "Content-Type: ;;", "X: y"]
)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
async def test_row_37_json_is_json_whatever_it_is_called(
    kind: str, mark: bytes
) -> None:
    async with served(http(mark + DOCUMENT, kind)) as (_, client):
        assert (await client.accounts.me()).id == "acc_1"


async def test_row_38_what_is_no_json_is_kept() -> None:
    error, _ = await failure(http(b'{"id": '))

    assert isinstance(error, APIResponseValidationError)
    assert error.body == b'{"id": '


@pytest.mark.parametrize("body", [b"null", b"[]", b'"text"', b"3"])
async def test_row_39_another_value_than_an_object(body: bytes) -> None:
    error, requests = await failure(http(body))

    assert isinstance(error, APIResponseValidationError)
    assert (error.path, requests) == ("$", 1)


async def test_row_40_what_is_no_utf_8() -> None:
    error, _ = await failure(http(b'{"id": "\xff"}'))

    assert isinstance(error, APIResponseValidationError)
    assert "8" in str(error)  # where it is


async def test_row_41_a_compressed_flood_is_refused() -> None:
    flood = gzip.compress(b" " * 40_000_000)
    async with served(http(flood, "Content-Encoding: gzip"), FINE) as (_, client):
        small = client.with_options(max_response_bytes=1_000_000)
        with pytest.raises(ResponseTooLargeError):
            await small.accounts.me()
        assert (await small.accounts.me()).id == "acc_1"


async def test_row_42_a_body_that_says_it_is_too_large_is_not_read() -> None:
    error, requests = await failure(then_hang(http(length=10**12)))

    assert isinstance(error, ResponseTooLargeError)
    assert requests == 1


async def test_row_42_a_download_has_no_such_bound(tmp_path: Path) -> None:
    async with served(http(b"x" * 3_000_000), max_response_bytes=1000) as (_, client):
        await client.devboxes.download_file("dbx_1", path="a").write_to_file(
            tmp_path / "a"
        )

    assert (tmp_path / "a").stat().st_size == 3_000_000


SPOILT: dict[str, tuple[dict[str, Any], str]] = {
    "43 missing": ({"metadata": {}, "start_time_ms": 1, "state": "running"}, "id"),
    "44 null": ({**run(), "id": None}, "id"),
    "45 text for int": ({**run(), "start_time_ms": "1"}, "start_time_ms"),
    "45 float for int": ({**run(), "start_time_ms": 1.9}, "start_time_ms"),
    "45 bool for int": ({**run(), "start_time_ms": True}, "start_time_ms"),
    "45 text for list": ({**run(), "pending_scenarios": "abc"}, "pending_scenarios"),
    "45 dict for text": ({**run(), "name": {}}, "name"),
}


@pytest.mark.parametrize("what", SPOILT)
async def test_rows_43_to_45_and_48_one_bad_item_is_told_by_its_path(what: str) -> None:
    spoilt, field = SPOILT[what]
    answer = http_json(page("runs", *[run() for _ in range(17)], spoilt, run()))
    async with served(answer, on_bad_item="raise") as (server, client):
        with pytest.raises(APIResponseValidationError) as caught:
            await client.benchmark_runs.list()

    assert caught.value.path == f"$.runs[17].{field}"
    assert isinstance(caught.value.body, bytes)
    assert len(json.loads(caught.value.body)["runs"]) == 19  # nothing of it is lost
    assert len(server.requests) == 1


async def test_row_45_text_for_a_bool() -> None:
    answer = http_json({**page("runs"), "has_more": "false"})
    async with served(answer) as (_, client):
        with pytest.raises(APIResponseValidationError):
            await client.benchmark_runs.list()


async def test_row_46_a_new_word_stays() -> None:
    answer = http_json(page("runs", run(), run(state="resting, which is new")))
    async with served(answer) as (_, client):
        listed = await client.benchmark_runs.list()

    assert listed.items[1].state == "resting, which is new"
    assert to_dict(listed.items[1])["state"] == "resting, which is new"


async def test_row_47_a_new_field_passes_and_is_in_the_raw_response() -> None:
    async with served(http_json({**ACCOUNT, "shoe_size": 43})) as (_, client):
        raw = await client.accounts.me().raw()

    assert raw.parse().id == "acc_1"
    assert json.loads(raw.body)["shoe_size"] == 43


@pytest.mark.parametrize("word", [b"NaN", b"Infinity", b"-Infinity"])
async def test_row_49_numbers_that_json_does_not_have(word: bytes) -> None:
    body = json.dumps(run()).encode().replace(b": 1,", b": " + word + b",")
    async with served(http(body)) as (_, client):
        with pytest.raises(APIResponseValidationError):
            await client.benchmark_runs.retrieve("bmr_1")
