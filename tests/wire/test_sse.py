"""The parser of server-sent events: any cut, any end of line, any field."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runloop_async.errors import ResponseTooLargeError
from runloop_async.wire.sse import EventParser, ServerEvent


def parsed(*chunks: bytes, most: int = 1000) -> list[ServerEvent]:
    parser = EventParser(most)
    return [event for chunk in chunks for event in parser.feed(chunk)]


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"], ids=["LF", "CR", "CRLF"])
def test_lines_end_in_any_of_three_ways(end: bytes) -> None:
    stream = end.join([b"event: a", b"data: 1", b"", b"data: 2", b"", b""])

    whole = parsed(stream)
    single = parsed(*(stream[i : i + 1] for i in range(len(stream))))

    assert whole == single == [ServerEvent("a", b"1"), ServerEvent("", b"2")]


def test_lines_of_data_are_joined() -> None:
    assert parsed(b"data: a\ndata:\ndata:  b\n\n") == [ServerEvent("", b"a\n\n b")]


def test_comments_and_other_fields_are_left_out() -> None:
    stream = b": ping\nid: 7\nretry: 5\nunknown\ndata: x\n\n: ping\n\n"

    assert parsed(stream) == [ServerEvent("", b"x")]


def test_an_event_without_data_is_none() -> None:
    assert parsed(b"event: a\n\ndata: x\n\n") == [ServerEvent("", b"x")]


def test_a_field_without_a_colon_has_no_value() -> None:
    assert parsed(b"data\n\n") == [ServerEvent("", b"")]


def test_the_last_name_of_an_event_counts() -> None:
    assert parsed(b"event: a\nevent: \xff\ndata: x\n\n") == [
        ServerEvent("\ufffd", b"x")
    ]


def test_a_mark_at_the_beginning_is_no_part_of_the_first_line() -> None:
    stream = b"\xef\xbb\xbfdata: x\n\n"

    assert parsed(stream) == parsed(*(stream[i : i + 1] for i in range(12)))
    assert parsed(stream) == [ServerEvent("", b"x")]


def test_an_event_that_has_not_ended_is_not_given() -> None:
    assert parsed(b"data: x\n") == []


def test_an_empty_piece_between_the_halves_of_an_end_changes_nothing() -> None:
    assert parsed(b"data: x\r", b"", b"\n", b"\n") == [ServerEvent("", b"x")]


def test_an_event_that_never_ends_is_refused() -> None:
    parser = EventParser(100)
    parser.feed(b"data: " + b"x" * 80)

    with pytest.raises(ResponseTooLargeError, match="an event of the stream is larger"):
        parser.feed(b"x" * 80)


def test_many_events_may_be_larger_than_one() -> None:
    events = [b"data: " + b"x" * 80 + b"\n\n"] * 9

    assert len(parsed(*events, most=100)) == 9


PIECES = st.sampled_from(
    [b"data: ", b"event: e", b"\r", b"\n", b"\r\n", b": c", "ä€😀".encode(), b"x", b""]
)


@given(st.lists(PIECES, max_size=40), st.data())
def test_no_cut_changes_what_is_read(pieces: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(pieces)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=9).map(sorted))
    bounds = [0, *cuts, len(stream)]

    chunks = [stream[a:b] for a, b in pairwise(bounds)]

    assert parsed(*chunks) == parsed(stream)
