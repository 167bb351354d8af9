import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runloop_async.errors import (
    APIConnectionError,
    APIStatusError,
    BadRequestError,
    InternalServerError,
    NotFoundError,
    RateLimitError,
    RedirectError,
)
from runloop_async.sending.hiding import mask
from runloop_async.values import excerpt
from runloop_async.wire.response import Response, error_for, is_success


def answer(status: int, body: object = b"", **headers: str) -> Response:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, named, raw)


def status_error(response: Response) -> APIStatusError:
    error = error_for(response, now=0.0)
    assert isinstance(error, APIStatusError)
    return error


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_success_is_any_2xx(status: int) -> None:
    assert is_success(status)


@pytest.mark.parametrize("status", [100, 199, 300, 304, 400, 500])
def test_all_else_is_no_success(status: int) -> None:
    assert not is_success(status)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequestError),
        (404, NotFoundError),
        (418, APIStatusError),
        (429, RateLimitError),
        (500, InternalServerError),
        (599, InternalServerError),
    ],
)
def test_an_error_status_becomes_its_error(
    status: int, kind: type[APIStatusError]
) -> None:
    error = status_error(answer(status))

    assert type(error) is kind
    assert error.status_code == status


@pytest.mark.parametrize("status", [300, 301, 302, 307, 308, 399])
def test_a_redirect_is_an_error_that_was_sent(status: int) -> None:
    error = error_for(answer(status, location="https://evil.example"), now=0.0)

    assert isinstance(error, RedirectError)
    assert error.sent is True
    assert str(status) in str(error)
    assert "evil" not in str(error)


@pytest.mark.parametrize("status", [0, 101, 199, 600, 999])
def test_a_status_outside_of_the_protocol_is_a_broken_connection(status: int) -> None:
    error = error_for(answer(status), now=0.0)

    assert type(error) is APIConnectionError
    assert error.sent is True
    assert str(status) in str(error)


@pytest.mark.parametrize(
    "body",
    [
        {"message": "no such run", "code": "run_not_found"},
        {"error": {"message": "no such run", "code": "run_not_found"}},
        {"error": "no such run", "code": "run_not_found"},
        {"message": "", "error": "no such run", "code": "run_not_found"},
    ],
)
def test_sentence_and_code_are_found_wherever_the_service_puts_them(
    body: object,
) -> None:
    error = status_error(answer(404, body))

    assert error.message == "HTTP 404: no such run"
    assert error.code == "run_not_found"
    assert error.body == body


@pytest.mark.parametrize(
    "body",
    [{}, {"message": 7}, {"message": None}, {"error": ["a"]}, [1], 7, None, {"a": 1}],
)
def test_a_body_without_a_sentence_leaves_the_status_alone(body: object) -> None:
    error = status_error(answer(500, body))

    assert error.message == "HTTP 500"
    assert error.code is None
    assert error.body == body


def test_a_code_that_is_a_number_is_given_as_text() -> None:
    error = status_error(answer(400, {"message": "bad", "code": 17}))

    assert error.code == "17"


def test_a_body_that_is_no_json_is_kept_as_text() -> None:
    error = status_error(answer(502, b"\n<h1>Bad Gateway</h1>\n"))

    assert error.message == "HTTP 502: <h1>Bad Gateway</h1>"
    assert error.body == "<h1>Bad Gateway</h1>"


def test_a_body_that_is_a_json_string_is_its_sentence() -> None:
    error = status_error(answer(400, "bad state"))

    assert error.message == "HTTP 400: bad state"


@pytest.mark.parametrize(
    "body", [b"", b" \r\n", b'{"message": "cut o', b"\xff\xfe", b'"\xff"']
)
def test_an_empty_or_broken_body_still_gives_the_error(body: bytes) -> None:
    error = status_error(answer(503, body))

    assert error.message.startswith("HTTP 503")
    assert isinstance(error.body, str)


@pytest.mark.parametrize("levels", [500, 990, 1_000, 5_000, 100_000])
@pytest.mark.parametrize("opening", [b"[", b'{"error":'])
def test_a_body_nested_without_end_still_gives_the_error(
    opening: bytes, levels: int
) -> None:
    closing = b"]" if opening == b"[" else b"}"

    error = status_error(answer(500, opening * levels + b"1" + closing * levels))

    assert error.message.startswith("HTTP 500")


def test_a_long_sentence_is_cut_in_the_message_and_whole_in_the_body() -> None:
    error = status_error(answer(400, {"message": "x" * 10_000}))

    assert error.message == "HTTP 400: " + "x" * 300 + "..."
    assert error.body == {"message": "x" * 10_000}


def test_a_sentence_cannot_break_a_log_line() -> None:
    error = status_error(
        answer(400, {"message": "no\r\nERROR all is lost\x1b[2J\x85", "code": "a\nb"})
    )

    assert error.message == "HTTP 400: no ERROR all is lost [2J"
    assert error.code == "a b"


def test_an_error_has_the_id_of_its_request() -> None:
    error = status_error(answer(500, x_request_id="req_7"))

    assert error.request_id == "req_7"
    assert "request req_7" in str(error)


def test_an_answer_without_an_id_has_none() -> None:
    assert answer(500).request_id is None


@pytest.mark.parametrize(
    ("word", "meaning"), [("true", True), ("false", False), ("", None), ("maybe", None)]
)
def test_what_the_server_says_of_trying_again_is_kept(
    word: str, meaning: bool | None
) -> None:
    error = status_error(answer(409, x_should_retry=word))

    assert error.should_retry is meaning


def test_a_time_to_wait_is_kept() -> None:
    assert status_error(answer(429, retry_after="1.5")).retry_after == 1.5
    assert status_error(answer(429)).retry_after is None


def test_a_date_to_wait_for_is_counted_from_now() -> None:
    response = answer(503, retry_after="Thu, 01 Jan 1970 00:01:40 GMT")

    error = error_for(response, now=40.0)

    assert isinstance(error, APIStatusError)
    assert error.retry_after == 60.0


def test_an_answer_does_not_show_its_body() -> None:
    assert "canary" not in repr(answer(200, b"canary"))


@given(st.text(), st.integers(min_value=1, max_value=40))
def test_an_excerpt_is_one_line_of_a_bounded_length(text: str, length: int) -> None:
    line = excerpt(text, length)

    assert len(line) <= length + len("...")
    assert not any(ord(letter) < 0x20 or 0x7F <= ord(letter) < 0xA0 for letter in line)


@given(st.integers(0, 999).filter(lambda status: not is_success(status)), st.binary())
def test_every_unsuccessful_answer_becomes_an_error(status: int, body: bytes) -> None:
    error = error_for(Response(status, {}, body), now=0.0)

    assert isinstance(error, APIStatusError | APIConnectionError)
    assert str(status) in str(error)


@pytest.mark.parametrize("text", ["req_\udcff", "req_\x1b[31m"])
def test_a_request_id_can_be_printed(text: str) -> None:
    response = Response(404, {"x-request-id": text}, b"{}")

    error = error_for(response, now=0.0)

    assert response.request_id is not None
    assert str(error).isprintable()


@pytest.mark.parametrize("depth", [100, 600, 990, 5000])
@pytest.mark.parametrize("field", ["code", "message", "error"])
def test_no_depth_of_a_body_hides_the_status(field: str, depth: int) -> None:
    body = b'{"%s": %s}' % (field.encode(), b"[" * depth + b"]" * depth)

    error = error_for(Response(503, {}, body), now=0.0)
    mask(error, ["secret"])

    assert isinstance(error, InternalServerError)
