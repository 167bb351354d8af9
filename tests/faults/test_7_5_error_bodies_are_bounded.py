"""An error status with an endless, slow or huge body: a little of it is read."""

import asyncio

import pytest

from runloop_async import AsyncRunloop, InternalServerError
from tests.rawserver import Connection, Incoming, RawServer, http, http_json, then_hang
from tests.samples import ACCOUNT

HEAD = b"HTTP/1.1 500 Word\r\nTransfer-Encoding: chunked\r\n\r\n"
PIECE = b"\\u0000" * 1000
CHUNK = b"%x\r\n%s\r\n" % (len(PIECE), PIECE)


class Endless:
    """A body that goes on until the client leaves, and how much of it was sent."""

    def __init__(self) -> None:
        self.sent = 0

    async def __call__(self, _: Incoming, connection: Connection) -> None:
        await connection.send(HEAD)
        while self.sent < 200 * 2**20:
            await connection.send(CHUNK)
            self.sent += len(CHUNK)


async def test_an_endless_body_is_left_after_a_little() -> None:
    endless = Endless()
    async with (
        RawServer(endless) as server,
        AsyncRunloop(base_url=server.url, bearer_token="any", max_retries=0) as client,
    ):
        with pytest.raises(InternalServerError) as caught:
            await client.accounts.me()

    assert endless.sent < 20 * 2**20  # what the buffers of both ends hold
    assert len(str(caught.value)) < 1000
    assert len(str(caught.value.body)) <= 64 * 1024


async def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    async with (
        RawServer(then_hang(http(b"", status=500, length=10))) as server,
        AsyncRunloop(
            base_url=server.url, bearer_token="any", max_retries=0, timeout=60
        ) as client,
        asyncio.timeout(30),
    ):
        with pytest.raises(InternalServerError):
            await client.accounts.me()


async def test_a_short_timeout_still_tells_the_status() -> None:
    async with (
        RawServer(then_hang(http(b"", status=500, length=10))) as server,
        AsyncRunloop(
            base_url=server.url, bearer_token="any", max_retries=0, timeout=1
        ) as client,
    ):
        with pytest.raises(InternalServerError):
            await client.accounts.me()


async def test_the_connection_is_not_used_again_and_the_retry_succeeds() -> None:
    large = http(b"x" * 5_000_000, status=503)
    async with (
        RawServer(large, http_json(ACCOUNT)) as server,
        AsyncRunloop(base_url=server.url, bearer_token="any") as client,
    ):
        await client.accounts.me()

    assert len(server.requests) == 2
    assert server.connections == 2
