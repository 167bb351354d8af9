"""One attempt over a real socket: what comes back, and what every fault becomes."""

import asyncio
import gzip
import tracemalloc
from collections.abc import AsyncIterator
from concurrent.futures import Future

import aiohttp
import pytest
from msgspec.structs import replace
from multidict import CIMultiDict

from runloop_async.errors import (
    APIConnectionError,
    APITimeoutError,
    APITLSError,
    ProtocolError,
    ResponseTooLargeError,
    TruncatedBodyError,
)
from runloop_async.options import Timeouts
from runloop_async.sending.network import Network
from runloop_async.sending.outgoing import Headers
from runloop_async.sending.pool import Pool, _ended_in  # pyright: ignore[reportPrivateUsage]
from tests.rawserver import (
    Answer,
    Connection,
    Incoming,
    RawServer,
    chunked,
    free_port,
    http,
    then_close,
    then_hang,
    then_reset,
)
from tests.sends import attempt
from tests.served import certificate, trusting


@pytest.fixture
async def transport() -> AsyncIterator[Pool]:
    made = Pool()
    yield made
    await made.close()


@pytest.mark.parametrize("status", [200, 204, 404, 503])
async def test_send_returns_an_answer_whatever_its_status(
    transport: Pool, status: int
) -> None:
    async with RawServer(http(b"", "X-Word: yes", status=status)) as server:
        response = await transport.send(attempt(server.url))

    assert response.status == status
    assert response.headers["x-word"] == "yes"
    assert response.body == b""


async def test_send_sends_method_path_headers_and_body_as_they_are(
    transport: Pool,
) -> None:
    async with RawServer(http()) as server:
        asked = attempt(server.url)
        asked.out = replace(
            asked.out,
            method="POST",
            target="/v1/a%2Fb?q=1%2C2",
            headers=Headers(CIMultiDict({"X-Mine": "1"})),
            body=b'{"a":1}',
        )
        await transport.send(asked)

    (request,) = server.requests
    assert request.method == "POST"
    assert request.target == "/v1/a%2Fb?q=1%2C2"
    assert request.headers["x-mine"] == "1"
    assert request.body == b'{"a":1}'


async def test_send_joins_a_body_that_comes_in_pieces(transport: Pool) -> None:
    body = bytes(range(256)) * 2**14

    async with RawServer(http(body)) as server:
        response = await transport.send(attempt(server.url, max_bytes=len(body)))

    assert response.body == body


async def test_a_connection_is_used_again(transport: Pool) -> None:
    async with RawServer(http(b"one"), http(b"two")) as server:
        await transport.send(attempt(server.url))
        await transport.send(attempt(server.url))

    assert server.connections == 1


async def test_cookies_are_not_sent_back(transport: Pool) -> None:
    async with RawServer(http(b"", "Set-Cookie: a=b")) as server:
        await transport.send(attempt(server.url))
        await transport.send(attempt(server.url))

    assert "cookie" not in server.requests[1].headers


async def test_a_redirect_is_not_followed(transport: Pool) -> None:
    async with RawServer(http()) as other:
        answer = http(b"", f"Location: {other.url}/v1/things", status=307)
        async with RawServer(answer) as server:
            response = await transport.send(attempt(server.url))

    assert response.status == 307
    assert not other.requests


async def test_an_answer_as_large_as_the_limit_is_read(transport: Pool) -> None:
    async with RawServer(http(b"x" * 1000)) as server:
        response = await transport.send(attempt(server.url))

    assert len(response.body) == 1000


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(then_hang(http(length=1001)), id="told"),
        pytest.param(then_hang(chunked(b"x" * 600, b"x" * 401)), id="untold"),
    ],
)
async def test_an_answer_above_the_limit_is_refused_and_its_connection_closed(
    transport: Pool, answer: Answer
) -> None:
    async with RawServer(answer) as server:
        with pytest.raises(ResponseTooLargeError, match="larger than 1000 bytes"):
            await transport.send(attempt(server.url))

        await server.is_left()


async def test_a_compressed_answer_is_refused_before_it_fills_the_memory(
    transport: Pool,
) -> None:
    bomb = gzip.compress(bytes(64 * 2**20), compresslevel=1)
    answer = http(bomb, "Content-Encoding: gzip")

    async with RawServer(answer) as server:
        tracemalloc.start()
        try:
            with pytest.raises(ResponseTooLargeError):
                await transport.send(attempt(server.url, max_bytes=2**20))
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert most < 8 * 2**20


async def test_a_refused_connection_is_known_to_be_unsent(transport: Pool) -> None:
    port = free_port()

    with pytest.raises(APIConnectionError) as caught:
        await transport.send(attempt(f"http://127.0.0.1:{port}"))

    assert (caught.value.phase, caught.value.sent) == ("connect", False)
    assert f"127.0.0.1:{port}" in caught.value.message


@pytest.mark.parametrize("total_s", [5.0, None])
async def test_a_connection_that_is_not_taken_in_time_is_known_to_be_unsent(
    transport: Pool, full_port: int, total_s: float | None
) -> None:
    with pytest.raises(APITimeoutError) as caught:
        await transport.send(
            attempt(f"http://127.0.0.1:{full_port}", total_s=total_s, connect_s=0.1)
        )

    assert (caught.value.phase, caught.value.sent) == ("connect", False)


async def test_a_total_time_out_while_connecting_is_known_to_be_unsent(
    transport: Pool, full_port: int
) -> None:
    times = Timeouts.of(0.5)
    url = f"http://127.0.0.1:{full_port}"

    with pytest.raises(APITimeoutError) as caught:
        await transport.send(attempt(url, total_s=times.total, connect_s=times.connect))

    assert (caught.value.phase, caught.value.sent) == ("connect", False)


