"""Devboxes and objects are not lost on their way: they are ended, or named."""

import asyncio
import os
import random
import re
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest

from runloop_async import (
    APIConnectionError,
    APIError,
    AsyncRunloop,
    RunloopError,
)
from runloop_async.options import RetryPolicy
from runloop_async.resources.devboxes import opening
from runloop_async.resources.devboxes.opening import MARK
from runloop_async.testing import Emulator, Phases, delay, reset, status, wrong_type
from runloop_async.testing.state.devboxes.devboxes import DEVBOXES, ENDED
from runloop_async.testing.state.devboxes.disk_snapshots import SNAPSHOTS, disk_of
from runloop_async.testing.state.objects import OBJECTS
from tests.sends import KEY
from tests.testing.talk import until

SCHEDULES: Final = int(os.environ.get("SCHEDULES", "40"))
AT_ONCE, SLOW_S = (500, 10.0) if SCHEDULES > 40 else (100, 0.1)
QUICK: Final = RetryPolicy(backoff=0.001)


@pytest.fixture
async def client(api: Emulator) -> AsyncIterator[AsyncRunloop]:
    async with AsyncRunloop(bearer_token=KEY, base_url=api.url, retry=QUICK) as made:
        yield made


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_PAUSE_S", 0.01)


def left(api: Emulator) -> set[str]:
    """Return what runs, or waits for its content."""
    boxes = api.world.table(DEVBOXES).rows
    objects = api.world.table(OBJECTS).rows
    return {each["id"] for each in boxes if each["status"] not in ENDED} | {
        each["id"] for each in objects if each["state"] == "UPLOADING"
    }


def unnamed(api: Emulator, told: str) -> set[str]:
    """Return what is left and named nowhere: by its id, its mark or its name."""
    names = {
        row["id"]: row["metadata"].get(MARK, row["name"])
        for kind in (DEVBOXES, OBJECTS)
        for row in api.world.table(kind).rows
    }
    return {each for each in left(api) if each not in told and names[each] not in told}


async def opened(client: AsyncRunloop, seconds: float = 60.0) -> None:
    async with client.devboxes.open(metadata={"mine": "1"}) as box:
        await box.write("/a", "text")
        await asyncio.sleep(seconds)


async def test_a_cancelled_creation_leaves_nothing(
    api: Emulator, client: AsyncRunloop
) -> None:
    api.faults.add(delay(0.1), method="POST", path="/v1/devboxes")
    tasks = [asyncio.create_task(opened(client)) for _ in range(20)]
    await until(lambda: api.stats.in_flight > 5)
    for task in tasks:
        task.cancel()
        task.cancel()
    await asyncio.wait(tasks)

    assert all(task.cancelled() for task in tasks)
    assert left(api) == set()
    assert len(api.world.table(DEVBOXES).rows) < 20  # those not sent were not made


@pytest.mark.parametrize("fault", [reset(executed=True), wrong_type()])
async def test_a_creation_without_an_answer_leaves_nothing(
    fault: Any, api: Emulator, client: AsyncRunloop
) -> None:
    api.faults.add(fault, method="POST", path="/v1/devboxes", times=1)
    with pytest.raises(APIError) as caught:
        await opened(client)

    assert caught.value.ambiguous
    (row,) = api.world.table(DEVBOXES).rows
    assert row["metadata"].keys() == {"mine", MARK}
    assert caught.value.__notes__ == [
        f"the devbox {row['id']} was made all the same, and has been ended"
    ]
    assert left(api) == set()


async def test_what_cannot_be_found_is_named(
    api: Emulator, client: AsyncRunloop
) -> None:
    api.faults.add(reset(executed=True), method="POST", path="/v1/devboxes", times=1)
    api.faults.add(status(403), method="GET", path="/v1/devboxes")
    with pytest.raises(APIConnectionError) as caught:
        await opened(client)

    (row,) = api.world.table(DEVBOXES).rows
    assert f"{MARK}={row['metadata'][MARK]} may still run: HTTP 403" in str(
        caught.value.__notes__
    )


async def test_what_was_not_made_is_not_found(
    api: Emulator, client: AsyncRunloop
) -> None:
    api.faults.add(reset(), method="POST", path="/v1/devboxes", times=1)
    with pytest.raises(APIConnectionError) as caught:
        await opened(client)

    assert "may still run, though it was not found" in caught.value.__notes__[0]
    assert api.stats.executions["devboxes.list"] == 3


