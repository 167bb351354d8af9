"""Streams of events: what ends them, what breaks them, and where they resume."""

import asyncio
import json
from typing import Any

import pytest

from runloop_async.calls.streaming import EventStream
from runloop_async.errors import (
    APIConnectionError,
    APIResponseValidationError,
    APITimeoutError,
    NotFoundError,
    ResponseTooLargeError,
    StreamError,
)
from runloop_async.models.axons import AxonEventView
from runloop_async.models.devboxes.executions import ExecutionUpdateChunk
from runloop_async.options import Timeouts
from runloop_async.resources.axons.axons import Axons
from runloop_async.resources.devboxes.devboxes import Devboxes
from runloop_async.wire.positions import AfterSequence, AtOffset
from tests.rawserver import Connection, Incoming, RawServer, http, then_hang
from tests.sends import sending
from tests.streams import LOST, Play, Streams, event

OPEN = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
RUNNING: dict[str, object] = {
    "devbox_id": "dbx_1",
    "execution_id": "exe_1",
    "status": "running",
}
AXON: dict[str, object] = {"id": "axn_1", "created_at_ms": 1, "metadata": {}}
COMPLETED = RUNNING | {"status": "completed"}


def numbered(number: int) -> bytes:
    """Return an event on an axon."""
    return event(
        {
            "axon_id": "axn_1",
            "event_type": "push",
            "origin": "EXTERNAL_EVENT",
            "payload": "{}",
            "sequence": number,
            "source": "github",
            "timestamp_ms": 1,
        }
    )


def output(text: str, offset: int | None = None) -> bytes:
    """Return a piece of what a command writes."""
    return event({"output": text} | ({} if offset is None else {"offset": offset}))


def axon(*plays: Play | Exception) -> tuple[Streams, EventStream[Any]]:
    streams = Streams(list(plays), [AXON])
    return streams, Axons(streams).subscribe_sse("axn_1")


def stdout(*plays: Play | Exception) -> tuple[Streams, EventStream[Any]]:
    streams = Streams(list(plays), [RUNNING])
    executions = Devboxes(streams).executions
    return streams, executions.stream_stdout_updates("exe_1", devbox_id="dbx_1")


async def text_of(stream: EventStream[Any]) -> str:
    return "".join([chunk.output async for chunk in stream])


async def test_events_come_as_models_and_the_connection_is_given_back() -> None:
    streams = Streams([[event({"line": 1}), event({"line": 2})]])

    async with Devboxes(streams).logs.tail("dbx_1") as log:
        assert streams.open == 1
        lines = [line async for line in log]

    assert lines == [{"line": 1}, {"line": 2}]
    assert streams.open == 0


async def test_a_stream_can_be_opened_by_await_and_closed_by_hand() -> None:
    streams, stream = axon([numbered(1), numbered(2)])

    opened = await (await stream)
    first = await anext(opened)
    await opened.aclose()

    assert first.sequence == 1
    assert streams.open == 0
    assert [item async for item in opened] == []


async def test_a_closed_stream_cannot_be_opened_again() -> None:
    _, stream = axon([numbered(1)])
    await stream.close()

    with pytest.raises(StreamError, match="closed"):
        _ = await stream


async def test_options_make_another_stream() -> None:
    _, stream = axon([numbered(1)])

    assert stream.with_options(timeout=3.0).options == {"timeout": 3.0}
    assert stream.options == {}


async def test_what_is_no_stream_of_events_is_refused() -> None:
    streams, stream = axon([b"<html>"])
    streams.kind = "text/html"

    with pytest.raises(APIResponseValidationError, match="text/html"):
        _ = await stream

    assert streams.open == 0


async def test_numbered_events_go_on_after_a_cut_and_none_comes_twice() -> None:
    streams, stream = axon([numbered(1), numbered(2), LOST], [numbered(2), numbered(3)])

    numbers = [(await anext(stream)).sequence for _ in range(3)]
    await stream.close()

    assert numbers == [1, 2, 3]
    assert streams.queries == [{}, {"after_sequence": "2"}]


async def test_a_stream_that_breaks_again_and_again_is_given_up() -> None:
    streams, stream = axon([numbered(1), LOST], [LOST])

    with pytest.raises(StreamError, match="'1' is where to resume it") as caught:
        [item async for item in stream]

    assert caught.value.offset == "1"
    assert caught.value.route == "/v1/axons/{id}/subscribe/sse"
    assert len(streams.queries) == 6
    assert streams.clock.sleeps == sorted(streams.clock.sleeps)


