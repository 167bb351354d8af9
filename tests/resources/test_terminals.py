"""Terminals that are attached to, through their tunnels."""

import asyncio
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import aiohttp
import pytest

from runloop_async import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    APITLSError,
    AsyncRunloop,
    ClientClosedError,
    ConflictError,
    InternalServerError,
    NotFoundError,
    RateLimitError,
)
from runloop_async.credentials import Secret
from runloop_async.errors import (
    APIResponseValidationError,
    ProtocolError,
    RedirectError,
)
from runloop_async.events import Event, Failed, Responded, Sent, Throttled
from runloop_async.testing import Emulator, delay, status, wrong_type
from runloop_async.testing.state.devboxes.devboxes import DEVBOXES
from tests.cancelling import CancelledAt, cancelled_after
from tests.rawserver import Connection, Incoming, RawServer, http, then_close
from tests.served import certificate, served


@pytest.fixture
async def api() -> AsyncIterator[Emulator]:
    # The key of a tunnel is not the API's, and the API's does not go there.
    async with Emulator(bearer_token="secret") as emulator:
        emulator.devboxes.add(id="dbx")
        emulator.commands.add("ls", stdout="a\n")
        yield emulator


@pytest.fixture
async def client(api: Emulator) -> AsyncIterator[AsyncRunloop]:
    async with AsyncRunloop(
        bearer_token="secret",
        base_url=api.url,
        max_retries=0,
    ) as made:
        yield made


async def test_a_terminal_is_typed_into_until_it_ends(
    client: AsyncRunloop, api: Emulator
) -> None:
    shown = b""
    async with client.pty.attach("dbx", "work", cols=100, rows=40) as terminal:
        async for data in terminal:
            shown += data
            if shown == b"$ ":
                await terminal.send("ls\n")
            elif shown.endswith(b"a\r\n$ "):
                await terminal.send(b"exit\n")

    assert shown == b"$ ls\r\na\r\n$ "
    assert api.requests[-2].query == {"cols": "100", "rows": "40"}


async def test_it_is_resized_signalled_and_ended(client: AsyncRunloop) -> None:
    async with client.pty.attach("dbx") as terminal:
        await terminal.resize(120, 50)
        await terminal.signal("SIGINT")
        await terminal.end()
        assert [data async for data in terminal] == [b"$ "]
        with pytest.raises(APIConnectionError, match="is closed, or broke"):
            await terminal.send("x")

    async with client.pty.attach("dbx") as again:
        assert again.session_name == "main"
        assert await anext(aiter(again)) == b"$ "


async def test_one_client_at_a_time_is_attached(client: AsyncRunloop) -> None:
    async with client.pty.attach("dbx"):
        with pytest.raises(ConflictError) as raised:
            async with client.pty.attach("dbx"):
                pytest.fail("it is not to be attached")
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None


async def test_a_connection_that_breaks_is_told(
    client: AsyncRunloop, api: Emulator
) -> None:
    async with client.pty.attach("dbx") as terminal:
        shown = aiter(terminal)
        assert await anext(shown) == b"$ "
        api.drop_connections()
        with pytest.raises(APIConnectionError, match="attach to it again"):
            await anext(shown)


async def test_what_cannot_be_attached_to_is_told(
    client: AsyncRunloop, api: Emulator
) -> None:
    api.faults.add(status(502), path="/pty/broken")
    with pytest.raises(InternalServerError):
        async with client.pty.attach("dbx", "broken"):
            pytest.fail("there is none")
    api.faults.add(wrong_type("connect_url", None), path="/pty/nowhere")
    with pytest.raises(APIResponseValidationError, match="has no connect_url"):
        async with client.pty.attach("dbx", "nowhere"):
            pytest.fail("there is none")
    api.faults.add(wrong_type("connect_url", ":1/x"), path="/pty/away")
    with pytest.raises(APIConnectionError, match="could not connect"):
        async with client.pty.attach("dbx", "away"):
            pytest.fail("there is none")
    with pytest.raises(ValueError, match="session_name"):
        client.pty.attach("dbx", "a/b")
    with pytest.raises(ValueError, match="cols"):
        client.pty.attach("dbx", cols=0)
    assert len(api.world.table(DEVBOXES).rows) == 1


