"""Connections that go from one request to the next."""

import asyncio
import gc
import gzip
from collections.abc import AsyncIterator

import pytest

from runloop_async.errors import APIConnectionError
from runloop_async.sending.clock import SystemClock
from runloop_async.sending.network import Network
from runloop_async.sending.pool import Pool
from runloop_async.sending.transport.connector import Connector
from runloop_async.sending.transport.links import Link, Server
from tests.fakes import FakeClock
from tests.rawserver import (
    Connection,
    Incoming,
    RawServer,
    chunked,
    http,
    then_close,
    then_hang,
)
from tests.sends import attempt
from tests.served import certificate, trusting
from tests.turns import settle


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    made = Pool()
    yield made
    await made.close()


def links() -> list[Link]:
    """Return all that there are, those included that other tests have left."""
    return [each for each in gc.get_objects() if isinstance(each, Link)]


async def several(pool: Pool, server: RawServer, count: int) -> list[bytes]:
    return [(await pool.send(attempt(server.url))).body for _ in range(count)]


async def test_one_connection_serves_whatever_the_responses_are(pool: Pool) -> None:
    answers = [
        http(b"plain"),
        chunked(b"in ", b"chunks", b""),
        http(b"plain"),
        http(gzip.compress(b"small"), "Content-Encoding: gzip"),
        b"HTTP/1.1 100 Continue\r\n\r\n" + http(b"after another"),
        http(b"no", status=404),
        http(b"plain"),
    ]
    async with RawServer(*answers) as server:
        bodies = await several(pool, server, len(answers))

    assert bodies == [
        b"plain",
        b"in chunks",
        b"plain",
        b"small",
        b"after another",
        b"no",
        b"plain",
    ]
    assert server.connections == 1


async def test_a_response_may_come_byte_by_byte(pool: Pool) -> None:
    async def drip(_: Incoming, connection: Connection) -> None:
        for byte in http(b"slow", "X-Some: header"):
            await connection.send(bytes([byte]))
            await asyncio.sleep(0)

    async with RawServer(drip) as server:
        assert await several(pool, server, 3) == [b"slow"] * 3

    assert server.connections == 1


async def test_what_nobody_asked_for_is_nobodys_response(pool: Pool) -> None:
    async def talk(_: Incoming, connection: Connection) -> None:
        await connection.send(http(b"first"))
        await settle()
        await connection.send(http(b"unasked"))

    async with RawServer(talk, http(b"second")) as server:
        first = await pool.send(attempt(server.url))
        await settle()
        second = await pool.send(attempt(server.url))

    assert (first.body, second.body, server.connections) == (b"first", b"second", 2)


@pytest.mark.parametrize(
    "extra", [http(b"extra"), b"\r\n", b"H", b"HTTP/1.1 100 Con", b"garbage"]
)
async def test_a_connection_that_says_too_much_at_once_is_not_used_again(
    pool: Pool, path: str, extra: bytes
) -> None:
    if path == "session" and not extra.endswith(b"extra"):
        return  # aiohttp keeps the beginning of a response to itself
    async with RawServer(http(b"first") + extra, http(b"second")) as server:
        assert await several(pool, server, 2) == [b"first", b"second"]

    assert server.connections == 2


async def test_a_connection_that_the_peer_has_closed_is_not_used(pool: Pool) -> None:
    async with RawServer(then_close(http(b"first")), http(b"second")) as server:
        first = await pool.send(attempt(server.url))
        await server.is_left()
        await settle()
        second = await pool.send(attempt(server.url))

    assert (first.body, second.body) == (b"first", b"second")


async def test_idle_connections_go_back_into_the_pool(pool: Pool) -> None:
    before = links()
    async with RawServer(http()) as server:
        await asyncio.gather(*(pool.send(attempt(server.url)) for _ in range(5)))
        await settle()

        assert pool.connections == 5
        assert links() == before
        await asyncio.gather(*(pool.send(attempt(server.url)) for _ in range(5)))

    assert server.connections == 5


async def test_giving_a_response_up_twice_spares_the_next_ones_connection(
    pool: Pool,
) -> None:
    async with RawServer(http(b"one"), then_hang(), http(b"three")) as server:
        answer = await pool.stream(attempt(server.url))
        assert b"".join([piece async for piece in answer.chunks()]) == b"one"
        other = asyncio.create_task(pool.send(attempt(server.url)))
        await server.has_got(2)

        answer.close()

        await settle()
        assert not other.done()
        other.cancel()
        await asyncio.gather(other, return_exceptions=True)


async def test_a_connection_that_ends_without_a_word_is_told_as_such(
    pool: Pool,
) -> None:
    async with RawServer(then_close(b"")) as server:
        with pytest.raises(APIConnectionError) as caught:
            await pool.send(attempt(server.url))

    assert (caught.value.phase, caught.value.sent) == ("read", None)


async def test_a_connection_that_breaks_while_it_is_at_hand_is_not_taken() -> None:
    async with RawServer(http()) as server:
        connector = Connector(None, "here")
        home = Server(server.url, connector, asyncio.get_running_loop(), SystemClock())
        link = await home.connected(5)
        home.keep(link)

        link.data_received(b"unasked")

        assert home.take(0.0) is None
        link.close()  # a second time
        await connector.close()


async def test_a_server_that_is_forgotten_closes_its_connections() -> None:
    async with RawServer(http()) as server:
        connector = Connector(None, "here")
        home = Server(server.url, connector, asyncio.get_running_loop(), SystemClock())
        link = await home.connected(5)

        del home

        link.close()  # which does nothing by now
        await server.is_left()
        await connector.close()


async def test_a_connection_that_was_at_hand_for_too_long_is_not_taken(
    clock: FakeClock,
) -> None:
    """The event loop stood still: otherwise it would be in the pool by now."""
    async with RawServer(http()) as server:
        connector = Connector(None, "here")
        home = Server(server.url, connector, asyncio.get_running_loop(), clock)
        home.keep(await home.connected(5))

        clock.time_s += 16

        assert home.take(clock.now()) is None
        await server.is_left()
        await connector.close()


async def test_a_peer_that_ends_behind_chunks_over_tls_is_not_asked_again() -> None:
    url_of = "https://localhost:{}".format
    pool = Pool(Network(ssl=trusting("localhost")))
    answer = then_close(chunked(b"body", b""))
    async with RawServer(answer, tls=certificate("localhost")) as server:
        for _ in range(5):
            assert (await pool.send(attempt(url_of(server.port)))).body == b"body"
        await pool.close()

    assert server.connections == 5


async def test_a_large_request_that_may_be_half_sent_is_the_last_one_over_tls(
    path: str,
) -> None:
    if path == "session":  # which waits until all of it was read
        return
    pool = Pool(Network(ssl=trusting("localhost")))
    async with RawServer(http(b"yes"), tls=certificate("localhost")) as server:
        url = f"https://localhost:{server.port}"
        large = attempt(url)
        large.out.method, large.out.body = "POST", b"x" * 100_000
        for each in (large, attempt(url)):
            assert (await pool.send(each)).body == b"yes"
        await pool.close()

    assert server.connections == 2