async def test_a_stream_that_cannot_be_opened_again_is_given_up() -> None:
    _, stream = axon([numbered(1), LOST], APIConnectionError("away", phase="connect"))

    with pytest.raises(StreamError, match="away"):
        [item async for item in stream]


async def test_a_stream_that_cannot_be_resumed_says_so() -> None:
    streams = Streams([[event({"line": 1}), LOST]])

    with pytest.raises(StreamError, match="no way to resume") as caught:
        [line async for line in Devboxes(streams).logs.tail("dbx_1")]

    assert caught.value.offset is None
    assert len(streams.queries) == 1


async def test_the_end_of_a_stream_without_a_position_is_its_end() -> None:
    streams = Streams([[event({"line": 1})]])

    assert [line async for line in Devboxes(streams).logs.tail("dbx_1")] == [
        {"line": 1}
    ]


async def test_output_resumes_at_its_last_piece_however_the_server_cuts_it() -> None:
    streams, stream = stdout(
        [output("one ", 0), output("two ", 4), LOST],
        [output("tw", 4), output("o three", 6)],
        [output("two three", 4)],
    )
    streams.statuses = [RUNNING, COMPLETED]

    assert await text_of(stream) == "one two three"
    assert streams.queries == [{}, {"offset": "4"}, {"offset": "4"}]


async def test_output_whose_place_is_not_known_stays_with_the_piece_before() -> None:
    streams, stream = stdout(
        [output("one ", 0), output("two "), LOST],
        [output("one two three")],
    )
    streams.statuses = [COMPLETED]

    assert await text_of(stream) == "one two three"
    assert streams.queries == [{}, {"offset": "0"}]


async def test_output_of_which_no_place_is_known_cannot_be_resumed() -> None:
    _, stream = stdout([output("one "), LOST])

    with pytest.raises(StreamError, match="no way to resume"):
        await text_of(stream)


def test_a_server_that_resumes_behind_the_last_piece_loses_nothing() -> None:
    position = AtOffset[ExecutionUpdateChunk]()
    position.new(ExecutionUpdateChunk(output="one ", offset=0))
    position.query()

    item = ExecutionUpdateChunk(output="two", offset=4)

    assert position.new(item) is item


async def test_the_end_of_output_is_believed_when_the_command_has_ended() -> None:
    streams, stream = stdout([output("a", 0)], [output("ab", 0)], [output("abc", 0)])
    streams.statuses = [RUNNING, COMPLETED]

    assert await text_of(stream) == "abc"
    assert len(streams.queries) == 3


async def test_a_stream_that_is_kept_open_ends_with_the_command() -> None:
    quiet = APITimeoutError("nothing came", phase="read", sent=True)
    streams, stream = stdout([output("a", 0), quiet], [output("a", 0), quiet])
    streams.statuses = [RUNNING, COMPLETED]

    async with asyncio.timeout(5):
        assert await text_of(stream) == "a"

    assert len(streams.queries) == 3


async def test_a_stream_that_cannot_be_opened_in_time_says_so() -> None:
    late = APITimeoutError("no response", phase="read", sent=True)
    _, stream = stdout(late)

    with pytest.raises(APITimeoutError, match="no response"):
        await text_of(stream)


async def test_a_status_that_cannot_be_had_breaks_the_stream() -> None:
    streams, stream = stdout([output("a", 0)])
    streams.statuses = [NotFoundError("gone", status_code=404)]

    with pytest.raises(StreamError, match="gone"):
        await text_of(stream)


async def test_an_event_of_a_wrong_shape_is_told_and_later_ones_follow() -> None:
    _, stream = axon([event({"sequence": "x"}), numbered(2)])

    with pytest.raises(APIResponseValidationError):
        await anext(stream)

    assert (await anext(stream)).sequence == 2
    await stream.close()


async def test_events_of_an_unknown_kind_are_passed_over() -> None:
    _, stream = axon([event({"a": 1}, "heartbeat"), numbered(2)])

    assert (await anext(stream)).sequence == 2
    await stream.close()