async def test_headers_that_never_come_leave_it_open_whether_it_was_done(
    transport: Pool,
) -> None:
    async with RawServer(then_hang()) as server:
        with pytest.raises(APITimeoutError) as caught:
            await transport.send(attempt(server.url, total_s=0.5))

        await server.is_left()

    assert (caught.value.phase, caught.value.sent) == ("read", None)


async def test_a_body_that_drips_does_not_outlast_the_time_out(
    transport: Pool,
) -> None:
    async def drip(_: Incoming, connection: Connection) -> None:
        await connection.send(http(length=2**40))
        while not connection.reader.at_eof():
            await connection.send(b"x")
            await asyncio.sleep(0)

    async with RawServer(drip) as server:
        with pytest.raises(APITimeoutError) as caught:
            await transport.send(attempt(server.url, total_s=0.5, max_bytes=2**40))

        await server.is_left()

    assert (caught.value.phase, caught.value.sent) == ("total", True)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(then_close(http(b"ab", length=3)), id="short of its length"),
        pytest.param(then_close(chunked(b"ab")), id="chunks without an end"),
        pytest.param(then_reset(http(b"ab", length=3)), id="reset"),
        pytest.param(then_reset(chunked(b"ab")), id="reset among chunks"),
    ],
)
async def test_an_answer_that_breaks_off_is_truncated(
    transport: Pool, answer: Answer
) -> None:
    async with RawServer(answer) as server:
        with pytest.raises(TruncatedBodyError) as caught:
            await transport.send(attempt(server.url))

    assert (caught.value.phase, caught.value.sent) == ("total", True)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(then_close(b""), id="closed"),
        pytest.param(then_reset(b""), id="reset"),
        pytest.param(then_close(b"HTTP/1.1 200 OK\r\nX-"), id="closed in the head"),
    ],
)
async def test_a_connection_that_breaks_before_the_answer_leaves_it_open(
    transport: Pool, answer: Answer
) -> None:
    async with RawServer(answer) as server:
        with pytest.raises(APIConnectionError) as caught:
            await transport.send(attempt(server.url))

    assert (caught.value.phase, caught.value.sent) == ("read", None)


async def test_what_is_no_http_is_said_to_be_none(transport: Pool) -> None:
    async with RawServer(then_hang(b"SSH-2.0-OpenSSH_9.9\r\n")) as server:
        with pytest.raises(ProtocolError, match="not valid HTTP") as caught:
            await transport.send(attempt(server.url))

    assert (caught.value.phase, caught.value.sent) == ("read", True)


async def test_an_untrusted_certificate_ends_it_before_a_byte_of_the_request(
    transport: Pool,
) -> None:
    async with RawServer(http(), tls=certificate("localhost")) as server:
        with pytest.raises(APITLSError, match="certificate") as caught:
            await transport.send(attempt(server.url))

        await server.is_left()

    assert not server.requests
    assert (caught.value.phase, caught.value.sent) == ("connect", False)


async def test_a_server_without_tls_cannot_show_who_it_is(transport: Pool) -> None:
    async with RawServer(greeting=b"SSH-2.0-OpenSSH_9.9\r\n") as server:
        with pytest.raises(APITLSError) as caught:
            await transport.send(attempt(f"https://127.0.0.1:{server.port}"))

    assert (caught.value.phase, caught.value.sent) == ("connect", False)


async def test_a_handshake_that_is_cut_off_is_unsent_and_says_nothing_of_the_peer(
    transport: Pool,
) -> None:
    async with RawServer(greeting=b"") as server:
        with pytest.raises(APIConnectionError) as caught:
            await transport.send(attempt(f"https://127.0.0.1:{server.port}"))

    assert not isinstance(caught.value, APITLSError)
    assert (caught.value.phase, caught.value.sent) == ("connect", False)


async def test_a_certificate_that_the_given_session_trusts_is_accepted() -> None:
    context = trusting("localhost")
    connector = aiohttp.TCPConnector(ssl=context)

    async with (
        RawServer(http(b"yes"), tls=certificate("localhost")) as server,
        aiohttp.ClientSession(connector=connector) as session,
    ):
        response = await Pool(Network(session=session)).send(attempt(server.url))

    assert response.body == b"yes"


async def test_a_proxy_that_is_down_is_unsent() -> None:
    proxy = f"http://127.0.0.1:{free_port()}"

    async with aiohttp.ClientSession(proxy=proxy) as session:
        with pytest.raises(APIConnectionError) as caught:
            await Pool(Network(session=session)).send(attempt("http://127.0.0.1:1"))

    assert (caught.value.phase, caught.value.sent) == ("proxy", False)


async def test_a_proxy_that_refuses_is_unsent() -> None:
    async with (
        RawServer(http(status=407)) as proxy,
        aiohttp.ClientSession(proxy=proxy.url) as session,
    ):
        with pytest.raises(APIConnectionError) as caught:
            await Pool(Network(session=session)).send(attempt("https://127.0.0.1:1"))

    assert (caught.value.phase, caught.value.sent) == ("proxy", False)


async def test_work_in_a_loop_that_has_ended_is_given_up() -> None:
    ended, pending, cancelled = asyncio.new_event_loop(), Future[None](), Future[None]()
    cancelled.cancel()
    try:
        assert not await _ended_in(ended, pending)
        assert not await _ended_in(ended, cancelled)
    finally:
        ended.close()
