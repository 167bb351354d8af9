"""Bodies that do not come together with their head."""

import asyncio
import gzip
from collections.abc import AsyncIterator

import pytest

from runloop_async.errors import ResponseTooLargeError, TruncatedBodyError
from runloop_async.sending.attempt import Attempt
from runloop_async.sending.network import Network
from runloop_async.sending.pool import Pool
from tests.rawserver import Answer, Connection, Incoming, RawServer, http
from tests.sends import attempt, opened
from tests.served import certificate, trusting
from tests.turns import settle

BODY = bytes(range(256)) * 2000


def in_two(data: bytes, at: int, then: str = "") -> Answer:
    """Send some bytes, and the rest once the client has taken those in."""

    async def answer(_: Incoming, connection: Connection) -> None:
        await connection.send(data[:at])
        await settle()
        await connection.send(data[at:])
        if then == "close":
            connection.writer.close()
        elif then == "reset":
            await settle()
            connection.reset()

    return answer


def asking(url: str, most: int = 10_000_000) -> Attempt:
    return attempt(url, max_bytes=most)


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    made = Pool()
    yield made
    await made.close()


HEAD = len(http(BODY)) - len(BODY)


@pytest.mark.parametrize("at", [HEAD, HEAD + 1, HEAD + 300_000, HEAD + len(BODY) - 1])
async def test_a_body_comes_whole_wherever_it_is_cut(pool: Pool, at: int) -> None:
    async with RawServer(in_two(http(BODY), at)) as server:
        for _ in range(3):
            assert (await pool.send(asking(server.url))).body == BODY

    assert server.connections == 1


async def test_so_it_does_over_tls() -> None:
    pool = Pool(Network(ssl=trusting("localhost")))
    async with RawServer(
        in_two(http(BODY), 1000), tls=certificate("localhost")
    ) as server:
        url = f"https://localhost:{server.port}"
        for _ in range(3):
            assert (await pool.send(asking(url))).body == BODY
        await pool.close()

    assert server.connections == 1


@pytest.mark.parametrize("then", ["close", "reset"])
@pytest.mark.parametrize("at", [HEAD, HEAD + 5])
async def test_a_body_that_breaks_off_is_told_as_such(
    pool: Pool, at: int, then: str
) -> None:
    data = http(BODY)[:-1]
    async with RawServer(in_two(data, at, then)) as server:
        with pytest.raises(TruncatedBodyError) as caught:
            await pool.send(asking(server.url))

    assert (caught.value.phase, caught.value.sent) == ("total", True)


async def test_it_can_be_read_in_pieces(pool: Pool) -> None:
    async with RawServer(in_two(http(BODY), 1000)) as server:
        for wait in (False, True):
            async with opened(pool, asking(server.url)) as answer:
                if wait:  # until all of it is here
                    await asyncio.sleep(0.05)
                assert b"".join([each async for each in answer.chunks()]) == BODY

    assert server.connections == 1


async def test_it_may_be_compressed(pool: Pool) -> None:
    data = http(gzip.compress(BODY), "Content-Encoding: gzip")
    async with RawServer(in_two(data, len(data) - 9)) as server:
        for _ in range(2):
            assert (await pool.send(asking(server.url))).body == BODY

    assert server.connections == 1


async def test_what_is_larger_than_it_may_be_is_not_waited_for(pool: Pool) -> None:
    async with RawServer(in_two(http(BODY), 1000)) as server:
        with pytest.raises(ResponseTooLargeError):
            await pool.send(asking(server.url, most=1000))

        await server.is_left()


async def test_there_is_no_memory_beforehand_for_what_is_very_large(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = "runloop_async.sending.transport.links"
    monkeypatch.setattr(f"{module}.MOST_BYTES", 1000)
    monkeypatch.delattr(f"{module}.Rest")

    async with RawServer(in_two(http(BODY), 1000)) as server:
        assert (await pool.send(asking(server.url))).body == BODY


async def test_what_comes_behind_it_is_nobodys(pool: Pool) -> None:
    answer = in_two(http(BODY) + http(b"unasked"), 1000)
    async with RawServer(answer, http(b"second")) as server:
        assert (await pool.send(asking(server.url))).body == BODY
        await settle()
        assert (await pool.send(asking(server.url))).body == b"second"

    assert server.connections == 2


async def test_a_call_that_is_cancelled_meanwhile_closes_its_connection(
    pool: Pool,
) -> None:
    async def hang(_: Incoming, connection: Connection) -> None:
        await connection.send(http(BODY)[:1000])
        await connection.until_left()

    async with RawServer(hang) as server:
        call = asyncio.create_task(pool.send(asking(server.url)))
        await server.has_got(1)
        await settle()
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)

        await server.is_left()


async def test_it_may_begin_before_all_of_the_request_was_read(pool: Pool) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(http(BODY)[:1000])
        await writer.drain()
        await asyncio.sleep(0.05)
        await reader.readexactly(20_000_000)
        writer.write(http(BODY)[1000:])
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        asked = asking(f"http://127.0.0.1:{port}")
        asked.out.method, asked.out.body = "POST", b"x" * 20_000_000
        assert (await pool.send(asked)).body == BODY


async def test_it_can_be_asked_for_its_end_again(pool: Pool, path: str) -> None:
    if path == "session":  # which has let go of the connection, and says so
        return
    async with (
        RawServer(in_two(http(BODY), 1000)) as server,
        opened(pool, asking(server.url)) as answer,
    ):
        assert b"".join([each async for each in answer.chunks()]) == BODY
        assert [each async for each in answer.chunks()] == []


async def test_a_large_request_is_sent_as_the_peer_reads_it(pool: Pool) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.05)
        await reader.readexactly(20_000_000)
        writer.write(http(b"yes"))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        asked = asking(f"http://127.0.0.1:{port}")
        asked.out.method, asked.out.body = "POST", b"x" * 20_000_000
        assert (await pool.send(asked)).body == b"yes"