TOKEN = "token-of-a-tunnel"


async def silent(_: Incoming, peer: Connection) -> None:
    await peer.until_left()


async def attached(client: AsyncRunloop, socket_url: str) -> None:
    """Attach to a terminal whose WebSocket is elsewhere."""
    runner = client._runner  # pyright: ignore[reportPrivateUsage]
    async with runner.socket(socket_url, Secret(TOKEN)):
        pytest.fail("nothing answers")


async def test_a_handshake_that_is_not_answered_has_a_timeout() -> None:
    async with served(silent, timeout=0.2) as (server, client):
        with pytest.raises(APITimeoutError) as caught:
            await attached(client, f"ws://127.0.0.1:{server.port}/pty")
        assert client.stats().requests == len(server.requests) == 1
    error = caught.value
    assert not shows_token(error)
    assert (error.phase, error.sent) == ("read", None)  # it was sent
    assert error.elapsed_s is not None
    assert error.elapsed_s > 0.1


async def test_a_handshake_that_breaks_off_may_have_been_carried_out() -> None:
    async with served(then_close(b"")) as (server, client):
        with pytest.raises(APIConnectionError) as caught:
            await attached(client, f"ws://127.0.0.1:{server.port}/pty")
        assert client.stats().requests == 1
    assert (caught.value.phase, caught.value.sent) == ("read", None)


@pytest.mark.parametrize("url", ["ws://127.0.0.1:1/pty", "ws://a..b/pty"])
async def test_a_handshake_that_cannot_connect_was_not_sent(url: str) -> None:
    async with served(silent) as (_, client):
        with pytest.raises(APIConnectionError, match="could not connect") as caught:
            await attached(client, url)
        assert client.stats().requests == 0
    assert (caught.value.phase, caught.value.sent) == ("connect", False)


async def test_a_handshake_is_within_the_deadline_of_the_client() -> None:
    async with served(silent, deadline=0.2) as (server, client):
        with pytest.raises(APITimeoutError):
            await attached(client, f"ws://127.0.0.1:{server.port}/pty")


async def test_closing_the_client_ends_a_handshake() -> None:
    async with served(silent) as (server, client):
        url = f"ws://127.0.0.1:{server.port}/pty"
        task = asyncio.ensure_future(attached(client, url))
        await server.has_got(1)
        await client.aclose()
        with pytest.raises(ClientClosedError):
            await task


async def test_a_certificate_is_called_bad_for_terminals_too() -> None:
    async with served(silent, tls=certificate("localhost")) as (server, client):
        with pytest.raises(APITLSError, match="verify"):
            await attached(client, f"wss://127.0.0.1:{server.port}/pty")


async def test_opening_one_is_counted_and_told_of(api: Emulator) -> None:
    events = list[Event]()
    async with AsyncRunloop(
        bearer_token="secret", base_url=api.url, on_event=events.append
    ) as client:
        await visit(client)
        assert client.stats().requests == 3  # the tunnel, the session, the WebSocket

    sent, responded = events[-2:]
    assert isinstance(sent, Sent)
    assert isinstance(responded, Responded)
    assert (sent.call, sent.route) == (3, "{connect_url}")
    assert responded.status == 101
    assert responded.latency_s > 0


@pytest.mark.parametrize("code", [429, 503, 404, 302, 204, 101])
async def test_what_refuses_one_is_told_as_for_any_request(code: int) -> None:
    events = list[Event]()
    refusal = http(b"", "Retry-After: 7", "X-Request-Id: r1", status=code)
    async with served(refusal, on_event=events.append) as (server, client):
        with pytest.raises(APIError) as caught:
            await attached(client, f"ws://127.0.0.1:{server.port}/pty")
        stats = client.stats()

    error = caught.value
    assert (stats.requests, stats.throttled) == (1, code in {429, 503})
    assert (error.attempts, error.method, error.route) == (1, "GET", "{connect_url}")
    assert type(error) is {
        429: RateLimitError,
        503: InternalServerError,
        404: NotFoundError,
        302: RedirectError,
    }.get(code, ProtocolError)
    if isinstance(error, APIStatusError):
        assert (error.retry_after, error.request_id) == (7.0, "r1")
    if isinstance(error, ProtocolError):
        assert str(error).startswith(f"the server opened no WebSocket: HTTP {code}, ")
    kinds = [type(event) for event in events]
    assert kinds[:3] == [Sent, Responded, Failed]
    assert kinds[3:] == [Throttled] * stats.throttled


