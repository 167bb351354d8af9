"""What errors say of a call whose earlier attempts may have been carried out."""

import asyncio
from typing import Any

import pytest

from runloop_async import APIConnectionError, APIStatusError, ClientClosedError
from tests.rawserver import Answer, Connection, Incoming, http_json, then_hang
from tests.served import served


def nobody(*_: object) -> None:
    """Have no connection at hand."""


async def reset(_: Incoming, connection: Connection) -> None:
    connection.reset()


@pytest.mark.parametrize(
    "then",
    [
        pytest.param(http_json({}, "Retry-After: 900", status=429), id="throttled"),
        pytest.param(http_json({}, status=400), id="refused"),
    ],
)
async def test_a_later_refusal_does_not_undo_an_earlier_attempt(then: Answer) -> None:
    async with served(reset, then) as (server, client):
        with pytest.raises(APIStatusError) as caught:
            await client.devboxes.execute("dbx_1", command="pay")

    assert caught.value.ambiguous
    assert caught.value.attempts == len(server.requests) == 2


async def test_nor_does_the_end_of_the_client() -> None:
    async with served(reset, then_hang()) as (server, client):
        call = asyncio.ensure_future(client.devboxes.execute("dbx_1", command="pay"))
        await server.has_got(1)
        await asyncio.sleep(0.05)  # it waits for its next attempt, or has made it
        await client.aclose()

        with pytest.raises(ClientClosedError) as caught:
            await call

    assert caught.value.ambiguous


async def test_a_call_that_has_reached_the_server_once_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def down(*_: Any, **__: Any) -> None:
        raise ConnectionRefusedError

    async with served(http_json({}, status=500), max_retries=1) as (server, client):
        sent = asyncio.ensure_future(client.benchmark_runs.retrieve("bmr_1"))
        await server.has_got(1)
        monkeypatch.setattr("aiohttp.TCPConnector.connect", down)
        monkeypatch.setattr("runloop_async.sending.transport.links.Server.take", nobody)
        with pytest.raises(APIConnectionError) as caught:
            await sent

    assert (caught.value.sent, caught.value.attempts) == (True, 2)
    assert len(server.requests) == 1