async def test_a_shutdown_waits_for_a_snapshot(
    api: Emulator, client: AsyncRunloop
) -> None:
    api.world.phases = Phases(snapshot=1e6)
    async with client.devboxes.open() as box:
        snapshot = await client.devboxes.snapshot_disk_async(box.id)
        completing = asyncio.create_task(completed_once_refused(api, snapshot.id))

    await completing
    assert left(api) == set()


async def completed_once_refused(api: Emulator, snapshot_id: str) -> None:
    await until(lambda: api.stats.by_status[409] > 0)
    snapshot = api.world.find(SNAPSHOTS, snapshot_id)
    disk_of(api.world, snapshot).status = "complete"


async def test_a_shutdown_does_not_wait_for_ever(
    api: Emulator, client: AsyncRunloop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_SNAPSHOT_S", 0.05)
    api.faults.add(status(409), path="*/shutdown")
    with pytest.raises(RunloopError) as caught:
        await opened(client, 0)

    (row,) = api.world.table(DEVBOXES).rows
    assert caught.value.__notes__ == [f"the devbox {row['id']} may still run"]


async def test_a_cancelled_shutdown_hurries_and_is_logged(
    api: Emulator,
    client: AsyncRunloop,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(opening, "GRACE_S", 0.05)
    api.faults.add(status(409), path="*/shutdown")
    task = asyncio.create_task(opened(client, 0))
    await until(lambda: api.stats.by_status[409] > 0)
    task.cancel()
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
    (row,) = api.world.table(DEVBOXES).rows
    assert f"the devbox {row['id']} may still run: HTTP 409" in caplog.text


async def test_one_that_is_gone_already_is_no_error(
    api: Emulator, client: AsyncRunloop
) -> None:
    api.faults.add(status(404), path="*/shutdown")
    await opened(client, 0)


async def test_a_flow_names_what_it_made(api: Emulator, client: AsyncRunloop) -> None:
    api.world.phases = Phases(boot=9e9)  # it has not booted when the answer comes
    api.faults.add(status(403), path="*/wait_for_status")
    with pytest.raises(APIError) as caught:
        await client.devboxes.create_and_await_running()

    (row,) = api.world.table(DEVBOXES).rows
    assert caught.value.__notes__ == [f"the devbox {row['id']} was created"]


async def test_a_snapshot_names_what_it_began(
    api: Emulator, client: AsyncRunloop
) -> None:
    box = client.devboxes.box(api.devboxes.add()["id"])
    api.faults.add(status(403), path="*/status")
    with pytest.raises(APIError) as caught:
        await box.snapshot()

    assert re.match(r"the snapshot snp_\w+ was begun", caught.value.__notes__[0])


async def test_hundreds_are_cancelled_at_once(
    api: Emulator, client: AsyncRunloop
) -> None:
    api.faults.add(delay(0.05), path="*/shutdown")
    tasks = [asyncio.create_task(opened(client)) for _ in range(200)]
    await until(lambda: api.stats.executions["devboxes.create"] > 100)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)

    assert left(api) == set()


@pytest.mark.parametrize("seed", range(SCHEDULES))
async def test_no_schedule_loses_anything(
    seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    dice = random.Random(seed)
    loses = dice.random() < 0.5
    phases = Phases(boot=dice.choice([0.0, 1.0, 5.0]))
    async with (
        Emulator(speed=200.0, seed=seed, phases=phases) as api,
        AsyncRunloop(
            bearer_token=KEY, base_url=api.url, retry=QUICK, max_retries=2
        ) as client,
    ):
        add_faults(api, dice, loses=loses)
        tasks = [
            asyncio.create_task(one(client, dice)) for _ in range(dice.randint(1, 8))
        ]
        for task in dice.sample(tasks, len(tasks)):
            await asyncio.sleep(dice.choice([0, 0, 0.001, 0.01, 0.05]))
            if dice.random() < 0.7:
                task.cancel()
                if dice.random() < 0.2:
                    await asyncio.sleep(0)
                    task.cancel()
        await all_are_accounted_for(api, tasks, caplog, loses=loses)


@pytest.mark.parametrize("seed", range(max(SCHEDULES // 250, 1)))
async def test_no_schedule_of_very_many_loses_anything(
    seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Shutdowns take from 0 to `SLOW_S` seconds, and wait for one another."""
    dice = random.Random(seed)
    loses = bool(seed % 2)
    async with (
        Emulator(speed=200.0, seed=seed) as api,
        AsyncRunloop(
            bearer_token=KEY, base_url=api.url, retry=QUICK, max_retries=2
        ) as client,
    ):
        for _ in range(10):
            slow = delay(max(dice.random() * SLOW_S, 0.001))
            api.faults.add(slow, path="*/shutdown", share=0.1)
        add_faults(api, dice, loses=loses)
        tasks = [asyncio.create_task(one(client, dice)) for _ in range(AT_ONCE)]
        await asyncio.sleep(dice.choice([0.05, 0.2, 0.5, 1.0]))
        for task in dice.sample(tasks, AT_ONCE * 9 // 10):
            task.cancel()
        await all_are_accounted_for(api, tasks, caplog, loses=loses)


async def all_are_accounted_for(
    api: Emulator,
    tasks: list[asyncio.Task[None]],
    caplog: pytest.LogCaptureFixture,
    *,
    loses: bool,
) -> None:
    """Check that what is left is named; without lost answers nothing is left."""
    await asyncio.wait(tasks, timeout=120)
    assert all(task.done() for task in tasks)
    await until(lambda: api.stats.in_flight == 0)
    errors = [each.exception() for each in tasks if not each.cancelled()]
    told = caplog.text + str([getattr(each, "__notes__", "") for each in errors])
    assert unnamed(api, told) == set()
    assert loses or left(api) == set()


def add_faults(api: Emulator, dice: random.Random, *, loses: bool) -> None:
    api.faults.add(delay(dice.choice([0.001, 0.02])), share=0.5, method="POST")
    if loses:
        share = dice.choice([0.1, 0.5])
        for path in ("/v1/devboxes", "/v1/objects", "*/shutdown", "*/delete"):
            api.faults.add(reset(executed=True), path=path, method="POST", share=share)
        api.faults.add(reset(), path="/v1/devboxes", method="GET", share=share)


async def one(client: AsyncRunloop, dice: random.Random) -> None:
    """Hold a devbox, or upload an object."""
    if dice.random() < 0.3:
        await client.objects.upload_from_bytes(b"x" * 1000, f"o{dice.random()}")
        return
    async with client.devboxes.open() as box:
        await asyncio.sleep(dice.choice([0, 0.01, 0.03]))
        if dice.random() < 0.3:
            await client.devboxes.snapshot_disk_async(box.id)
        if dice.random() < 0.3:
            raise KeyError


async def test_a_creation_that_is_refused_is_not_looked_for(
    api: Emulator, client: AsyncRunloop
) -> None:
    api.faults.add(status(400), method="POST", path="/v1/devboxes")
    with pytest.raises(APIError):
        await opened(client)

    assert api.stats.executions["devboxes.list"] == 0


@pytest.mark.parametrize("path", ["/v1/devboxes", "*/shutdown", "*/delete"])
def test_the_end_of_an_event_loop_leaves_nothing(
    path: str, caplog: pytest.LogCaptureFixture
) -> None:
    """At its end a loop cancels all of its tasks, also those that end a devbox."""
    retry = RetryPolicy(backoff=0.05)
    with Emulator(speed=100.0) as api:
        client = AsyncRunloop(bearer_token=KEY, base_url=api.url, retry=retry)

        async def main() -> None:
            tasks: list[asyncio.Task[Any]] = [
                asyncio.create_task(opened(client, 0)) for _ in range(5)
            ]
            api.faults.add(delay(0.02), path="/emulated-storage/*")
            api.faults.add(status(403), path="/emulated-storage/*")
            upload = client.objects.upload_from_bytes(b"x", "o")
            tasks.append(asyncio.create_task(upload))
            struck = api.faults.add(status(429), path=path, method="POST", times=6)
            await until(lambda: struck.hits > 0)
            assert not all(task.done() for task in tasks)

        asyncio.run(main())
        asyncio.run(client.aclose())

        assert unnamed(api, caplog.text) == set()
        boxes = {each for each in left(api) if each.startswith("dbx_")}
        assert path == "/v1/devboxes" or boxes == set()
