"""Rows 54 to 67: cancelling, closing, and other loops and processes."""

import asyncio
import logging
import os
import random
import sys
from typing import Any

import pytest

from runloop_async import (
    AsyncRunloop,
    ClientClosedError,
    EventLoopError,
    Limits,
    Repeatable,
    RunloopError,
)
from tests.fakes import FakeClock
from tests.rawserver import Connection, Incoming, RawServer, http, http_json, then_hang
from tests.samples import ACCOUNT, devbox
from tests.sends import KEY
from tests.served import served
from tests.turns import settle

FINE = http_json(ACCOUNT)
ONE = Limits(api=1)


async def test_rows_54_and_58_who_leaves_the_queue_holds_up_nobody() -> None:
    async with served(then_hang(), FINE, limits=ONE) as (server, client):
        first = asyncio.create_task(client.accounts.me().start())
        await server.has_got(1)
        waiting = [asyncio.create_task(client.accounts.me().start()) for _ in range(9)]
        await settle()
        for task in [*waiting, first]:
            task.cancel()
        await asyncio.gather(first, *waiting, return_exceptions=True)

        assert (await client.accounts.me()).id == "acc_1"
        assert len(server.requests) == 2


async def test_row_56_a_cancelled_write_is_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with served(then_hang()) as (server, client):
        call = asyncio.create_task(client.devboxes.create().start())
        await server.has_got(1)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)

    assert "was cancelled, and may be carried out" in caplog.text


async def test_row_57_a_call_that_is_cancelled_in_its_backoff_sends_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sleeping = asyncio.Event()

    async def sleep(_: FakeClock, __: float) -> None:
        sleeping.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(FakeClock, "sleep", sleep)
    async with served(http(status=503)) as (server, client):
        call = asyncio.create_task(client.accounts.me().start())
        await sleeping.wait()
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        await settle()

        assert len(server.requests) == 1


async def test_row_60_cancelled_at_random_moments() -> None:
    dice = random.Random(60)

    async def some_time_later(_: Incoming, connection: Connection) -> None:
        for turn in range(dice.randrange(20)):
            await asyncio.sleep(turn * 0)
        await connection.send(FINE)

    limits = Limits(api=20)
    async with served(some_time_later, limits=limits) as (server, client):
        before = asyncio.all_tasks()
        calls = [asyncio.create_task(client.accounts.me().start()) for _ in range(1500)]
        for call in dice.sample(calls, len(calls)):
            for _ in range(dice.randrange(4)):
                await asyncio.sleep(0)
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

        assert (await client.accounts.me()).id == "acc_1"
        assert {task for task in asyncio.all_tasks() - before if task in calls} == set()
    assert server.most_open <= 21


async def test_row_61_a_bulk_that_is_cancelled_leaves_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with served(then_hang(), limits=Limits(api=50)) as (server, client):
        before = asyncio.all_tasks()
        calls = (client.accounts.me() for _ in range(10_000))
        bulk = asyncio.create_task(client.bulk(calls).start())
        await server.has_got(50)
        bulk.cancel()
        await asyncio.gather(bulk, return_exceptions=True)
        await server.is_left()
        await settle()

        assert asyncio.all_tasks() <= before
    assert "never retrieved" not in caplog.text


async def test_row_62_closing_ends_what_is_under_way() -> None:
    async with served(then_hang(), limits=Limits(api=50)) as (server, client):
        reads = [client.accounts.me() for _ in range(25)]
        writes = [client.devboxes.create() for _ in range(25)]
        every: list[Repeatable[Any]] = [*reads, *writes]
        calls = [asyncio.create_task(call.start()) for call in every]
        await server.has_got(50)
        await client.aclose()
        errors: list[Any] = await asyncio.gather(*calls, return_exceptions=True)

        assert len(server.requests) == 50
    assert {type(error) for error in errors} == {ClientClosedError}
    assert [error.ambiguous for error in errors] == [False] * 25 + [True] * 25


async def test_row_63_a_closed_client_sends_nothing() -> None:
    async with RawServer(FINE) as server:
        client = AsyncRunloop(base_url=server.url, bearer_token=KEY)
        await client.aclose()
        with pytest.raises(ClientClosedError):
            await client.accounts.me()

    assert server.connections == 0


async def test_row_64_closing_again_and_at_once() -> None:
    async with served(FINE) as (_, client):
        await client.accounts.me()
        await asyncio.gather(client.aclose(), client.aclose())
        await client.aclose()

    assert client.is_closed


async def test_row_64_the_error_within_the_block_wins() -> None:
    async def fail() -> None:
        async with served(FINE) as (_, client):
            await client.accounts.me()
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await fail()


async def test_row_65_a_close_that_was_forgotten_is_told_once() -> None:
    program = (
        "import asyncio, sys\n"
        "from runloop_async import AsyncRunloop\n"
        "client = AsyncRunloop(base_url=sys.argv[1], bearer_token=sys.argv[2])\n"
        "async def main(): await client.accounts.me()\n"
        "asyncio.run(main())"
    )
    async with RawServer(FINE) as server:
        done = await asyncio.create_subprocess_exec(
            *(sys.executable, "-W", "default", "-c", program, server.url, KEY),
            stderr=asyncio.subprocess.PIPE,
        )
        _, said = await asyncio.wait_for(done.communicate(), 60)

    text = said.decode()
    assert text.count("ResourceWarning: the AsyncRunloop made at") == 1
    assert KEY not in text
    assert "Traceback" not in text


def test_row_66_another_loop_is_told() -> None:
    async def ask(client: AsyncRunloop) -> None:
        await client.accounts.me()

    async def first() -> AsyncRunloop:
        async with RawServer(FINE) as server:
            client = AsyncRunloop(base_url=server.url, bearer_token=KEY)
            await ask(client)
            return client

    client = asyncio.run(first())
    with pytest.raises(EventLoopError):
        asyncio.run(ask(client))
    asyncio.run(client.aclose())


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
async def test_row_67_the_child_of_a_fork_does_not_use_the_connections() -> None:
    async with served(FINE, FINE, http_json(devbox())) as (server, client):
        await client.accounts.me()
        reading, writing = os.pipe()
        if not (child := os.fork()):  # pragma: no cover - in the child
            os.write(writing, _asked_in_a_child(client).encode())
            os._exit(0)
        os.close(writing)
        told = await asyncio.to_thread(os.read, reading, 1000)
        os.close(reading)
        await asyncio.to_thread(os.waitpid, child, 0)

        assert (await client.accounts.me()).id == "acc_1"
        assert (server.connections, len(server.requests)) == (1, 2)
    assert told == b"EventLoopError"


def _asked_in_a_child(client: AsyncRunloop) -> str:  # pragma: no cover - in the child
    async def ask() -> str:
        try:
            await client.accounts.me()
        except RunloopError as error:
            return type(error).__name__
        return "it was sent"

    asyncio.events._set_running_loop(None)
    return asyncio.run(ask())
