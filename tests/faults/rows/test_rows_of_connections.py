"""Rows 1 to 15 and 50 to 53: reaching a server, and the pool of connections."""

import asyncio
import errno
import gc
import socket
from typing import Any

import aiohttp
import pytest

from runloop_async import (
    APIConnectionError,
    APITimeoutError,
    AsyncRunloop,
    Limits,
    NotFoundError,
    Repeatable,
    Timeouts,
)
from tests.rawserver import (
    Connection,
    Incoming,
    RawServer,
    free_port,
    http,
    http_json,
    then_close,
    then_hang,
)
from tests.samples import ACCOUNT, devbox
from tests.sends import KEY
from tests.served import served

FINE = http_json(ACCOUNT)
NAME = "api.test"
Lookup = Any


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, Lookup]:
    """Say what names stand for: addresses, or an error."""
    table: dict[str, Lookup] = {}
    lookup: Any = asyncio.BaseEventLoop.getaddrinfo

    async def getaddrinfo(self: Any, host: Any, port: int, **more: Any) -> Any:
        await asyncio.sleep(0)
        found = table.get(host)
        if isinstance(found, OSError):
            raise found
        if found is None:
            return await lookup(self, host, port, **more)
        kinds = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
        return [(*kinds, (address, port)) for address in found]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)
    return table


def client_of(port: int, host: str = "127.0.0.1", **options: Any) -> AsyncRunloop:
    url = f"http://{host}:{port}"
    return AsyncRunloop(base_url=url, bearer_token=KEY, allow_http=True, **options)


@pytest.mark.parametrize("kind", ["read", "write"])
async def test_row_1_a_refused_connection_is_tried_again_and_unsent(kind: str) -> None:
    async with client_of(free_port(), max_retries=3) as client:
        with pytest.raises(APIConnectionError) as caught:
            await (client.accounts.me() if kind == "read" else client.devboxes.create())

    error = caught.value
    assert (error.phase, error.sent, error.attempts) == ("connect", False, 4)
    assert not error.ambiguous
    assert client.stats().requests == 0


@pytest.mark.parametrize("code", [socket.EAI_NONAME, socket.EAI_AGAIN])
async def test_row_2_a_name_without_an_address_is_as_a_refusal(
    names: dict[str, Lookup], code: int
) -> None:
    names[NAME] = socket.gaierror(code, "no address")

    async with client_of(1, NAME, max_retries=1) as client:
        with pytest.raises(APIConnectionError) as caught:
            await client.devboxes.create(name="canary")

    error = caught.value
    assert (error.phase, error.sent, error.attempts) == ("connect", False, 2)
    assert NAME in str(error)
    assert "canary" not in str(error)


async def test_row_3_a_black_hole_ends_at_the_time_to_connect(full_port: int) -> None:
    times = Timeouts(total=60, connect=0.2)
    async with (
        served(FINE) as (_, other),
        client_of(full_port, timeout=times, max_retries=0) as client,
    ):
        hopeless = asyncio.create_task(client.devboxes.create())
        async with asyncio.timeout(30):
            await other.accounts.me()
            with pytest.raises(APITimeoutError) as caught:
                await hopeless

    assert (caught.value.phase, caught.value.sent) == ("connect", False)


async def test_row_4_one_of_two_addresses_is_dead(names: dict[str, Lookup]) -> None:
    names[NAME] = ["127.0.0.9", "127.0.0.1"]
    async with RawServer(FINE) as server, client_of(server.port, NAME) as client:
        got = await client.accounts.me()

    assert got.id == "acc_1"


async def test_row_4_a_new_address_is_seen(
    names: dict[str, Lookup], monkeypatch: pytest.MonkeyPatch
) -> None:
    cache_s = "runloop_async.sending.transport.connector._DNS_CACHE_S"
    monkeypatch.setattr(cache_s, 0.0)  # no waiting for what is kept for some seconds
    names[NAME] = ["127.0.0.9"]
    async with RawServer(FINE) as server, client_of(server.port, NAME) as client:
        with pytest.raises(APIConnectionError):
            await client.accounts.me().with_options(max_retries=0)

        names[NAME] = ["127.0.0.1"]
        got = await client.accounts.me()

    assert got.id == "acc_1"


async def test_row_5_a_caller_who_leaves_ends_no_other_lookup(
    names: dict[str, Lookup],
) -> None:
    names[NAME] = ["127.0.0.1"]
    async with RawServer(FINE) as server, client_of(server.port, NAME) as client:
        calls = [asyncio.create_task(client.accounts.me().start()) for _ in range(3)]
        for _ in range(2):
            await asyncio.sleep(0)
        calls[0].cancel()
        gone, *got = await asyncio.gather(*calls, return_exceptions=True)

    assert isinstance(gone, asyncio.CancelledError)
    assert [getattr(each, "id", each) for each in got] == ["acc_1", "acc_1"]


