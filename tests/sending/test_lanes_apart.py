"""Each kind of work has a lane of its own, and waits for no other."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from runloop_async import (
    APIConnectionError,
    AsyncRunloop,
    ClientClosedError,
    Limits,
)
from runloop_async.pacing import Concurrency, Governor, RetryBudget
from runloop_async.pacing.gate import Gate
from runloop_async.testing import Emulator, Phases
from runloop_async.wire.request import Workload
from tests.sends import KEY
from tests.simulation import GET, SimulatedClock, simulated
from tests.testing.talk import until

TEXT = "x" * 300_000


@pytest.fixture
async def api() -> AsyncIterator[Emulator]:
    async with Emulator(speed=50.0, phases=Phases(boot=5.0)) as emulator:
        yield emulator


@pytest.fixture
async def client(api: Emulator) -> AsyncIterator[AsyncRunloop]:
    async with AsyncRunloop(bearer_token=KEY, base_url=api.url) as made:
        yield made


async def test_boxes_are_copied_from_one_to_the_other_at_once(
    api: Emulator, client: AsyncRunloop
) -> None:
    async def copy(number: int) -> None:
        source = api.devboxes.add(files={"/f": f"{number}{TEXT}"})["id"]
        target = client.devboxes.box(api.devboxes.add()["id"])
        async with client.devboxes.download_file(source, path="/f").stream() as file:
            await target.upload("/f", file.chunks())
        assert await target.read("/f") == f"{number}{TEXT}"

    async with asyncio.timeout(60):
        await asyncio.gather(*map(copy, range(64)))


async def test_open_streams_keep_nothing_else_waiting(
    api: Emulator, client: AsyncRunloop
) -> None:
    axon = api.axons.add()["id"]
    box = client.devboxes.box(api.devboxes.add()["id"])
    api.commands.add("work", stdout="done", seconds=2.0)

    async def boot() -> None:
        async with client.devboxes.open():
            pass

    async with AsyncExitStack() as stack:
        streams = [
            asyncio.create_task(
                stack.enter_async_context(client.axons.subscribe_sse(axon))
            )
            for _ in range(300)
        ]
        async with asyncio.timeout(60):
            work = [box.exec("work", stdout=print) for _ in range(20)]
            await asyncio.gather(*work, *(boot() for _ in range(20)))
        for stream in streams:
            stream.cancel()
        await asyncio.gather(*streams, return_exceptions=True)


async def test_small_files_are_short_calls(api: Emulator, client: AsyncRunloop) -> None:
    box = client.devboxes.box(api.devboxes.add(files={"/f": "text"})["id"])
    async with AsyncExitStack() as stack:
        for _ in range(8):
            await stack.enter_async_context(box.download("/f").stream())
        async with asyncio.timeout(30):
            await box.write("/g", await box.read("/f"))


async def test_terminals_are_streams(api: Emulator, client: AsyncRunloop) -> None:
    devbox = api.devboxes.add()["id"]
    async with client.pty.attach(devbox):
        assert client.stats().stream.in_flight == 1
    assert client.stats().stream.in_flight == 0
    one = AsyncRunloop(
        bearer_token=KEY, base_url=api.url, limits=Limits(stream=1), deadline=0.2
    )
    async with one, one.pty.attach(devbox):
        with pytest.raises(TimeoutError, match="deadline"):
            async with one.pty.attach(devbox, "other"):
                pytest.fail("there is no slot for it")


def test_who_waits_for_long_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    async def wait() -> None:
        clock = SimulatedClock(0)
        governor = Governor(Concurrency(2, is_fixed=True), RetryBudget())
        gate = Gate(governor, clock, name=Workload.UPLOAD.value, slow_s=30.0)
        for _ in range(2):
            assert gate.enter(clock.now(), GET)
        turns = [gate.join(GET) for _ in range(3)]
        await clock.sleep(29.0)
        assert gate.waited(clock.now()) == pytest.approx(29.0, abs=0.1)
        assert caplog.text == ""
        await clock.sleep(60.0)
        turns.append(gate.join(GET))
        await clock.sleep(60.0)
        for turn in turns:
            turn.cancel()
            gate.desert(turn)
        assert gate.waited(clock.now()) == 0.0

    with caplog.at_level(logging.WARNING, "runloop_async"):
        simulated(wait())

    (record,) = caplog.records
    assert "3 calls wait for one of 2 slots of the lane 'upload'" in record.message


def test_who_waits_for_something_else_is_not_told_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def wait() -> None:
        clock = SimulatedClock(0)
        governor = Governor(Concurrency(2, is_fixed=True), RetryBudget())
        gate = Gate(governor, clock, slow_s=30.0)
        for _ in range(2):
            assert gate.enter(clock.now(), GET)
        short = gate.join(GET)
        await clock.sleep(10.0)
        gate.leave(0.0)
        await short
        await clock.sleep(10.0)
        turn = gate.join(GET)
        await clock.sleep(20.0)
        gate.close()
        assert turn.done()

    simulated(wait())

    assert caplog.text == ""


async def test_a_terminal_that_waits_ends_with_the_client(api: Emulator) -> None:
    devbox = api.devboxes.add()["id"]
    client = AsyncRunloop(bearer_token=KEY, base_url=api.url, limits=Limits(stream=1))
    async with client.pty.attach(devbox):
        for end, error in ((release, APIConnectionError), (close, ClientClosedError)):
            waiting = asyncio.create_task(attached(client, devbox))
            await until(lambda: client.stats().stream.waiting == 1)
            await end(client)
            with pytest.raises(error):
                await waiting


async def attached(client: AsyncRunloop, devbox: str) -> None:
    async with client.pty.attach(devbox, "other"):
        pytest.fail("there is no slot for it")


async def release(client: AsyncRunloop) -> None:
    """End the waits, as an outage does."""
    lanes = client._lanes  # pyright: ignore[reportPrivateUsage]
    lanes[Workload.STREAM].gate.release()


async def close(client: AsyncRunloop) -> None:
    await client.aclose()


async def test_nothing_can_be_uploaded(client: AsyncRunloop) -> None:
    made = await client.objects.upload_from_bytes(b"", "o")

    assert await client.objects.download_as_bytes(made.id) == b""