@pytest.mark.parametrize(
    ("sent", "status"), [({"code": 404}, 404), ({"code": 7}, 500), ("down", 500)]
)
async def test_an_error_that_the_server_sends_as_an_event(
    sent: object, status: int
) -> None:
    streams = Streams([[event(sent, "error")]])
    stream = Devboxes(streams).logs.tail("dbx_1")

    with pytest.raises((NotFoundError, StreamError)) as caught:
        await anext(stream)

    cause = caught.value if status == 404 else caught.value.__cause__
    assert getattr(cause, "status_code", None) == status
    assert streams.open == 0


async def test_an_error_that_may_pass_is_resumed_after() -> None:
    streams, stream = axon([numbered(1), event({"code": 503}, "error")], [numbered(2)])

    numbers = [(await anext(stream)).sequence for _ in range(2)]
    await stream.close()

    assert numbers == [1, 2]
    assert streams.queries[1] == {"after_sequence": "1"}


async def test_a_quiet_stream_is_opened_again_for_as_long_as_it_is_wanted() -> None:
    silence = [APITimeoutError("quiet", phase="read")]
    streams, stream = axon(*[silence] * 9, [numbered(1)])

    assert (await anext(stream)).sequence == 1
    assert len(streams.queries) == 10
    assert streams.clock.sleeps == []
    await stream.close()


async def test_an_event_that_is_too_large_ends_the_stream() -> None:
    streams = Streams([[numbered(1)]], [AXON], max_response_bytes=10)
    stream = Axons(streams).subscribe_sse("axn_1")

    with pytest.raises(ResponseTooLargeError):
        await anext(stream)

    assert streams.open == 0


async def test_a_deadline_bounds_the_whole_stream() -> None:
    head = http(b"", "Content-Type: text/event-stream", length=10_000)
    body = json.dumps({"line": 1}).encode()

    held = then_hang(head + b"data: " + body + b"\n\n")
    async with RawServer(held) as server, sending(server.url) as runner:
        stream = Devboxes(runner).logs.tail("dbx_1").with_options(deadline=2)
        assert await anext(stream) == {"line": 1}

        with pytest.raises(StreamError, match="deadline"):
            await anext(stream)


async def test_a_stream_without_a_status_goes_on_until_it_is_closed() -> None:
    streams, followed = axon([numbered(1)], [numbered(2)])
    stream = EventStream[Any](streams, followed.request, AxonEventView, AfterSequence)

    numbers = [(await anext(stream)).sequence for _ in range(2)]
    await stream.close()

    assert numbers == [1, 2]
    assert [call.request.route for call in streams.calls] == []


async def test_a_stream_that_was_not_opened_is_opened_at_once() -> None:
    streams, stream = axon([numbered(1)])

    assert (await anext(stream)).sequence == 1
    assert streams.clock.sleeps == []
    await stream.close()


async def test_a_refusal_to_open_it_comes_out_as_it_is() -> None:
    refusal = NotFoundError("gone", status_code=404, body=None)
    _, stream = axon(refusal)

    with pytest.raises(NotFoundError):
        await anext(stream)


async def test_a_stream_ends_when_its_axon_is_deleted() -> None:
    streams, stream = axon([numbered(1)])
    streams.statuses = [NotFoundError("gone", status_code=404, body=None)]

    assert [each.sequence async for each in stream] == [1]


async def test_output_without_places_that_ends_early_is_an_error() -> None:
    streams, stream = stdout([output("one "), output("two")])
    streams.statuses = [RUNNING]
    with pytest.raises(StreamError, match="ended before its end"):
        await text_of(stream)

    streams, stream = stdout([output("one "), output("two")])
    streams.statuses = [COMPLETED]
    assert await text_of(stream) == "one two"


def test_output_without_places_is_not_kept() -> None:
    position = AtOffset[ExecutionUpdateChunk]()
    for _ in range(10_000):
        position.new(ExecutionUpdateChunk(output="x"))

    assert position.query() is None
    assert len(vars(position)["_since"]) == 0


@pytest.mark.parametrize("back", [0, 1, 3, 4, 6, 8])
async def test_a_server_may_go_back_further_than_it_was_asked_to(back: int) -> None:
    text = "zero one two three "
    streams, stream = stdout(
        [output("zero ", 0), output("one ", 5), output("two ", 9), LOST],
        [output(text[9 - back : 15], 9 - back), output(text[15:], 15)],
    )
    streams.statuses = [COMPLETED]

    assert await text_of(stream) == text