async def test_row_6_without_descriptors_a_call_fails_and_the_next_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with served(FINE, max_retries=0) as (_, client):
        with monkeypatch.context() as patch:
            full = OSError(errno.EMFILE, "Too many open files")
            patch.setattr(socket.socket, "__init__", _raising(full))
            with pytest.raises(APIConnectionError) as why:
                await client.accounts.me()
        got = await client.accounts.me()

    assert why.value.sent is False
    assert got.id == "acc_1"


def _raising(error: Exception) -> Any:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


async def test_row_11_waiting_for_a_slot_is_not_a_timeout() -> None:
    async def slowly(_: Incoming, connection: Connection) -> None:
        await asyncio.sleep(0.01)
        await connection.send(FINE)

    # Together they take far longer than a call may, each takes far less.
    async with served(slowly, timeout=2, limits=Limits(api=1)) as (_, client):
        await asyncio.gather(*(client.accounts.me() for _ in range(250)))

    assert client.stats().requests == 250


async def test_row_12_waits_and_transfers_leave_room_for_short_calls() -> None:
    async def answer(request: Incoming, connection: Connection) -> None:
        if request.target == "/v1/accounts/me":
            await connection.send(FINE)
        else:
            await connection.until_left()

    limits = Limits(api=1, wait=2, transfer=2)
    async with served(answer, limits=limits) as (server, client):
        calls: list[Repeatable[Any]] = [
            *[client.devboxes.await_running("dbx_1") for _ in range(5)],
            *[client.devboxes.download_file("dbx_1", path="a") for _ in range(5)],
        ]
        slow = [asyncio.create_task(call.start()) for call in calls]
        await server.has_got(4)
        got = await client.accounts.me()
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)

    assert got.id == "acc_1"


async def test_row_13_an_error_gives_its_connection_back() -> None:
    large = http(b"x" * 300_000, status=404)
    async with served(large, FINE, limits=Limits(api=1)) as (server, client):
        with pytest.raises(NotFoundError):
            await client.accounts.me()
        got = await client.accounts.me()
        assert server.open == 1

    assert got.id == "acc_1"


async def test_row_14_a_thousand_first_calls_open_one_pool(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = list[object]()
    begin: Any = aiohttp.TCPConnector.__init__  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]

    def count(self: object, *args: Any, **more: Any) -> None:
        made.append(self)
        begin(self, *args, **more)

    monkeypatch.setattr(aiohttp.TCPConnector, "__init__", count)
    async with served(FINE, limits=Limits(api=20)) as (server, client):
        await asyncio.gather(*(client.accounts.me() for _ in range(1000)))

        assert len(server.requests) == 1000
        assert server.connections <= 20
    assert len(made) == 1


async def test_row_15_clients_that_are_dropped_are_named_and_close() -> None:
    async with RawServer(FINE) as server:
        for _ in range(5):
            with pytest.warns(ResourceWarning, match=r"test_rows_of_conn.*py:\d+"):
                await _dropped(server.port)
        await server.is_left()


async def _dropped(port: int) -> None:
    await client_of(port).accounts.me()
    gc.collect()


async def test_row_50_a_read_outlives_a_connection_that_the_server_closes() -> None:
    async with served(then_close(FINE), then_close(b""), FINE) as (server, client):
        await client.accounts.me()
        got = await client.accounts.me()

    assert got.id == "acc_1"
    assert len(server.requests) in {2, 3}  # or it was sent after the end, and is lost


async def test_row_51_a_write_on_a_connection_that_breaks_is_told() -> None:
    broken = then_close(b"")
    async with served(FINE, broken, http_json(devbox())) as (server, client):
        await client.accounts.me()
        with pytest.raises(APIConnectionError) as caught:
            await client.devboxes.create()

    assert caught.value.ambiguous
    assert [request.method for request in server.requests] == ["GET", "POST"]


async def test_row_52_closed_connections_are_never_seen_by_reads() -> None:
    async with served(then_close(FINE)) as (server, client):
        for _ in range(200):
            await client.accounts.me()

    assert len(server.requests) == 200


@pytest.mark.parametrize(
    "answer",
    [
        http_json(ACCOUNT, "Connection: close"),
        FINE.replace(b"HTTP/1.1", b"HTTP/1.0", 1),
    ],
)
async def test_row_53_a_server_that_keeps_no_connections(answer: bytes) -> None:
    async with served(then_close(answer)) as (server, client):
        for _ in range(20):
            await client.accounts.me()

        await server.is_left()
    assert server.most_open <= 2


async def test_row_55_a_cancelled_connect_pools_nothing(full_port: int) -> None:
    async with client_of(full_port) as client:
        call = asyncio.create_task(client.accounts.me().start())
        await asyncio.sleep(0.05)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
    assert client.stats().requests == 0


async def test_row_56_a_connection_that_is_half_read_is_not_used_again() -> None:
    half = then_hang(http(b'{"id"', length=100))
    async with served(half, FINE) as (server, client):
        call = asyncio.create_task(client.accounts.me().start())
        await server.has_got(1)
        await asyncio.sleep(0.02)
        call.cancel()
        got = await client.accounts.me()
        await asyncio.wait([call])

    assert got.id == "acc_1"
    assert server.connections == 2
