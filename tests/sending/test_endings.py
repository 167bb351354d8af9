"""A body without a length ends where the peer ends it, not where it is cut."""

import os
import socket
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from runloop_async import AsyncRunloop
from runloop_async.errors import TruncatedBodyError
from tests.rawserver import Connection, Incoming, RawServer
from tests.sends import KEY
from tests.served import certificate, served, trusting

pytestmark = pytest.mark.usefixtures("path")

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"
WHOLE = b"a line\n" * 3_000


async def ends(_: Incoming, peer: Connection) -> None:
    await peer.send(HEAD + WHOLE)
    peer.writer.close()


async def resets(_: Incoming, peer: Connection) -> None:
    await peer.send(HEAD + WHOLE[:10_000])
    peer.reset()


async def ends_without_goodbye(_: Incoming, peer: Connection) -> None:
    """End the TCP stream, but not that of TLS."""
    await peer.send(HEAD + WHOLE[:10_000])
    bare = socket.socket(fileno=os.dup(peer.writer.get_extra_info("socket").fileno()))
    bare.shutdown(socket.SHUT_WR)
    bare.close()
    await peer.until_left()
    peer.writer.transport.abort()


def kinds(*, tls: bool) -> dict[str, Any]:
    if not tls:
        return {}
    return {"tls": certificate("localhost"), "ssl": trusting("localhost")}


@pytest.mark.parametrize("tls", [False, True])
async def test_a_body_that_the_peer_ends_is_whole(*, tls: bool) -> None:
    async with served(ends, max_retries=0, **kinds(tls=tls)) as (_, client):
        body = await client.devboxes.read_file_contents("dbx", file_path="/a")

    assert body == WHOLE.decode()


@pytest.mark.parametrize(
    ("answer", "tls"), [(resets, False), (resets, True), (ends_without_goodbye, True)]
)
async def test_a_body_that_is_cut_is_an_error(answer: Any, *, tls: bool) -> None:
    async with served(answer, max_retries=0, **kinds(tls=tls)) as (_, client):
        with pytest.raises(TruncatedBodyError):
            await client.devboxes.read_file_contents("dbx", file_path="/a")


@pytest.mark.parametrize("answer", [ends, resets])
async def test_a_session_of_the_caller_sees_it_too(answer: Any) -> None:
    async with (
        RawServer(answer) as server,
        aiohttp.ClientSession() as session,
        AsyncRunloop(
            base_url=server.url, bearer_token=KEY, session=session, max_retries=0
        ) as client,
    ):
        reading = client.devboxes.read_file_contents("dbx", file_path="/a")
        if answer is ends:
            assert await reading == WHOLE.decode()
        else:
            with pytest.raises(TruncatedBodyError):
                await reading


async def test_a_file_is_not_replaced_by_the_beginning_of_another(
    tmp_path: Path,
) -> None:
    target = tmp_path / "logs.zip"
    target.write_bytes(b"old")
    async with served(resets, max_retries=0) as (_, client):
        with pytest.raises(TruncatedBodyError):
            await client.benchmark_runs.download_logs("bmr_1").write_to_file(target)

    assert target.read_bytes() == b"old"
