"""A session that was given is used as a pool, as long as it is no more than that."""

import asyncio
from collections.abc import AsyncIterator, Callable
from http.cookies import BaseCookie, SimpleCookie
from typing import Any
from unittest.mock import AsyncMock

import aiohttp
import pytest
from aiohttp import ClientSession, CookieJar, TCPConnector, TraceConfig
from yarl import URL

from runloop_async import AsyncRunloop, ClientClosedError
from runloop_async.annotations import override
from runloop_async.sending.transport.given import adds_nothing
from tests.rawserver import (
    Connection,
    Incoming,
    RawServer,
    chunked,
    http,
    http_json,
    then_hang,
)
from tests.samples import run
from tests.sends import KEY


async def _middleware(request: Any, handler: Any) -> Any:
    return await handler(request)


def replaced(session: ClientSession) -> None:
    vars(session)["_request"] = AsyncMock()


def with_credentials(session: ClientSession) -> None:
    with pytest.warns(DeprecationWarning, match="BasicAuth"):
        vars(session)["_default_auth"] = aiohttp.BasicAuth("a", "b")


def with_a_cookie(session: ClientSession) -> None:
    session.cookie_jar.update_cookies({"a": "b"})


def of_another_release(session: ClientSession) -> None:
    del vars(session)["_trust_env"]


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession() as made:
        yield made


async def ask(server: RawServer, session: ClientSession, count: int = 1) -> None:
    async with AsyncRunloop(
        bearer_token=KEY, base_url=server.url, session=session
    ) as client:
        for _ in range(count):
            await client.benchmark_runs.retrieve("bmr_1")


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"headers": {"X-Theirs": "1"}}, id="headers"),
        pytest.param({"trust_env": True}, id="proxies"),
        pytest.param({"proxy": "http://localhost:1"}, id="a proxy"),
        pytest.param({"trace_configs": [TraceConfig()]}, id="traces"),
        pytest.param({"middlewares": (_middleware,)}, id="middlewares"),
        pytest.param({"skip_auto_headers": ["User-Agent"]}, id="headers left out"),
        pytest.param({"version": aiohttp.HttpVersion10}, id="a version"),
    ],
)
async def test_a_session_that_adds_something_is_more_than_a_pool(options: Any) -> None:
    async with ClientSession(**options) as session:
        assert not adds_nothing(session)


@pytest.mark.parametrize(
    "change", [replaced, with_a_cookie, with_credentials, of_another_release]
)
async def test_so_is_one_that_was_changed(
    session: ClientSession, change: Callable[[ClientSession], None]
) -> None:
    assert adds_nothing(session)

    change(session)

    assert not adds_nothing(session)


async def test_so_is_one_of_another_class() -> None:
    with pytest.warns(DeprecationWarning, match="Inheritance"):
        kind: Any = type("Subclass", (ClientSession,), {})
    async with kind() as session:
        assert not adds_nothing(session)


