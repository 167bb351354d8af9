"""What the paths do at their edges."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from unittest.mock import MagicMock

import aiohttp
import pytest
from aiohttp.client_proto import ResponseHandler
from multidict import CIMultiDict

from runloop_async import AsyncRunloop
from runloop_async.errors import APITimeoutError, ResponseTooLargeError
from runloop_async.resources.benchmark_runs import BenchmarkRuns
from runloop_async.sending.alarms import Alarms
from runloop_async.sending.attempt import Attempt
from runloop_async.sending.clock import SystemClock
from runloop_async.sending.outgoing import Headers
from runloop_async.sending.pool import Pool
from runloop_async.sending.transport.names import Watch, is_usable, missing
from tests.rawserver import Connection, Incoming, RawServer, http, then_hang
from tests.sends import KEY, attempt, sending
from tests.turns import settle


async def test_an_interim_response_is_not_the_response() -> None:
    async with RawServer(b"HTTP/1.1 103 Early Hints\r\n\r\n" + http(b"yes")) as server:
        pool = Pool()
        assert (await pool.send(attempt(server.url))).body == b"yes"
        await pool.close()


@asynccontextmanager
async def deaf(says: bytes, *, total_s: float) -> AsyncGenerator[tuple[Pool, Attempt]]:
    """Give a pool, and a large request to a server that reads next to nothing."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(says)
        await left.wait()
        writer.transport.abort()

    left, pool = asyncio.Event(), Pool()
    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1)
    port = server.sockets[0].getsockname()[1]
    async with server:
        asked = attempt(f"http://127.0.0.1:{port}", total_s=total_s)
        asked.out.method, asked.out.body = "POST", b"x" * 20_000_000
        try:
            yield pool, asked
        finally:
            await pool.close()
            left.set()
            await settle()


async def test_a_peer_that_does_not_read_is_told_as_such(path: str) -> None:
    if path == "session":  # aiohttp waits until the peer has read
        return
    async with deaf(b"", total_s=0.5) as (pool, asked):
        with pytest.raises(APITimeoutError) as caught:
            await pool.send(asked)

    assert (caught.value.phase, caught.value.sent) == ("write", None)


async def test_a_response_before_the_request_was_read_ends_the_connection(
    path: str,
) -> None:
    if path == "session":
        return
    async with deaf(http(b"no", status=413), total_s=5) as (pool, asked):
        assert (await pool.send(asked)).status == 413


async def test_a_response_that_says_that_it_is_too_large_is_not_read() -> None:
    async with RawServer(then_hang(http(b"ab", length=9_999_999))) as server:
        pool = Pool()
        with pytest.raises(ResponseTooLargeError):
            await pool.send(attempt(server.url))
        await pool.close()


async def test_a_name_that_is_gone_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [*missing()] == []

    monkeypatch.delattr(ResponseHandler, "should_close")

    assert [*missing()] == ["ResponseHandler.should_close"]
    assert not is_usable()


@pytest.mark.parametrize(("version", "usable"), [("3.14.9", True), ("3.15.0", False)])
def test_releases_of_aiohttp_that_were_not_tested_take_the_session_path(
    version: str,
    usable: bool,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, logger="runloop_async")
    monkeypatch.setattr(aiohttp, "__version__", version)

    assert is_usable() is usable
    assert len(caplog.records) == (not usable)


def test_a_hand_on_the_session_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch()
    assert watch.is_clean()

    for owner, name in [
        (aiohttp.ClientSession, "_request"),
        (aiohttp.ClientSession, "__init__"),
        (aiohttp.ClientRequest, "send"),
    ]:
        original: Any = getattr(owner, name)
        monkeypatch.setattr(owner, name, partial(original))
        assert not watch.is_clean()
        monkeypatch.setattr(owner, name, original)
        assert watch.is_clean()


def test_headers_that_would_be_several_are_refused() -> None:
    with pytest.raises(ValueError, match="control characters"):
        Headers(CIMultiDict({"a": "b\r\nc: d"})).lines()


async def test_an_alarm_needs_a_task() -> None:
    loop = asyncio.get_running_loop()
    alarms = Alarms(SystemClock())
    failed = loop.create_future()

    def start() -> None:
        with pytest.raises(RuntimeError, match="need a task"):
            alarms.start(1)
        failed.set_result(None)

    loop.call_soon(start)
    await failed


async def test_ringing_all_spares_the_task_that_rings() -> None:
    alarms = Alarms(SystemClock())
    alarm = alarms.start(None)

    alarms.ring_all()
    await asyncio.sleep(0)

    assert not alarm.rang
    assert not alarm.stop()


async def test_a_refusal_that_is_cut_short_is_still_the_status() -> None:
    async def cut(_: Incoming, connection: Connection) -> None:
        await connection.send(http(b"no", length=9, status=404))
        connection.writer.close()

    async with RawServer(cut) as server:
        pool = Pool()
        response = await pool.send(attempt(server.url))
        await pool.close()

    assert (response.status, response.body) == (404, b"no")


async def test_many_bytes_are_sent_without_a_warning() -> None:
    async with RawServer(http()) as server:
        pool = Pool()
        asked = attempt(server.url)
        asked.out.method, asked.out.body = "POST", b"x" * 2_000_000
        await pool.send(asked)
        await pool.close()

    assert len(server.requests[0].body) in {2_000_000, 0}


async def test_a_body_that_is_larger_than_it_may_be_is_refused() -> None:
    async with RawServer(http(b"x" * 2000)) as server:
        pool = Pool()
        asked = attempt(server.url, max_bytes=1000)
        with pytest.raises(ResponseTooLargeError):
            await pool.send(asked)
        await pool.close()


async def test_an_attempt_may_end_before_the_deadline_of_its_call() -> None:
    async with (
        RawServer(then_hang()) as server,
        AsyncRunloop(base_url=server.url, bearer_token=KEY, max_retries=0) as client,
    ):
        call = client.benchmark_runs.retrieve("bmr_1")
        with pytest.raises(APITimeoutError) as caught:
            await call.with_options(timeout=0.1, deadline=30)

    assert caught.value.phase == "read"


async def test_a_mock_may_be_out_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async def late(*_: Any, **__: Any) -> None:
        raise TimeoutError

    monkeypatch.setattr(aiohttp.ClientSession, "_request", late)
    pool = Pool()
    with pytest.raises(APITimeoutError) as caught:
        await pool.send(attempt("http://127.0.0.1:1"))
    await pool.close()

    assert (caught.value.phase, caught.value.sent) == ("read", None)


def test_a_class_in_place_of_the_session_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watch = Watch()
    stand_ins: list[Any] = [MagicMock(), Traced]
    for stand_in in stand_ins:
        monkeypatch.setattr(aiohttp, "ClientSession", stand_in)
        assert not watch.is_clean()
        monkeypatch.undo()
        assert watch.is_clean()


class Traced:
    """Whatever a tracer puts in the place of the session."""

    def request(self) -> None: ...

    def _request(self) -> None: ...


async def test_a_body_in_pieces_is_bytes_to_users() -> None:
    body = b"x" * 300_000
    async with RawServer(http(body)) as server, sending(server.url) as runner:
        got = await BenchmarkRuns(runner).download_logs("bmr_1")
        raw = await BenchmarkRuns(runner).download_logs("bmr_1").raw()

    assert (type(got), type(raw.body)) == (bytes, bytes)
    assert got == raw.body == body
