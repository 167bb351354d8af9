"""Terminals that are attached to, through their tunnels."""

from collections.abc import AsyncIterator

import pytest

from runloop_async import (
    APIConnectionError,
    AsyncRunloop,
    ConflictError,
    InternalServerError,
)
from runloop_async.errors import APIResponseValidationError
from runloop_async.testing import Emulator, status, wrong_type
from runloop_async.testing.state.devboxes.devboxes import DEVBOXES


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
    with pytest.raises(APIConnectionError, match="cannot connect"):
        async with client.pty.attach("dbx", "away"):
            pytest.fail("there is none")
    with pytest.raises(ValueError, match="session_name"):
        client.pty.attach("dbx", "a/b")
    with pytest.raises(ValueError, match="cols"):
        client.pty.attach("dbx", cols=0)
    assert len(api.world.table(DEVBOXES).rows) == 1
