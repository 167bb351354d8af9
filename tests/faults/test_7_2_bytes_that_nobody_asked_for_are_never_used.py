"""A kept connection on which something came by itself is closed."""

import asyncio

import aiohttp
import pytest

from runloop_async import APIConnectionError, AsyncRunloop
from tests.rawserver import Answer, Connection, Incoming, RawServer, http_json
from tests.samples import run
from tests.sends import KEY

PLANTED = http_json(run("bmr_planted"))


def never(_: object) -> bool:
    return False


def planting(planted: asyncio.Event, surplus: bytes) -> Answer:
    """Answer, and some time after that send something more."""

    async def answer(request: Incoming, connection: Connection) -> None:
        await connection.send(http_json(run(request.target.split("/")[-1])))
        await asyncio.sleep(0.01)
        await connection.send(surplus)
        planted.set()

    return answer


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("surplus", [PLANTED, b"x"], ids=["answer", "byte"])
async def test_the_next_call_has_its_own_response(surplus: bytes) -> None:
    planted = asyncio.Event()
    async with (
        RawServer(planting(planted, surplus)) as server,
        AsyncRunloop(base_url=server.url, bearer_token=KEY) as client,
    ):
        for wanted in ("bmr_1", "bmr_2", "bmr_3"):
            got = await client.benchmark_runs.retrieve(wanted)
            await planted.wait()
            planted.clear()
            await asyncio.sleep(0.01)

            assert got.id == wanted

        assert (len(server.requests), server.connections) == (3, 3)


async def test_nor_on_a_session_of_the_caller() -> None:
    planted = asyncio.Event()
    async with (
        RawServer(planting(planted, PLANTED)) as server,
        aiohttp.ClientSession() as session,
    ):
        client = AsyncRunloop(base_url=server.url, bearer_token=KEY, session=session)
        for wanted in ("bmr_1", "bmr_2"):
            assert (await client.benchmark_runs.retrieve(wanted)).id == wanted
            await planted.wait()
            await asyncio.sleep(0.01)

        assert server.connections == 2


@pytest.mark.usefixtures("path")
async def test_a_server_that_always_speaks_first_is_not_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with (
        RawServer(http_json(run())) as server,
        AsyncRunloop(base_url=server.url, bearer_token=KEY, max_retries=0) as client,
    ):
        monkeypatch.setattr("runloop_async.sending.transport.connector.is_fresh", never)
        with pytest.raises(APIConnectionError) as caught:
            await client.benchmark_runs.cancel("bmr_1")

    assert (server.requests, caught.value.sent) == ([], False)
    assert not caught.value.ambiguous


@pytest.mark.parametrize("headers", [{}, {"X-Theirs": "1"}])
async def test_nor_on_any_connection_of_a_caller(
    headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        RawServer(http_json(run())) as server,
        aiohttp.ClientSession(headers=headers) as session,
    ):
        client = AsyncRunloop(
            base_url=server.url, bearer_token=KEY, max_retries=0, session=session
        )
        for module in ("connector", "session"):
            where = f"runloop_async.sending.transport.{module}"
            monkeypatch.setattr(f"{where}.is_fresh", never)
            monkeypatch.setattr(f"{where}.MOST_STALE", 3)
        with pytest.raises(APIConnectionError) as caught:
            await client.benchmark_runs.cancel("bmr_1")

    assert (server.requests, caught.value.sent) == ([], False)
