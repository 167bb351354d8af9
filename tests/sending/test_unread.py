"""What waits in a socket unread is never taken for the next response."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from runloop_async import AsyncRunloop
from tests.rawserver import Connection, Incoming, RawServer, http, then_close
from tests.samples import run
from tests.sends import KEY
from tests.served import certificate, trusting

READ_AT_ONCE = 64 * 1024


def response(id: str, size: int) -> bytes:
    """Return a response of some size, head and all, with a run."""
    whole, pad = b"", size
    while len(whole) != size:
        body = json.dumps(run(id) | {"metadata": {"x": "y" * pad}}).encode()
        whole = http(body)
        pad -= len(whole) - size
    return whole


async def two(asked: Incoming, connection: Connection) -> None:
    """Give what was asked for, and a response that nobody asked for."""
    name = asked.target.rpartition("/")[2]
    await connection.send(
        response(name, SIZE.get(name, 300)) + response("unasked", 300)
    )


SIZE = {"rest": 100_000, "exact": READ_AT_ONCE, "twice": 2 * READ_AT_ONCE}


@asynccontextmanager
async def client(url: str, **options: Any) -> AsyncGenerator[AsyncRunloop]:
    made = AsyncRunloop(base_url=url, bearer_token=KEY, max_retries=0, **options)
    async with made:
        yield made


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("id", ["small", *SIZE])
async def test_a_response_that_nobody_asked_for_is_nobodys(id: str) -> None:
    async with RawServer(two) as server, client(server.url) as made:
        for _ in range(5):
            assert (await made.benchmark_runs.retrieve(id)).id == id


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("id", ["small", *SIZE])
async def test_a_write_is_not_sent_to_a_peer_that_has_left(id: str) -> None:
    answer = then_close(response(id, SIZE.get(id, 300)))
    async with RawServer(answer) as server, client(server.url) as made:
        for _ in range(5):
            await made.benchmark_runs.retrieve(id)
            await made.benchmarks.start_run(benchmark_id="bmd_1")

    assert server.connections == 10


async def test_over_tls_the_event_loop_sees_to_it() -> None:
    async with RawServer(two, tls=certificate("localhost")) as server:
        url = server.url.replace("127.0.0.1", "localhost")
        async with client(url, ssl=trusting("localhost")) as made:
            for _ in range(5):
                assert (await made.benchmark_runs.retrieve("rest")).id == "rest"
