"""The cases that hold this library against a loop by hand or the official client."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import aiohttp
import orjson
from runloop_api_client import AsyncRunloop as Official
from runloop_api_client import DefaultAsyncHttpxClient

from benchmarks.fanout.cases import Figures, Turn, gathered
from benchmarks.fanout.watch import ids, log, percentile, rules, watched

_AT_ONCE: Final = (1, 4, 16, 64, 256, 1024)
Get = Callable[[str], Awaitable[object]]


@asynccontextmanager
async def _opened(kind: str, turn: Turn) -> AsyncGenerator[Get]:
    """Open a client; give what fetches a run with it."""
    if kind == "ours":
        async with turn.client() as client:
            yield client.benchmark_runs.retrieve
    elif kind == "official":
        http = DefaultAsyncHttpxClient(http2=turn.url.startswith("https"))
        async with Official(
            bearer_token="benchmark", base_url=turn.url, http_client=http
        ) as official:
            yield official.benchmark_runs.retrieve
    else:
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as session:

            async def get(name: str) -> Any:
                url = f"{turn.url}/v1/benchmark_runs/{name}"
                async with session.get(url) as response:
                    response.raise_for_status()
                    return orjson.loads(await response.read())

            yield get


async def _bounded(get: Get, names: Sequence[str], at_once: int) -> None:
    left = iter(names)

    async def work() -> None:
        for each in left:
            await get(each)

    await asyncio.gather(*(work() for _ in range(at_once)))


async def throughput(turn: Turn, kind: str) -> Figures:
    """Runs a second, with so many at a time."""
    rates = list[float]()
    async with _opened(kind, turn) as get:
        await _bounded(get, ids(64), 64)
        for at_once in _AT_ONCE:
            most = 1000 if kind == "official" else 20_000
            names = ids(turn.count(max(min(60 * at_once, most), 100)))
            async with watched() as watch:
                await _bounded(get, names, at_once)
            rates.append(len(names) / watch.wall_s)
    return {"at once": [*_AT_ONCE], "runs a second": rates}


async def throttled(turn: Turn, kind: str) -> Figures:
    """Ten seconds of what a limit allows: in one gather, or 100 at a time."""
    await rules(turn.url, bucket=[(0, 300)], retry_after=1)
    names = ids(int(100 * turn.seconds))
    async with _opened(kind, turn) as get:
        slots = asyncio.Semaphore(len(names) if kind == "ours" else 100)

        async def one(name: str) -> None:
            async with slots:  # as users of the official client do
                await get(name)

        tasks = {asyncio.create_task(one(name)) for name in names}
        done, late = await asyncio.wait(tasks, timeout=1.2 * turn.seconds)
        for task in late:
            task.cancel()
        await asyncio.wait(tasks)
    after = await log(turn.url)
    return {
        "lost": len([task for task in done if task.exception() is not None]),
        "not done in that time": len(late),
        "rejected": after.rejected,
        "ticks": [after.served, after.refused],
    }


async def slow(turn: Turn) -> Figures:
    """A service of 50 ms, 200 calls at a time, beside a bare bounded loop."""
    names = ids(turn.count(20_000))
    ratios = list[float]()
    async with turn.client() as client:
        await _bare(turn.url, names[:400], 200)
        for _ in range(3):
            async with watched() as bare:
                await _bare(turn.url, names, 200)
            async with watched() as ours:
                result = await client.bulk(
                    map(client.benchmark_runs.retrieve, names), concurrency=200
                )
            result.raise_for_failures()
            ratios.append(bare.wall_s / ours.wall_s)
    return {"speed, to a bare loop": percentile(ratios, 0.5), "all ratios": ratios}


async def _bare(url: str, names: Sequence[str], at_once: int) -> None:
    left = iter(names)
    connector = aiohttp.TCPConnector(limit=at_once)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def work() -> None:
            for each in left:
                async with session.get(f"{url}/v1/benchmark_runs/{each}") as response:
                    orjson.loads(await response.read())

        await asyncio.gather(*(work() for _ in range(at_once)))


async def far(turn: Turn) -> Figures:
    """A service of 200 ms over TLS, all calls in one gather, with the defaults."""
    names = ids(turn.count(10_000))
    async with turn.client() as client, watched() as ours:
        errors = await gathered(client, names)
    return {"errors": errors, "calls a second": len(names) / ours.wall_s}


async def far_official(turn: Turn) -> Figures:
    """The same with the official client over HTTP/2."""
    names = ids(turn.count(10_000))
    http = DefaultAsyncHttpxClient(http2=True)
    async with (
        Official(
            bearer_token="benchmark", base_url=turn.url, http_client=http
        ) as client,
        watched() as theirs,
    ):
        outcomes = await asyncio.gather(
            *map(client.benchmark_runs.retrieve, names), return_exceptions=True
        )
    errors = sum(isinstance(outcome, BaseException) for outcome in outcomes)
    return {"errors": errors, "calls a second": len(names) / theirs.wall_s}


async def listing(turn: Turn) -> Figures:
    """A list of 100,000 runs, item by item, beside a loop by hand."""
    count = turn.count(100_000)
    ratios, grown, seen = list[float](), 0.0, 0
    query = {"benchmark_id": f"bmd_{count}", "limit": "5000"}

    async def by_hand(session: aiohttp.ClientSession) -> int:
        seen, asked = 0, dict(query)
        while True:
            url = f"{turn.url}/v1/benchmark_runs"
            async with session.get(url, params=asked) as response:
                page = orjson.loads(await response.read())
            for run in page["runs"]:
                seen += bool(run["id"])
            if not page["has_more"]:
                return seen
            asked["starting_after"] = page["runs"][-1]["id"]

    async with turn.client() as client, aiohttp.ClientSession() as session:
        await by_hand(session)
        for _ in range(5):
            async with watched() as hand:
                await by_hand(session)
            seen = 0
            async with watched() as ours:
                async for run in client.benchmark_runs.list(
                    benchmark_id=query["benchmark_id"], limit=5000
                ):
                    seen += bool(run.id)
            ratios.append(ours.wall_s / hand.wall_s)
            grown = max(grown, ours.grown_mb)
    return {
        "lost": count - seen,
        "time, to a loop by hand": percentile(ratios, 0.5),
        "memory, MB": grown,
        "all ratios": ratios,
    }
