"""Whatever happens, a client claims nothing that the server's log contradicts.

`make truth` plays ten thousand calls on each path.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from typing import Final

import attrs
import pytest

from runloop_async import AsyncRunloop, Limits, RetryPolicy, Timeouts
from runloop_async.models.benchmark_runs import BenchmarkRunView
from runloop_async.models.benchmarks import BenchmarkView
from runloop_async.resources.benchmark_runs import BenchmarkRuns
from tests.rawserver import RawServer
from tests.sends import KEY
from tests.truth import CALM, FAULTS, FILE, Plan, contradictions
from tests.turns import settle

SEEDS: Final = int(os.environ.get("TRUTH_SEEDS", "4"))
CALLS: Final = 100
"""In each schedule."""
SLOTS: Final = 16


@attrs.frozen
class Play:
    """A call under way."""

    number: int
    is_write: bool
    task: asyncio.Task[object]


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_the_servers_log_contradicts_no_claim(
    seed: int, path: str, tmp_path: Path
) -> None:
    random = Random(seed)
    is_calm = seed % 2 == 0
    plan = Plan(seed, CALM if is_calm else FAULTS)
    async with asyncio.timeout(60), RawServer(plan.answer) as server:
        client = AsyncRunloop(
            base_url=server.url,
            bearer_token=KEY,
            limits=Limits(api=SLOTS, transfer=SLOTS),
            retry=RetryPolicy(backoff=0.002, max_retries=2),
            timeout=Timeouts(total=0.1, idle=0.1, connect=5.0),
        )
        plays = [played(client, number, random, tmp_path) for number in range(CALLS)]
        disturbing = [disturbed(play.task, random) for play in plays]
        if seed % 4 == 1:
            disturbing.append(closed(client, plays, random))
        await asyncio.gather(*disturbing)
        ends = await asyncio.gather(*(p.task for p in plays), return_exceptions=True)
        if seed % 4 != 1:
            await all_slots_are_free(client, plan)
        await client.aclose()
        await server.is_left()

    wrong = [
        f"{play.number}: {end!r} after {[f.name for f in log.faults]}: not so: {claim}"
        for play, end in zip(plays, ends, strict=True)
        for log in [plan.log(play.number)]
        for claim in contradictions(log, end, is_write=play.is_write)
    ]
    assert "\n".join(wrong) == ""
    stats, arrived = client.stats(), len(server.requests)
    assert stats.requests >= arrived
    assert stats.retries >= sum(max(0, log.arrived - 1) for log in plan.logs.values())
    if is_calm and path == "direct":  # aiohttp's session writes bodies a turn later
        assert stats.requests == arrived
    assert not await asyncio.to_thread(lambda: [*tmp_path.glob(".*")])
    assert asyncio.all_tasks() == {asyncio.current_task()}


def played(client: AsyncRunloop, number: int, random: Random, folder: Path) -> Play:
    """Begin a call."""
    limited = client.with_options(
        deadline=random.choice([None, None, None, 0.01, 0.05, 0.2])
    )
    runs = limited.benchmark_runs
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "read": lambda: runs.retrieve(f"bmr_{number}"),
        "write": lambda: limited.benchmarks.create(name=str(number)),
        "bytes": lambda: runs.download_logs(f"bmr_{number}"),
        "file": lambda: written(runs, number, folder / str(number)),
    }
    kind = random.choice([*calls])
    task = asyncio.ensure_future(checked(calls[kind](), number))
    return Play(number, kind == "write", task)


async def written(runs: BenchmarkRuns, number: int, path: Path) -> bytes:
    """Download a file, and return what is in it."""
    await runs.download_logs(f"bmr_{number}").write_to_file(path)
    return path.read_bytes()  # noqa: ASYNC240 - some kilobytes


async def checked(call: Awaitable[object], number: int) -> object:
    """Await a call, and see that the value is its own."""
    value = await call
    match value:
        case BenchmarkRunView():
            assert value.id == f"bmr_{number}"
        case BenchmarkView():
            assert value.name == str(number)
        case _:
            assert value == number.to_bytes(4, "big") + FILE
    return value


async def disturbed(task: asyncio.Task[object], random: Random) -> None:
    """Cancel some calls, at some moment."""
    fate = random.random()
    delay_s = random.random() / 20
    if fate < 0.1:
        for _ in range(int(delay_s * 1000)):
            await asyncio.sleep(0)
    elif fate < 0.2:
        await asyncio.sleep(delay_s)
    else:
        return
    task.cancel()


async def closed(client: AsyncRunloop, plays: list[Play], random: Random) -> None:
    """Close a client while calls are under way."""
    first = [play.task for play in plays[: CALLS // 2]]
    await asyncio.wait(first, timeout=random.random() / 10)
    await client.aclose()


async def all_slots_are_free(client: AsyncRunloop, plan: Plan) -> None:
    """See that as many calls as there are slots get to the server at once."""
    long = Timeouts.of(30)
    # On a slow machine all may have timed out. One success ends what looks so down.
    plan.gate = asyncio.Barrier(1)
    last = client.benchmark_runs.retrieve(f"bmr_{CALLS + 2 * SLOTS}")
    await last.with_options(timeout=long)
    plan.gate = asyncio.Barrier(SLOTS)
    numbers = range(CALLS, CALLS + SLOTS)
    reads = [client.benchmark_runs.retrieve(f"bmr_{number}") for number in numbers]
    files = [client.benchmark_runs.download_logs(f"bmr_{n + SLOTS}") for n in numbers]
    for calls in reads, files:
        await asyncio.gather(*(call.with_options(timeout=long) for call in calls))
    await settle()
