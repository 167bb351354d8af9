"""The cases: each is a function that is run in a process of its own.

A case gets the address of the server and a scale, 1 for figures that count. It returns
figures by name; what they must be is in `bars`.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs

from benchmarks.fanout.watch import Log, ids, log, percentile, rules, watched
from runloop_async import AsyncRunloop, BulkResult
from runloop_async.models.benchmark_runs import BenchmarkRunView

Figures = Mapping[str, Any]
_SECONDS: Final = 30.0


@attrs.frozen
class Turn:
    """Where a case is run, and how much of it."""

    url: str
    scale: float

    def count(self, whole: int) -> int:
        """Return how many at this scale."""
        return max(int(whole * self.scale), 20)

    @property
    def seconds(self) -> float:
        """How long a case under a limit takes."""
        return max(_SECONDS * self.scale, 2.0)

    def client(self, **options: Any) -> AsyncRunloop:
        """Return this library's client."""
        return AsyncRunloop(bearer_token="benchmark", base_url=self.url, **options)


async def gathered(client: AsyncRunloop, names: Sequence[str]) -> int:
    """Return how many of the calls failed."""
    runs = client.benchmark_runs
    outcomes = await asyncio.gather(*map(runs.retrieve, names), return_exceptions=True)
    return sum(isinstance(outcome, BaseException) for outcome in outcomes)


async def at_a_time(client: AsyncRunloop, names: Sequence[str], at_once: int) -> None:
    """Fetch runs, so many at a time."""
    left = iter(names)

    async def work() -> None:
        for each in left:
            await client.benchmark_runs.retrieve(each)

    await asyncio.gather(*(work() for _ in range(at_once)))


async def gather(turn: Turn) -> Figures:
    """Very many calls in one gather, beside 64 at a time."""
    names = ids(turn.count(10_000))
    ratios, errors = list[float](), 0
    async with turn.client() as client:
        await gathered(client, names[:200])
        for _ in range(5):
            async with watched() as few:
                await at_a_time(client, names, 64)
            async with watched() as many:
                errors += await gathered(client, names)
            ratios.append(many.cpu_s / few.cpu_s)
    return {
        "errors": errors,
        "CPU per call, to that at 64": percentile(ratios, 0.5),
        "all ratios": ratios,
    }


async def memory(turn: Turn) -> Figures:
    """Memory and the event loop in one gather, and ten times as much of it."""
    async with turn.client() as client:
        await gathered(client, ids(200))
        async with watched(ticking=True) as one:
            errors = await gathered(client, ids(turn.count(10_000)))
        async with watched() as plain:
            errors += await gathered(client, ids(turn.count(10_000)))
        async with watched() as ten:
            errors += await gathered(client, ids(10 * turn.count(10_000)))
    return {
        "errors": errors,
        "memory, MB": one.grown_mb,
        "loop held, s": one.worst_s,
        "time of ten times as many, to ten times": ten.wall_s / plain.wall_s / 10,
        "memory of ten times as many, to ten times": ten.grown_mb / one.grown_mb / 10,
    }


def _limited(rate: float, after: Log, seconds: float) -> Figures:
    return {
        "goodput, to what is allowed": after.goodput(min(3, seconds / 2), seconds)
        / rate,
        "rejected": after.rejected,
        "early": after.early,
        "ticks": [after.served, after.refused],
    }


async def limit(
    turn: Turn, kind: str, rate: int, retry_after: float | None = None
) -> Figures:
    """As many calls as a limit allows in half a minute, in one gather."""
    await rules(turn.url, **{kind: [(0, rate)]}, retry_after=retry_after)
    async with turn.client() as client:
        lost = await gathered(client, ids(int(rate * turn.seconds)))
    # The server may have served all before the time is over, never more than allowed.
    after = await log(turn.url)
    seconds = min(turn.seconds, len(after.served) / 10)
    return {"lost": lost, **_limited(rate, after, seconds)}


async def bounded(turn: Turn) -> Figures:
    """A server that allows 40 at once, each of 100 ms."""
    await rules(turn.url, at_once=40)
    whole = 40 / 0.1
    async with turn.client() as client:
        lost = await gathered(client, ids(int(whole * turn.seconds)))
    after = await log(turn.url)
    seconds = min(turn.seconds, len(after.served) / 10)
    return {"lost": lost, **_limited(whole, after, seconds)}


