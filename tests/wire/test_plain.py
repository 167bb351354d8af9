"""The reader of plain responses agrees with aiohttp's, or leaves the response to it."""

import asyncio
from typing import Any

import pytest
from aiohttp.client_proto import ResponseHandler
from hypothesis import given, settings
from hypothesis import strategies as st

from runloop_async.annotations import override
from runloop_async.wire.plain import plain
from tests.rawserver import http

_LINES = st.sampled_from(
    [
        *[b"HTTP/1.1 200 OK"] * 8,
        b"HTTP/1.1 201 ",
        b"HTTP/1.1 200",
        b"HTTP/1.0 200 OK",
        b"HTTP/1.1 204 No",
        b"HTTP/1.1 205 R",
        b"HTTP/1.1 206 Partial",
        b"HTTP/1.1 404 X",
        b"HTTP/1.1 100 C",
        b"HTTP/1.1 200  OK",
        b"HTTP/1.1  200 OK",
        b"HTTP/1.1 2000 OK",
        b"HTTP/1.1 20 OK",
        b"http/1.1 200 OK",
        b"HTTP/1.1 200\tOK",
        b"HTTP/1.1 299 \xff",
        b"",
    ]
)
_NAMES = st.sampled_from(
    [
        *[b"Content-Type", b"Date", b"x-request-id", b"Set-Cookie", b"Vary"] * 3,
        b"Content-Length",
        b"content-length",
        b"CONTENT-LENGTH ",
        b"Transfer-Encoding",
        b"Content-Encoding",
        b"Connection",
        b"Upgrade",
        "Ж".encode(),
        b"",
        b"A b",
        b" Folded",
        b"\tFolded",
    ]
)
_VALUES = st.sampled_from(
    [
        *[b" application/json", b" a:b", b"", b" \xc3\xa4", b"\tx "] * 2,
        b" 5",
        b"5",
        b" 5 ",
        b" 05",
        b" +5",
        b" 5, 5",
        b" -5",
        b" \xb2",
        b" chunked",
        b" gzip",
        b" close",
        b" keep-alive",
        b" \xff\xc3",
        b" a\x00b",
        b" a\rb",
        b" a\nb",
        b" \x7f",
    ]
)
_ENDS = st.sampled_from([*[b"\r\n"] * 30, b"\n", b"\r", b"\r\n ", b"\r\n\r\n"])
_FIELDS = st.lists(
    st.tuples(_NAMES, st.sampled_from([*[b":"] * 20, b"", b" :"]), _VALUES, _ENDS),
    max_size=4,
)
_BODIES = st.sampled_from([*[b"hello"] * 6, b"hell", b"hello!", b"", b"a\r\n\r\nb"])


@st.composite
def responses(draw: st.DrawFn) -> bytes:
    """Bytes that are nearly a response, and often one."""
    fields = draw(_FIELDS)
    if draw(st.integers(0, 9)):
        length = (b"Content-Length", b":", b" 5", b"\r\n")
        fields.insert(draw(st.integers(0, len(fields))), length)
    lines = b"".join(b"".join(field) for field in fields)
    data = draw(_LINES) + draw(_ENDS) + lines + b"\r\n" + draw(_BODIES)
    if draw(st.integers(0, 5)) == 0:
        at = draw(st.integers(0, len(data) - 1))
        data = data[:at] + bytes([draw(st.integers(0, 255))]) + data[at + 1 :]
    return data


@given(responses())
@settings(max_examples=600)
def test_what_is_read_is_what_aiohttp_reads(data: bytes) -> None:
    ours = plain(data)

    if ours is not None:
        status, headers, body, is_encoded, missing = ours
        fields = sorted(
            (name.lower(), value) for name, value in headers.parsed().items()
        )
        # aiohttp is given what is missing, and spared what is too much
        data = data[:missing] if missing < 0 else data + b"x" * missing
        assert (status, fields, body + b"x" * missing) == asyncio.run(_by_aiohttp(data))
        assert is_encoded == ("Content-Encoding" in headers)