async def test_its_connections_are_used_without_the_rest_of_it(
    session: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected = list[object]()
    connect = aiohttp.TCPConnector.connect

    async def noted(connector: Any, *more: Any, **named: Any) -> Any:
        connected.append(connector)
        return await connect(connector, *more, **named)

    monkeypatch.setattr(aiohttp.TCPConnector, "connect", noted)
    async with RawServer(http_json(run())) as server:
        await ask(server, session, 3)

        assert server.connections == 1
        assert "deflate" in server.requests[0].headers["accept-encoding"]
    assert set(connected) == {session.connector}


async def test_connections_at_hand_are_for_its_owner_too() -> None:
    async with (
        RawServer(http_json(run())) as server,
        ClientSession(connector=aiohttp.TCPConnector(limit=1)) as session,
    ):
        async with asyncio.timeout(5):
            for _ in range(3):
                await ask(server, session)
                async with session.get(server.url) as response:
                    await response.read()

        assert server.connections == 1


@pytest.mark.parametrize("in_chunks", [False, True])
async def test_it_keeps_the_cookies_of_responses(in_chunks: bool) -> None:
    cookie = "Set-Cookie: sticky=here; Path=/"
    first = http_json(run(), cookie)
    if in_chunks:
        body = first.partition(b"\r\n\r\n")[2]
        first = chunked(body, b"").replace(b"\r\n", f"\r\n{cookie}\r\n".encode(), 1)
    async with (
        RawServer(first, http_json(run())) as server,
        ClientSession(cookie_jar=CookieJar(unsafe=True)) as session,
    ):
        await ask(server, session, 2)

        assert [each.headers.get("cookie") for each in server.requests] == [
            None,
            "sticky=here",
        ]


async def test_a_session_that_is_replaced_sees_every_request(
    session: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[str]()
    original: Any = vars(ClientSession)["_request"]

    async def noted(session: Any, method: str, url: Any, **more: Any) -> Any:
        asked.append(method)
        return await original(session, method, url, **more)

    async with RawServer(http_json(run())) as server:
        await ask(server, session)
        monkeypatch.setattr(ClientSession, "_request", noted)
        await ask(server, session)

    assert asked == ["GET"]
    assert len(server.requests) == 2


async def test_what_is_no_json_goes_the_same_way(session: ClientSession) -> None:
    async with (
        RawServer(http(b"a log")) as server,
        AsyncRunloop(bearer_token=KEY, base_url=server.url, session=session) as client,
    ):
        assert await client.get("/v1/log", bytes) == b"a log"


@pytest.mark.parametrize("limits", [{"limit": 2}, {"limit": 0, "limit_per_host": 2}])
async def test_a_burst_leaves_connections_to_the_owner(limits: Any) -> None:
    async def slowly(_: Incoming, connection: Connection) -> None:
        await asyncio.sleep(0.01)
        await connection.send(http_json(run()))

    async with (
        RawServer(slowly) as server,
        ClientSession(connector=aiohttp.TCPConnector(**limits)) as session,
        AsyncRunloop(bearer_token=KEY, base_url=server.url, session=session) as client,
    ):
        calls = [client.benchmark_runs.retrieve("bmr_1") for _ in range(200)]
        burst = asyncio.ensure_future(asyncio.gather(*calls))
        await server.has_got(4)
        async with session.get(server.url) as response:
            await response.read()

        assert not burst.done()
        assert len(server.requests) < 100
        await burst


async def test_connections_are_closed_each_time_where_the_owner_wants_that() -> None:
    async with (
        RawServer(http_json(run())) as server,
        ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session,
    ):
        await ask(server, session, 3)

        assert server.connections == 3


async def test_a_cookie_is_of_the_path_that_it_came_from() -> None:
    async with (
        RawServer(http_json(run(), "Set-Cookie: a=b")) as server,
        ClientSession(cookie_jar=CookieJar(unsafe=True)) as session,
    ):
        await ask(server, session)

        assert [each["path"] for each in session.cookie_jar] == ["/v1/benchmark_runs"]


NOWHERE = URL()


class Fresh(CookieJar):
    """Makes its cookies when it is asked for them."""

    @override
    def filter_cookies(self, request_url: URL = NOWHERE) -> "BaseCookie[str]":
        del request_url
        return SimpleCookie({"token": "fresh"})


async def test_a_jar_of_another_kind_is_asked() -> None:
    async with (
        RawServer(http_json(run())) as server,
        ClientSession(cookie_jar=Fresh()) as session,
    ):
        await ask(server, session)

        assert server.requests[0].headers["cookie"] == "token=fresh"


async def test_a_jar_that_breaks_keeps_no_connection(
    session: ClientSession, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if path == "session":  # which is the session's own affair
        return

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(CookieJar, "update_cookies_from_headers", broken)
    async with RawServer(http_json(run(), "Set-Cookie: a=b")) as server:
        with pytest.raises(ZeroDivisionError):
            await ask(server, session)

        await server.is_left()


@pytest.mark.parametrize("options", [{}, {"headers": {"X-Theirs": "1"}}])
async def test_calls_that_wait_end_when_its_owner_closes_it(options: Any) -> None:
    connector = TCPConnector(limit=2)
    async with RawServer(then_hang()) as server:
        session = ClientSession(connector=connector, **options)
        client = AsyncRunloop(
            base_url=server.url, bearer_token=KEY, session=session, timeout=0.5
        )
        calls = [
            asyncio.create_task(client.benchmark_runs.retrieve(f"bmr_{number}"))
            for number in range(20)
        ]
        await server.has_got(2)
        await session.close()
        ended = await asyncio.gather(*calls, return_exceptions=True)

    assert {type(each) for each in ended} == {ClientClosedError}
    assert len(server.requests) == 2
