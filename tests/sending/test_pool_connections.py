"""The pool of connections: who opens, holds and closes it, and answers in pieces."""

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest

from runloop_async import AsyncRunloop, Limits
from runloop_async.errors import (
    APIConnectionError,
    APITimeoutError,
    ClientClosedError,
    EventLoopError,
    TruncatedBodyError,
)
from runloop_async.sending.network import Network
from runloop_async.sending.pool import Pool
from runloop_async.testing import Emulator
from tests.rawserver import (
    Answer,
    Connection,
    Incoming,
    RawServer,
    free_port,
    http,
    then_close,
    then_hang,
    then_reset,
)
from tests.sends import KEY, attempt, opened
from tests.turns import settle


@pytest.fixture
async def transport() -> AsyncIterator[Pool]:
    made = Pool()
    yield made
    await made.close()


async def test_a_closed_pool_sends_nothing(transport: Pool) -> None:
    await transport.close()

    async with RawServer(http()) as server:
        with pytest.raises(ClientClosedError):
            await transport.send(attempt(server.url))

    assert not server.connections


async def test_closing_twice_at_once_is_closing_once(transport: Pool) -> None:
    transport.open()

    await asyncio.gather(transport.close(), transport.close())

    assert transport.is_closed


async def test_the_last_to_let_go_closes_the_pool(transport: Pool) -> None:
    transport.hold()
    transport.hold()

    await transport.let_go()
    after_one = transport.is_closed
    await transport.let_go()

    assert (after_one, transport.is_closed) == (False, True)


async def test_closing_leaves_no_connection_open(transport: Pool) -> None:
    async with RawServer(http()) as server:
        await transport.send(attempt(server.url))

        await transport.close()

        await server.is_left()


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(then_hang(), id="before the answer"),
        pytest.param(then_hang(http(b"ab", length=3)), id="within the answer"),
    ],
)
async def test_calls_under_way_are_told_at_once_that_the_pool_was_closed(
    transport: Pool, answer: Answer
) -> None:
    async with RawServer(answer) as server:
        calls = [asyncio.create_task(transport.send(attempt(server.url))) for _ in "ab"]
        await server.has_got(2)
        await settle()

        await transport.close()

        async with asyncio.timeout(1):
            ends = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(end) for end in ends] == [ClientClosedError, ClientClosedError]


async def test_a_call_that_is_cancelled_closes_its_connection(
    transport: Pool,
) -> None:
    async with RawServer(then_hang(http(b"ab", length=3)), http(b"two")) as server:
        call = asyncio.create_task(transport.send(attempt(server.url)))
        await server.has_got(1)

        call.cancel()

        await server.is_left()
        assert (await transport.send(attempt(server.url))).body == b"two"


async def test_a_session_that_was_given_is_used_and_left_open() -> None:
    async with (
        RawServer(http()) as server,
        aiohttp.ClientSession(headers={"X-Theirs": "1"}) as session,
    ):
        transport = Pool(Network(session=session))
        await transport.send(attempt(server.url))

        await transport.close()

        assert server.requests[0].headers["x-theirs"] == "1"
        assert not session.closed


async def test_an_answer_on_a_given_session_is_refused_once_the_pool_is_closed() -> (
    None
):
    closed = asyncio.Event()

    async def answer(_: Incoming, connection: Connection) -> None:
        await closed.wait()
        await connection.send(http())

    async with RawServer(answer) as server, aiohttp.ClientSession() as session:
        transport = Pool(Network(session=session))
        call = asyncio.create_task(transport.send(attempt(server.url)))
        await server.has_got(1)
        await transport.close()
        closed.set()

        with pytest.raises(ClientClosedError, match="in progress"):
            await call


async def test_a_session_that_its_owner_has_closed_cannot_be_used() -> None:
    async with aiohttp.ClientSession() as session:
        transport = Pool(Network(session=session))

    with pytest.raises(ClientClosedError, match="session given"):
        transport.open()


def test_a_pool_belongs_to_the_loop_that_it_was_opened_in() -> None:
    async def use() -> None:
        pool.open()

    pool = Pool()
    with asyncio.Runner() as first, asyncio.Runner() as second:
        first.run(use())

        with pytest.raises(EventLoopError):
            second.run(use())

        first.run(pool.close())


def test_a_pool_can_be_closed_after_its_loop_has_ended() -> None:
    async def use() -> None:
        async with RawServer(http()) as server:
            await pool.send(attempt(server.url))

    pool = Pool()
    asyncio.run(use())

    asyncio.run(pool.close())

    assert pool.is_closed


@pytest.mark.parametrize("is_closed", [False, True])
def test_a_connection_at_hand_when_its_loop_ends_is_not_warned_of(
    recwarn: pytest.WarningsRecorder, *, is_closed: bool
) -> None:
    loop = asyncio.new_event_loop()
    pool = Pool()
    with Emulator() as api:
        loop.run_until_complete(pool.send(attempt(f"{api.url}/v1/benchmarks")))
        loop.close()
        if is_closed:
            asyncio.run(pool.close())
        del pool
        gc.collect()

    messages = [str(each.message) for each in recwarn]
    assert [text for text in messages if "nclosed" in text] == []
    assert len(messages) == (not is_closed)  # the client's own