async def _by_aiohttp(data: bytes) -> Any:
    """Return what aiohttp makes of the bytes: nothing may be left over."""
    handler = ResponseHandler(asyncio.get_running_loop())
    handler.connection_made(_Deaf())
    handler.set_response_params(read_until_eof=True, auto_decompress=False)
    handler.data_received(data)
    message, content = await asyncio.wait_for(handler.read(), 5)
    if not content.is_eof() or handler.should_close:
        return "not a whole response, or more than one"
    # Some versions leave spaces behind a value, which are no part of it.
    fields = sorted(
        (name.lower(), value.strip(" \t")) for name, value in message.headers.items()
    )
    return message.code, fields, content.read_nowait()


class _Deaf(asyncio.Transport):
    """A transport of which nothing is asked."""

    @override
    def is_closing(self) -> bool:
        return False

    @override
    def close(self) -> None:
        pass


def test_a_plain_response_is_read() -> None:
    read = plain(http(b"hello", "X-Request-Id:  r1 ", "Vary: a", "vary: b"))

    assert read is not None
    status, headers, body, is_encoded, missing = read
    assert (status, body, is_encoded, missing) == (200, b"hello", False, 0)
    assert (headers["x-request-id"], headers["VARY"], len(headers)) == ("r1", "a", 4)
    # Some versions of multidict name a header twice that came twice.
    assert {*map(str.lower, headers)} == {"content-length", "x-request-id", "vary"}
    assert headers.parsed().getall("vary") == ["a", "b"]
    assert "absent" not in headers


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(http(b"hello", status=404), id="an error"),
        pytest.param(http(status=204), id="without a body"),
        pytest.param(http(b"hello", "Content-Length: 5"), id="two lengths"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length:\r\nContent-Length: 5\r\n\r\nhello",
            id="two lengths, one empty",
        ),
        pytest.param(http(b"hello", "Transfer-Encoding: chunked"), id="in chunks"),
        pytest.param(http(b"hello", "Connection: close"), id="the last one"),
        pytest.param(http(b"hello", "X: a\0b"), id="with a control character"),
        pytest.param(http(b"hello", "no colon"), id="with a line that is no header"),
        pytest.param(http(b"hello", "Content-Encoding"), id="with half a header"),
        pytest.param(http(b"hello", "Content Type: a"), id="with a name of two words"),
        pytest.param(http(b"hello", f"X: {'x' * 8200}"), id="with a very long head"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n", id="without a length"),
        pytest.param(b"\r\n\r\n", id="nothing"),
    ],
)
def test_all_else_is_left_to_aiohttp(data: bytes) -> None:
    assert plain(data) is None


@pytest.mark.parametrize("length", [5, 12, 999_999_999])
def test_of_a_response_that_is_not_all_here_it_tells_what_is_missing(
    length: int,
) -> None:
    read = plain(http(b"hell", length=length))

    assert read is not None
    assert (read[2], read[4]) == (b"hell", length - 4)


def test_what_follows_a_response_is_no_part_of_it() -> None:
    read = plain(http(b"hello!?", length=5))

    assert read is not None
    assert (read[2], read[4]) == (b"hello", -2)


@pytest.mark.parametrize("length", ["05", "1000000000", "+5", "5 5", "5x", "", "-5"])
def test_lengths_that_are_not_plain_are_left_to_aiohttp(length: str) -> None:
    data = f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\nhell".encode()

    assert plain(data) is None


def test_what_is_remembered_of_heads_has_bounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    statuses, kinds = dict[bytes, int](), dict[bytes, int]()
    monkeypatch.setattr("runloop_async.wire.plain._statuses", statuses)
    monkeypatch.setattr("runloop_async.wire.plain._kinds", kinds)

    for number in range(1100):
        assert plain(
            b"HTTP/1.1 200 %d\r\nContent-Length: 0\r\nX-%d: 1\r\n\r\n"
            % (number, number)
        )

    assert (len(statuses), len(kinds)) == (1000, 1000)
