"""Answers that are left to the caller: attempts before, and the slot until the end."""

import asyncio

import pytest

from runloop_async.calls.call import Call
from runloop_async.calls.reading import reader
from runloop_async.errors import (
    APIError,
    APITimeoutError,
    InternalServerError,
    NotFoundError,
    TruncatedBodyError,
)
from runloop_async.pacing.limits import Limits
from runloop_async.sending.runner import HttpRunner
from runloop_async.wire.request import Request
from tests.fakes import FakeClock
from tests.rawserver import RawServer, http, http_json, then_close, then_hang
from tests.sends import sending

FILE = http(b"content")
DOWN = http_json({"message": "down"}, status=503)
REQUEST = Request(
    method="POST", route="/v1/logs/{id}", path="/v1/logs/1", accept="application/zip"
)


def file(runner: HttpRunner) -> Call[bytes]:
    return Call(runner, REQUEST, reader(bytes))


async def test_a_stream_asks_for_its_own_type_and_yields_the_body() -> None:
    async with (
        RawServer(FILE) as server,
        sending(server.url) as runner,
        runner.stream(file(runner)) as answer,
    ):
        body = b"".join([piece async for piece in answer.chunks()])

    assert (answer.status, body) == (200, b"content")
    assert server.requests[0].headers["accept"] == "application/zip"


async def test_a_stream_is_asked_for_again_until_there_is_an_answer(
    clock: FakeClock,
) -> None:
    async with (
        RawServer(DOWN, DOWN, FILE) as server,
        sending(server.url, clock=clock) as runner,
        runner.stream(file(runner)) as answer,
    ):
        assert answer.status == 200

    assert len(clock.sleeps) == 2


async def test_a_stream_that_is_refused_raises_what_the_server_said() -> None:
    answer = http_json({"message": "no such run"}, status=404)

    async with RawServer(answer) as server, sending(server.url) as runner:
        with pytest.raises(NotFoundError, match="no such run") as caught:
            async with runner.stream(file(runner)):
                pytest.fail("there is no such file")

    assert (caught.value.route, caught.value.attempts) == ("/v1/logs/{id}", 1)


async def test_a_refusal_that_breaks_off_is_asked_for_again() -> None:
    broken = then_close(http(b"{", status=500, length=9))

    async with (
        RawServer(broken, FILE) as server,
        sending(server.url) as runner,
        runner.stream(file(runner)) as answer,
    ):
        assert answer.status == 200


async def test_a_refusal_that_is_large_is_a_refusal() -> None:
    refusal = http(b"x" * 200_000, status=404)

    async with (
        RawServer(refusal) as server,
        sending(server.url, max_response_bytes=1000) as runner,
    ):
        with pytest.raises(NotFoundError):
            async with runner.stream(file(runner)):
                pytest.fail("there is no such file")


async def test_a_stream_is_not_bounded_in_size() -> None:
    async with (
        RawServer(http(b"x" * 2000)) as server,
        sending(server.url, max_response_bytes=1000) as runner,
        runner.stream(file(runner)) as answer,
    ):
        body = b"".join([piece async for piece in answer.chunks()])

    assert len(body) == 2000


async def test_a_stream_without_an_answer_ends_at_its_deadline() -> None:
    async with RawServer(then_hang()) as server, sending(server.url) as runner:
        with pytest.raises(APITimeoutError) as caught:
            async with runner.stream(file(runner).with_options(deadline=0.2)):
                pytest.fail("there is no answer")

        await server.is_left()

    assert caught.value.phase == "deadline"


async def test_a_stream_holds_its_slot_until_it_is_left() -> None:
    async with (
        RawServer(FILE) as server,
        sending(server.url, limits=Limits(api=1)) as runner,
    ):
        async with runner.stream(file(runner)):
            other = asyncio.create_task(file(runner))
            await asyncio.sleep(0)
            asked_meanwhile = len(server.requests)

        assert await other == b"content"
    assert (asked_meanwhile, len(server.requests)) == (1, 2)


@pytest.mark.parametrize(
    "failed", [http(status=404), DOWN], ids=["refused", "refused again and again"]
)
async def test_a_stream_that_fails_frees_its_slot(failed: bytes) -> None:
    async with (
        RawServer(*[failed] * 7, FILE) as server,
        sending(server.url, limits=Limits(api=1)) as runner,
    ):
        while len(server.requests) < 7:
            with pytest.raises((NotFoundError, InternalServerError)):
                async with runner.stream(file(runner)):
                    pytest.fail("there is no such file")

        assert await file(runner) == b"content"


async def test_a_stream_that_breaks_off_frees_its_slot_and_names_its_request() -> None:
    broken = then_close(http(b"one", length=6))

    async with (
        RawServer(broken, FILE) as server,
        sending(server.url, limits=Limits(api=1)) as runner,
    ):
        with pytest.raises(TruncatedBodyError) as caught:
            async with runner.stream(file(runner)) as answer:
                [piece async for piece in answer.chunks()]

        assert await file(runner) == b"content"
    assert (caught.value.method, caught.value.route) == ("POST", "/v1/logs/{id}")


async def test_a_stream_that_is_cancelled_frees_its_slot_and_its_connection() -> None:
    async def read() -> None:
        async with runner.stream(file(runner)) as answer:
            async for _ in answer.chunks():
                begun.set()

    begun = asyncio.Event()
    async with (
        RawServer(then_hang(http(b"one", length=6)), FILE) as server,
        sending(server.url, limits=Limits(api=1)) as runner,
    ):
        reading = asyncio.create_task(read())
        await begun.wait()

        reading.cancel()

        await server.is_left()
        assert await file(runner) == b"content"


async def test_what_the_reader_raises_passes_through() -> None:
    async with RawServer(FILE) as server, sending(server.url) as runner:
        with pytest.raises(KeyError):
            async with runner.stream(file(runner)):
                raise KeyError


async def test_an_error_of_the_reader_is_not_taken_for_a_failed_attempt() -> None:
    async with RawServer(FILE) as server, sending(server.url) as runner:
        with pytest.raises(APIError, match="of the reader"):
            async with runner.stream(file(runner)):
                raise APIError("of the reader")

    assert len(server.requests) == 1


async def test_an_error_of_another_call_keeps_the_name_of_that() -> None:
    other = NotFoundError("elsewhere", status_code=404)
    other.route = "/v1/elsewhere"
    async with RawServer(FILE) as server, sending(server.url) as runner:
        with pytest.raises(NotFoundError) as caught:
            async with runner.stream(file(runner)):
                raise other

    assert caught.value.route == "/v1/elsewhere"


async def test_a_stream_that_nobody_gets_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("of a handler")

    async with (
        RawServer(then_hang(http(b"a", length=9))) as server,
        sending(server.url) as runner,
    ):
        monkeypatch.setattr(runner.telemetry, "received", broken)
        with pytest.raises(KeyError):
            async with runner.stream(file(runner)):
                pytest.fail("it was not opened")
        await server.is_left()