@pytest.mark.parametrize("goes_on", [False, True])
def test_a_pool_of_a_loop_that_does_not_run_leaves_no_socket(
    recwarn: pytest.WarningsRecorder, *, goes_on: bool
) -> None:
    first = asyncio.new_event_loop()
    pool = Pool()
    with Emulator() as api:
        first.run_until_complete(pool.send(attempt(f"{api.url}/v1/benchmarks")))
        asyncio.run(pool.close())
        if goes_on:
            first.run_until_complete(asyncio.sleep(0))
        first.close()
        del pool
        gc.collect()

    assert [str(each.message) for each in recwarn] == []


async def test_stream_yields_the_body_as_it_comes(transport: Pool) -> None:
    async def answer(_: Incoming, connection: Connection) -> None:
        await connection.send(http(b"one", "X-Word: yes", length=6))
        await got_one.wait()
        await connection.send(b"two")

    got_one = asyncio.Event()
    pieces: list[bytes] = []

    async with (
        RawServer(answer) as server,
        opened(transport, attempt(server.url)) as taken,
    ):
        async for piece in taken.chunks():
            pieces.append(piece)
            got_one.set()

    assert (taken.status, taken.headers["x-word"]) == (200, "yes")
    assert pieces == [b"one", b"two"]


async def test_stream_can_read_the_body_of_a_refusal(transport: Pool) -> None:
    async with (
        RawServer(http(b"no", status=404)) as server,
        opened(transport, attempt(server.url)) as answer,
    ):
        response = await answer.refusal()

    assert (response.status, response.body) == (404, b"no")


async def test_stream_that_is_left_early_closes_its_connection(
    transport: Pool,
) -> None:
    async with RawServer(then_hang(http(b"one", length=6))) as server:
        async with opened(transport, attempt(server.url)) as answer:
            async for _ in answer.chunks():
                break

        await server.is_left()


async def test_stream_that_cannot_connect_is_unsent(transport: Pool) -> None:
    with pytest.raises(APIConnectionError) as caught:
        async with opened(transport, attempt(f"http://127.0.0.1:{free_port()}")):
            pytest.fail("there is nobody to answer")

    assert caught.value.sent is False


@pytest.mark.parametrize("breaks", [then_close, then_reset])
async def test_stream_that_breaks_off_is_truncated(
    transport: Pool, breaks: Callable[[bytes], Answer]
) -> None:
    async with (
        RawServer(breaks(http(b"one", length=6))) as server,
        opened(transport, attempt(server.url)) as answer,
    ):
        with pytest.raises(TruncatedBodyError):
            [piece async for piece in answer.chunks()]


async def test_stream_times_out_when_nothing_comes_for_too_long(
    transport: Pool,
) -> None:
    async with (
        RawServer(then_hang(http(b"one", length=6))) as server,
        opened(transport, attempt(server.url, total_s=0.5)) as answer,
    ):
        with pytest.raises(APITimeoutError) as caught:
            [piece async for piece in answer.chunks()]

    assert (caught.value.phase, caught.value.sent) == ("total", True)


async def test_stream_passes_on_what_the_reader_raises(transport: Pool) -> None:
    async with RawServer(http()) as server:
        with pytest.raises(KeyError):
            async with opened(transport, attempt(server.url)):
                raise KeyError


async def test_what_came_of_a_refusal_that_breaks_off_is_kept(
    transport: Pool,
) -> None:
    async with (
        RawServer(then_close(http(b"o", status=500, length=6))) as server,
        opened(transport, attempt(server.url)) as answer,
    ):
        response = await answer.refusal()

    assert (response.status, response.body) == (500, b"o")


async def test_stream_is_told_at_once_that_the_pool_was_closed(
    transport: Pool,
) -> None:
    async def read() -> None:
        async with opened(transport, attempt(server.url)) as answer:
            async for _ in answer.chunks():
                begun.set()

    begun = asyncio.Event()
    async with RawServer(then_hang(http(b"one", length=6))) as server:
        reading = asyncio.create_task(read())
        await begun.wait()

        await transport.close()

        with pytest.raises(ClientClosedError):
            await asyncio.wait_for(reading, 1)


async def test_stream_that_is_read_after_the_pool_was_closed_is_told_so(
    transport: Pool,
) -> None:
    async with (
        RawServer(then_hang(http(b"one", length=6))) as server,
        opened(transport, attempt(server.url)) as answer,
    ):
        pieces = answer.chunks()
        await anext(pieces)

        await transport.close()

        with pytest.raises(ClientClosedError):
            await anext(pieces)


async def test_stream_without_an_answer_leaves_it_open_whether_it_was_done(
    transport: Pool,
) -> None:
    async with RawServer(then_close(b"")) as server:
        with pytest.raises(APIConnectionError) as caught:
            async with opened(transport, attempt(server.url)):
                pytest.fail("there is no answer")

    assert (caught.value.phase, caught.value.sent) == ("read", None)


def test_closing_ends_the_calls_of_a_loop_that_stands_still() -> None:
    home = asyncio.new_event_loop()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        client = AsyncRunloop(
            bearer_token=KEY, base_url=url, timeout=None, limits=Limits(api=1)
        )
        calls = [
            home.create_task(client.benchmark_runs.retrieve("bmr_1").start())
            for _ in range(2)  # one waits for a response, and one in the queue
        ]
        home.run_until_complete(asyncio.sleep(0.05))

        asyncio.run(client.aclose())

        ends = asyncio.gather(*calls, return_exceptions=True)
        found = home.run_until_complete(asyncio.wait_for(ends, 5))
    home.close()
    assert [type(each) for each in found] == [ClientClosedError] * 2