async def test_a_server_may_begin_from_the_beginning() -> None:
    pieces = [output("zwölf ", 0), output("drei ", 7), output("vier", 12)]
    streams, stream = stdout([*pieces[:2], LOST], pieces)
    streams.statuses = [COMPLETED]

    assert await text_of(stream) == "zwölf drei vier"


@pytest.mark.parametrize("call", ["watch_evictions", "logs"])
async def test_nothing_may_happen_for_hours_where_nothing_can_be_resumed(
    call: str,
) -> None:
    async def quiet(_: Incoming, connection: Connection) -> None:
        await connection.send(OPEN)
        await asyncio.sleep(0.3)
        await connection.send(event({"devbox_id": "d", "eviction_deadline_ms": 1}))
        await connection.until_left()

    idle = Timeouts(total=0.2, idle=0.1)
    async with RawServer(quiet) as server, sending(server.url, timeout=idle) as runner:
        devboxes = Devboxes(runner)
        stream: EventStream[Any] = (
            devboxes.watch_evictions()
            if call == "watch_evictions"
            else devboxes.logs.tail("dbx_1")
        )
        async with stream as events:
            await anext(events)


async def test_reading_with_a_timeout_loses_nothing() -> None:
    async def slow(_: Incoming, connection: Connection) -> None:
        await asyncio.sleep(0.1)
        await connection.send(OPEN)
        for number in range(1, 21):
            data = numbered(number)
            await connection.send(data[:20])
            await asyncio.sleep(0.01)
            await connection.send(data[20:])
        await connection.until_left()

    got = list[int]()
    async with RawServer(slow) as server, sending(server.url) as runner:
        async with asyncio.timeout(20):
            stream = Axons(runner).subscribe_sse("axn_1")
            while len(got) < 20:
                try:
                    got.append((await asyncio.wait_for(anext(stream), 0.005)).sequence)
                except TimeoutError:
                    continue
        await stream.close()

    assert got == [*range(1, 21)]
    assert len(server.requests) == 1


async def test_closing_ends_an_opening_that_was_given_up() -> None:
    async with RawServer(then_hang()) as server, sending(server.url) as runner:
        stream = Axons(runner).subscribe_sse("axn_1")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(stream), 0.05)
        await stream.close()
        await server.is_left()

        with pytest.raises(StreamError, match="is closed"):
            _ = await stream


async def test_a_large_event_is_no_trouble() -> None:
    large = event({"line": "x" * 3_000_000})
    cuts = range(0, len(large), 70_000)
    streams = Streams([[large[cut : cut + 70_000] for cut in cuts]])

    lines = [line async for line in Devboxes(streams).logs.tail("dbx_1")]

    assert lines == [{"line": "x" * 3_000_000}]


async def test_an_axon_may_be_gone_when_its_last_events_are_looked_for() -> None:
    gone = NotFoundError("gone", status_code=404, body=None)
    streams, stream = axon([numbered(1)], gone)
    streams.statuses = [gone]

    assert [each.sequence async for each in stream] == [1]


def test_a_server_may_repeat_itself_without_a_cut() -> None:
    position = AtOffset[ExecutionUpdateChunk]()
    found = [
        position.new(ExecutionUpdateChunk(offset=offset, output=text))
        for offset, text in ((0, "a"), (1, "b"), (0, "ab"), (0, "abc"), (3, "d"))
    ]

    assert "".join([each.output for each in found if each]) == "abcd"


def test_half_a_surrogate_pair_does_not_end_a_stream() -> None:
    position = AtOffset[ExecutionUpdateChunk]()
    found = [
        position.new(ExecutionUpdateChunk(offset=offset, output=text))
        for offset, text in ((0, "\ud83d"), (3, "a"), (0, "\ud83dab"))
    ]

    assert [each.output for each in found if each] == ["\ud83d", "a", "b"]


async def test_who_reads_while_it_is_closed_is_told() -> None:
    async with RawServer(then_hang()) as server, sending(server.url) as runner:
        stream = Axons(runner).subscribe_sse("axn_1")
        reading = asyncio.ensure_future(anext(stream))
        await server.has_got(1)
        await stream.close()

        with pytest.raises(StreamError, match="is closed"):
            await reading
