"""A call that is cancelled, at whatever step, leaves nothing behind."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

from runloop_async import AsyncRunloop, Limits, PollingConfig, RetryPolicy
from tests.cancelling import CancelledAt, cancelled_after
from tests.rawserver import (
    Connection,
    Incoming,
    RawServer,
    chunked,
    http,
    http_json,
    then_hang,
)
from tests.samples import devbox, page, run
from tests.sends import KEY
from tests.served import served
from tests.turns import settle

SLOTS: Final = 2
PIECES: Final = (b"one ", b"two ", b"three")


@attrs.define
class Server:
    """Answers in pieces, so that there are many steps; or all at once at a gate."""

    gate: asyncio.Barrier | None = None
    looks: int = 0

    async def answer(self, request: Incoming, connection: Connection) -> None:
        if self.gate is not None:
            await self.gate.wait()
            await connection.send(http_json(run()))
        elif "download" in request.target:
            await connection.send(chunked())
            for piece in (*PIECES, b""):
                await asyncio.sleep(0)
                await connection.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        elif "/devboxes/" in request.target:
            self.looks += 1
            status = "running" if self.looks % 2 else "provisioning"
            await connection.send(http_json(devbox(status=status)))
        elif request.target.endswith("/bmr_503") and self.looks % 2 == 0:
            self.looks += 1
            await connection.send(http(status=503))
        elif "/bmr_" in request.target:
            self.looks += 1
            await connection.send(http_json(run()))
        else:
            items = [run(f"bmr_{number}") for number in range(2)]
            more = "starting_after" not in request.target
            await connection.send(http_json(page("runs", *items, has_more=more)))


Ask = Callable[[AsyncRunloop, Path], Awaitable[Any]]
WORK: dict[str, Ask] = {
    "retrieve": lambda client, _: client.benchmark_runs.retrieve("bmr_1"),
    "a retry": lambda client, _: client.benchmark_runs.retrieve("bmr_503"),
    "list": lambda client, _: client.benchmark_runs.list().all(),
    "bulk": lambda client, _: client.bulk(
        [client.benchmark_runs.retrieve(f"bmr_{number}") for number in range(5)]
    ),
    "download": lambda client, folder: client.benchmark_runs.download_logs(
        "bmr_1"
    ).write_to_file(folder / "logs"),
    "wait": lambda client, _: client.devboxes.await_running(
        "dbx_1", polling_config=PollingConfig(interval_seconds=0.001)
    ),
}


@pytest.mark.parametrize("ended", [CancelledAt, cancelled_after])
@pytest.mark.parametrize("ask", WORK.values(), ids=WORK)
async def test_a_cancellation_leaves_nothing_behind(
    ask: Ask, ended: Callable[[Awaitable[Any], int], Awaitable[bool]], tmp_path: Path
) -> None:
    behaviour = Server()
    async with asyncio.timeout(60), RawServer(behaviour.answer) as server:
        client = AsyncRunloop(
            base_url=server.url,
            bearer_token=KEY,
            limits=Limits(api=SLOTS, transfer=SLOTS, wait=SLOTS),
            retry=RetryPolicy(backoff=0.001),
        )
        steps = 0
        while not await ended(call_of(ask, client, tmp_path), steps):
            steps += 1
            assert not await asyncio.to_thread(lambda: [*tmp_path.glob(".*")])
        await settle()
        behaviour.gate = asyncio.Barrier(SLOTS)
        reads = [client.benchmark_runs.retrieve("bmr_1") for _ in range(SLOTS)]
        logs = [client.benchmark_runs.download_logs("bmr_1") for _ in range(SLOTS)]
        await asyncio.gather(*reads)
        await asyncio.gather(*logs)
        await client.aclose()
        await server.is_left()

    assert steps > 1
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_write_that_is_cancelled_leaves_a_line_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "runloop_async")
    async with (
        RawServer(then_hang()) as server,
        AsyncRunloop(base_url=server.url, bearer_token=KEY) as client,
    ):
        read = client.benchmark_runs.retrieve("bmr_1").start()
        write = client.benchmarks.create(name="b").start()
        for count, work in enumerate([read, write], 1):
            task = asyncio.ensure_future(work)
            await server.has_got(count)
            task.cancel()
            await asyncio.wait([task])

    lines = [line for line in caplog.messages if "may be carried out" in line]
    assert len(lines) == 1
    assert "/v1/benchmarks" in lines[0]


async def call_of(ask: Ask, client: AsyncRunloop, folder: Path) -> Any:
    return await ask(client, folder)


@pytest.mark.parametrize("end", ["close", "throw"])
async def test_a_call_that_is_given_up_by_hand_in_the_queue_keeps_no_place(
    end: str,
) -> None:
    async with served(then_hang(), http_json(run()), limits=Limits(api=1)) as (
        server,
        client,
    ):
        first = asyncio.ensure_future(client.benchmark_runs.retrieve("bmr_1"))
        await server.has_got(1)
        waiting = client.benchmark_runs.retrieve("bmr_1")
        waiting.send(None)

        if end == "close":
            waiting.close()
        else:
            with pytest.raises(ZeroDivisionError):
                waiting.throw(ZeroDivisionError())

        assert client.stats().waiting == 0
        first.cancel()
        await asyncio.wait([first])
        async with asyncio.timeout(5):
            await client.benchmark_runs.retrieve("bmr_1")
        assert client.stats().in_flight == 0