async def changing(turn: Turn) -> Figures:
    """The rate halves and doubles in mid-run."""
    third = turn.seconds / 3
    steps = [(0, 300), (third, 150), (2 * third, 300)]
    await rules(turn.url, bucket=steps, retry_after=1)
    calls = (300 + 150 + 2 * 300) * third
    async with turn.client() as client:
        lost = await gathered(client, ids(int(calls)))
    after = await log(turn.url)
    begin = int(2 * third)
    seconds = range(begin, len(after.served) // 10)
    quick = [each for each in seconds if after.goodput(each, each + 1) >= 0.9 * 300]
    halved = after.refused[int(10 * third) : int(20 * third)]
    return {
        "lost": lost,
        "rejected": after.rejected,
        "rejected from 5 s after halving on": sum(halved[50:])
        / max(sum(after.served[int(10 * third) + 50 : int(20 * third)]), 1),
        "seconds until 90 % of the doubled rate": min(quick, default=999) - begin,
        "early": after.early,
        "ticks": [after.served, after.refused],
    }


async def sharing(turn: Turn, kind: str, clients: int) -> Figures:
    """Several clients with one key that begin at once."""
    await rules(turn.url, **{kind: [(0, 300)]}, retry_after=1)
    names = ids(int(300 * turn.seconds))

    async def one() -> int:
        done = 0
        async with turn.client() as client:

            async def work() -> None:
                nonlocal done
                for each in names:
                    await client.benchmark_runs.retrieve(each)
                    done += 1

            users = [asyncio.create_task(work()) for _ in range(100)]
            await asyncio.sleep(turn.seconds)
            for user in users:
                user.cancel()
            await asyncio.wait(users)
        return done

    done = await asyncio.gather(*(one() for _ in range(clients)))
    after = await log(turn.url)
    return {
        "least share": min(done) / sum(done),
        "refused each second": [
            sum(after.refused[at : at + 10]) for at in range(0, len(after.refused), 10)
        ],
        "goodput, to what is allowed": after.goodput(3, turn.seconds) / 300,
        "rejected": after.rejected,
    }


async def herd(turn: Turn) -> Figures:
    """500 calls that fail in one tick come back spread."""
    await rules(turn.url, down=(0, 0.05))
    async with turn.client() as client:
        names = ids(500)
        lost = await gathered(client, names)
    after = await log(turn.url)
    first = sum(after.failed)
    back = after.served[1:]
    return {
        "failed": first,
        "lost": lost,
        "most in a tenth of a second": max(back, default=0) / 500,
    }


async def outage(turn: Turn) -> Figures:
    """All fails for ten seconds, with 200 callers at work."""
    begin, end = turn.seconds / 6, turn.seconds / 2
    await rules(turn.url, down=(begin, end))
    until = time.monotonic() + turn.seconds
    async with turn.client() as client:

        async def user() -> None:
            while time.monotonic() < until:
                await asyncio.gather(
                    client.benchmark_runs.retrieve("bmr_1"), return_exceptions=True
                )

        await asyncio.gather(*(user() for _ in range(200)))
    after = await log(turn.url)
    before = after.goodput(begin / 2, begin)
    return {
        "requests while it was down": sum(after.failed),
        "rate 5 s after, to before": after.goodput(end + 5, end + 6) / before,
        "peak, to before": max(after.served[int(end * 10) :], default=0) * 10 / before,
        "ticks": [after.served, after.failed],
    }


async def failing(turn: Turn) -> Figures:
    """30 % of all attempts fail by chance: a gather, and a bulk."""
    names = ids(turn.count(10_000))
    await rules(turn.url, failing=0.3)
    async with turn.client() as client:
        lost = await gathered(client, names)
    after = await log(turn.url)
    await rules(turn.url, failing=0.3)
    async with turn.client() as client:
        result = await client.bulk(map(client.benchmark_runs.retrieve, names))
    return {
        "lost in a gather": lost,
        "lost in a bulk": len(result.failures),
        "requests per call": after.requests / len(names),
        "requests per call of the bulk": result.summary.requests / len(names),
    }


async def stream(turn: Turn) -> Figures:
    """Fifty thousand ids through a bulk, outcome by outcome."""
    count = turn.count(50_000)
    seen = 0
    async with turn.client() as client:
        await gathered(client, ids(200))
        async with watched(ticking=True) as watch:
            calls = (client.benchmark_runs.retrieve(each) for each in ids(count))
            async for outcome in client.bulk(calls).as_completed():
                seen += outcome.error is None
    return {
        "lost": count - seen,
        "memory, MB": watch.grown_mb,
        "loop held, s": watch.worst_s,
    }


async def large(turn: Turn) -> Figures:
    """Runs of 1 MB in a bulk, with a timer of 1 ms on the same event loop."""
    async with turn.client() as client:
        runs = client.benchmarks.runs
        async with watched(ticking=True) as watch:
            calls = (runs.retrieve("bmr_500") for _ in range(turn.count(400)))
            async for outcome in client.bulk(calls).as_completed():
                outcome.value  # noqa: B018 - raises if it failed
    return {
        "late at the 99th percentile, s": percentile(watch.late_s, 0.99),
        "late at worst, s": watch.worst_s,
    }


async def many(turn: Turn) -> Figures:
    """Ten thousand runs of one benchmark, by their ids."""
    count = turn.count(10_000)
    names = ids(count)
    async with turn.client() as client:
        result: BulkResult[
            BenchmarkRunView
        ] = await client.benchmark_runs.retrieve_many(
            names, benchmark_id=f"bmd_{count}"
        )
    return {
        "requests": result.summary.requests,
        "lost": len(result.failures),
        "how": result.summary.how,
    }


async def polls(turn: Turn) -> Figures:
    """500 long polls, and 200 short calls a second beside them."""
    async with turn.client() as client:
        alone = await _short_calls(client, turn.seconds / 3)
        stop = asyncio.Event()

        async def poll(number: int) -> None:
            while not stop.is_set():
                await client.devboxes.wait_for_status(
                    f"dbx_{number}", statuses=["running"]
                )

        polling = [asyncio.create_task(poll(number)) for number in range(500)]
        await asyncio.sleep(1)
        held = client.stats().wait.in_flight
        beside = await _short_calls(client, turn.seconds / 3)
        stop.set()
        await asyncio.gather(*polling)
    return {
        "polls at once": held,
        "p99 beside them, to without": percentile(beside, 0.99)
        / percentile(alone, 0.99),
        "p99 without, s": percentile(alone, 0.99),
    }


async def _short_calls(client: AsyncRunloop, seconds: float) -> Sequence[float]:
    """Make 200 calls a second; return how long each took."""
    took, begun = list[float](), time.perf_counter()

    async def one(number: int) -> None:
        await asyncio.sleep(begun + number / 200 - time.perf_counter())
        began = time.perf_counter()
        await client.benchmark_runs.retrieve("bmr_1")
        took.append(time.perf_counter() - began)

    await asyncio.gather(*(one(number) for number in range(int(200 * seconds))))
    return took