async def test_cancelling_a_handshake_shows_no_token() -> None:
    async with served(silent) as (server, client):
        url = f"ws://127.0.0.1:{server.port}/pty"
        task = asyncio.ensure_future(attached(client, url))
        await server.has_got(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
    assert not shows_token(caught.value)


async def test_closing_the_client_ends_a_terminal(
    client: AsyncRunloop, api: Emulator
) -> None:
    del api
    async with client.pty.attach("dbx") as terminal:
        shown_there = aiter(terminal)
        assert await anext(shown_there) == b"$ "
        waiting = asyncio.ensure_future(anext(shown_there))
        await asyncio.sleep(0)
        await client.aclose()
        with pytest.raises(ClientClosedError):
            await waiting


def shows_token(error: BaseException) -> bool:
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    return TOKEN in "".join(told.format())


async def until_detached(client: AsyncRunloop) -> None:
    """Attach again, which the emulator refuses while another is attached."""
    while True:
        with suppress(ConflictError):
            async with client.pty.attach("dbx"):
                return
        await asyncio.sleep(0.001)


async def visit(client: AsyncRunloop) -> None:
    async with client.pty.attach("dbx") as terminal:
        async for data in terminal:
            if data == b"$ ":
                await terminal.send(b"exit\n")


@pytest.mark.parametrize("ended", [CancelledAt, cancelled_after])
async def test_a_cancellation_at_any_step_leaves_no_terminal_attached(
    client: AsyncRunloop,
    ended: Callable[[Awaitable[None], int], Awaitable[bool]],
) -> None:
    steps = 0
    async with asyncio.timeout(60):
        while not await ended(visit(client), steps):
            steps += 1
            assert client.stats().in_flight == 0
            await until_detached(client)
    assert steps > 4
    assert client.stats().connections == 1


@pytest.mark.parametrize("is_given", [False, True])
async def test_its_token_goes_to_no_other_server(is_given: bool) -> None:
    async with (
        RawServer(http(b"", status=404)) as elsewhere,
        aiohttp.ClientSession(raise_for_status=True) as session,
    ):
        moved = http(b"", f"Location: {elsewhere.url}/ws", status=302)
        options: dict[str, Any] = {"session": session} if is_given else {}
        async with served(moved, **options) as (server, client):
            with pytest.raises(RedirectError):
                await attached(client, f"ws://127.0.0.1:{server.port}/pty")
            assert client.stats().requests == 1

    assert elsewhere.requests == []


@pytest.mark.parametrize(
    "options", [{"raise_for_status": True}, {"timeout": aiohttp.ClientTimeout(0.05)}]
)
async def test_a_session_of_yours_changes_no_terminal(
    api: Emulator, options: Any
) -> None:
    api.faults.add(delay(0.1), path="*/ws")
    async with aiohttp.ClientSession(**options) as session:
        client = AsyncRunloop(base_url=api.url, bearer_token="secret", session=session)
        async with client.pty.attach("dbx"):
            with pytest.raises(ConflictError):
                async with client.pty.attach("dbx"):
                    pytest.fail("there is a client already")


async def test_a_terminal_can_be_read_with_a_timeout(api: Emulator) -> None:
    client = AsyncRunloop(base_url=api.url, bearer_token="secret")
    async with client, client.pty.attach("dbx") as terminal:
        assert await anext(terminal) == b"$ "
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(terminal), 0.01)
        await terminal.send("exit\r")
        assert [data async for data in terminal] == []
