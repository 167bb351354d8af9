from types import NoneType
from typing import Any

import pytest

from runloop_async.annotations import JsonObject
from runloop_async.calls.call import Call
from runloop_async.calls.reading import reader
from runloop_async.errors import APIResponseValidationError, ConfigurationError
from runloop_async.models.benchmark_runs import BenchmarkRunView
from runloop_async.wire.request import Request
from runloop_async.wire.response import Response
from tests.fakes import Recorder

REQUEST = Request(method="GET", route="/v1/runs/{id}", path="/v1/runs/bmr_1")
RUN: JsonObject = {
    "id": "bmr_1",
    "metadata": {},
    "start_time_ms": 1,
    "state": "running",
}


@pytest.fixture
def call(recorder: Recorder) -> Call[BenchmarkRunView]:
    recorder.answers = [(200, RUN)]
    return Call(recorder, REQUEST, reader(BenchmarkRunView))


def test_options_are_merged_the_last_first(call: Call[BenchmarkRunView]) -> None:
    changed = call.with_options(timeout=1.0, max_retries=1).with_options(timeout=2.0)

    assert changed.options == {"timeout": 2.0, "max_retries": 1}
    assert call.options == {}
    assert (changed.request, changed.read) == (call.request, call.read)


async def test_a_call_with_options_is_what_is_sent(
    call: Call[BenchmarkRunView], recorder: Recorder
) -> None:
    changed = call.with_options(headers={"X-Team": "evals"}, query={"a": 1, "b": None})

    await changed

    assert recorder.calls == [changed]


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"timeout": 0}, ConfigurationError, "timeout must be"),
        ({"retries": 1}, ConfigurationError, "there is no option 'retries'"),
        ({"headers": {"X Team": "a"}}, ValueError, "cannot be the name of a header"),
        ({"headers": {"X-Team": "a\r\nb: c"}}, ValueError, "has control characters"),
        ({"headers": {"X-Team": 7}}, TypeError, "must each be a str"),
        ({"query": {"a": b"b"}}, TypeError, "a must be a str, number, bool or list"),
        ({"query": {"a": float("nan")}}, ValueError, "a must be a finite number"),
    ],
)
def test_options_of_no_use_are_refused_before_anything_is_sent(
    call: Call[BenchmarkRunView],
    options: Any,
    kind: type[Exception],
    message: str,
) -> None:
    with pytest.raises(kind, match=message):
        _ = call.with_options(**options)


async def test_a_raw_call_gives_the_answer_as_it_came(
    call: Call[BenchmarkRunView], recorder: Recorder
) -> None:
    raw = await call.raw()

    assert raw.status == 200
    assert raw.body.startswith(b'{"id": "bmr_1"')
    assert raw.parse().id == "bmr_1"
    assert recorder.calls[0].request == call.request


async def test_a_raw_answer_is_decoded_only_when_asked(recorder: Recorder) -> None:
    recorder.answers = [(200, {"id": 7})]

    raw = await Call(recorder, REQUEST, reader(BenchmarkRunView)).raw()

    with pytest.raises(APIResponseValidationError, match="where a string is due"):
        raw.parse()


async def test_a_raw_call_keeps_the_options_and_takes_more(
    call: Call[BenchmarkRunView],
) -> None:
    raw = call.with_options(timeout=1.0).raw().with_options(max_retries=0)

    assert raw.options == {"timeout": 1.0, "max_retries": 0}
    assert (await raw).parse().id == "bmr_1"


def test_an_answer_has_its_headers_and_its_id(call: Call[BenchmarkRunView]) -> None:
    headers = {"x-request-id": "req_1"}

    raw = call.raw().read(Response(200, headers, b"canary"))

    assert (raw.headers, raw.request_id) == (headers, "req_1")
    assert "canary" not in repr(raw)


def test_an_answer_of_a_wrong_shape_is_told_with_its_id(
    call: Call[BenchmarkRunView],
) -> None:
    with pytest.raises(APIResponseValidationError) as caught:
        call.read(Response(200, {"x-request-id": "req_1"}, b"{}"))

    assert caught.value.request_id == "req_1"
    assert caught.value.path == "$.id"


@pytest.mark.parametrize("body", [b"", b'"text"', b"\xff\x00"])
def test_bytes_are_the_body_as_it_came(recorder: Recorder, body: bytes) -> None:
    call = Call(recorder, REQUEST, reader(bytes))

    assert call.read(Response(200, {}, body)) == body


@pytest.mark.parametrize("body", [b"", b"plain text", b'"in quotes"'])
def test_a_str_is_the_body_as_it_came(recorder: Recorder, body: bytes) -> None:
    call = Call(recorder, REQUEST, reader(str))

    assert call.read(Response(200, {}, body)) == body.decode()


def test_a_str_that_is_no_utf_8_is_refused_with_what_came(recorder: Recorder) -> None:
    call = Call(recorder, REQUEST, reader(str))

    with pytest.raises(APIResponseValidationError, match="is not UTF-8") as caught:
        call.read(Response(200, {"x-request-id": "req_1"}, b"\xff"))

    assert caught.value.body == b"\xff"
    assert caught.value.request_id == "req_1"


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"<html>"])
def test_where_nothing_is_promised_any_body_will_do(
    recorder: Recorder, body: bytes
) -> None:
    call = Call(recorder, REQUEST, reader(NoneType))

    call.read(Response(204, {}, body))


def test_an_empty_body_is_no_model(call: Call[BenchmarkRunView]) -> None:
    with pytest.raises(APIResponseValidationError, match="is not JSON"):
        call.read(Response(204, {}, b""))


def test_a_call_does_not_show_its_runner(call: Call[BenchmarkRunView]) -> None:
    assert "/v1/runs/bmr_1" in repr(call)
    assert "Recorder" not in repr(call)
