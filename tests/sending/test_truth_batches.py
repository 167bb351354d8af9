"""Batches with nights, outages and quotas between them: every call ends, truthfully.

What a client has learned in one batch must not decide the next. `make truth` plays ten
thousand calls on each path.
"""

import asyncio
import errno
import os
from collections import Counter
from collections.abc import Awaitable
from random import Random
from typing import Any, Final

import aiohappyeyeballs
import attrs
import pytest

from runloop_async import APIError, AsyncRunloop, Limits, RetryPolicy, Timeouts
from runloop_async.annotations import override
from runloop_async.sending.clock import SystemClock
from tests.rawserver import Connection, Incoming, RawServer, http_json
from tests.samples import BENCHMARK, run
from tests.sends import KEY

SEEDS: Final = int(os.environ.get("TRUTH_SEEDS", "3"))
CALLS: Final = 50
"""In each of the batches."""
FILES: Final = 12
"""Connections for which the system has files."""
WRITE: Final = "POST /v1/benchmarks"


class MovedClock(SystemClock):
    """The clock of a machine that may sleep for a night."""

    def __init__(self) -> None:
        self.moved_s = 0.0

    @override
    def now(self) -> float:
        return super().now() + self.moved_s


@attrs.define
class Service:
    """A service whose state is set for each batch."""

    random: Random
    is_down: bool = False
    has_quota: bool = False
    """Whether writes are refused, with a long time to wait."""
    late: float = 0.0
    """The part of the requests that is refused, and only after a while."""
    done: Counter[str] = attrs.field(factory=Counter[str])
    """How often each write was carried out."""

    async def answer(self, request: Incoming, connection: Connection) -> None:
        """Answer a request by the state of the service."""
        if self.is_down:
            await connection.send(http_json({"message": "down"}, status=500))
        elif self.has_quota and request.method == "POST":
            wait = self.random.choice(["Retry-After: 3000", "Retry-After-Ms: 900"])
            await connection.send(http_json({"message": "quota"}, wait, status=429))
        elif self.random.random() < self.late:
            await asyncio.sleep(self.random.choice([0.01, 0.3, 0.6]))
            await connection.send(http_json({"message": "late"}, status=429))
        else:
            await asyncio.sleep(self.random.random() / 100)
            await connection.send(http_json(self._done(request)))

    def _done(self, request: Incoming) -> Any:
        if request.method == "GET":
            return run(request.target.rpartition("/")[2])
        name = request.body.decode().partition('"name":"')[2].partition('"')[0]
        self.done[name] += 1
        return {**BENCHMARK, "name": name}


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_what_one_batch_has_taught_does_not_decide_the_next(
    seed: int, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    del path
    random = Random(seed)
    clock, service = MovedClock(), Service(random)
    monkeypatch.setattr("runloop_async.client.SystemClock", lambda: clock)
    async with (
        asyncio.timeout(100),
        RawServer(service.answer) as server,
        AsyncRunloop(
            base_url=server.url,
            bearer_token=KEY,
            limits=random.choice([Limits(), Limits(api=16)]),
            retry=RetryPolicy(backoff=0.005, max_retries=3, retry_after_max=60.0),
            timeout=Timeouts(total=5.0, connect=5.0),
        ) as client,
    ):
        if random.random() < 0.5:
            limit_files(client, monkeypatch)
        for number in range(2):
            begin(service, random)
            await batch(client, service, number, deadline=1.0)
            if random.random() < 0.7:
                clock.moved_s += random.choice([20.0, 700.0, 8 * 3600.0])
        service.is_down = service.has_quota = False
        service.late = 0.0
        if client.stats().is_down:
            clock.moved_s += 11.0  # or a first call finds out that it is well
        failed = await batch(client, service, 2, deadline=None)
        stats = client.stats()

    assert failed == []
    assert stats.in_flight == stats.waiting == 0
    assert stats.requests >= len(server.requests)
    assert 1 <= stats.api.concurrency <= 1000
    assert not stats.is_down


def begin(service: Service, random: Random) -> None:
    """Put a service into one of its states."""
    service.is_down = random.random() < 0.3
    service.has_quota = random.random() < 0.3
    service.late = random.choice([0.0, 0.02, 0.3])


async def batch(
    client: AsyncRunloop, service: Service, number: int, deadline: float | None
) -> list[str]:
    """Make calls; return what failed of them, having checked every claim."""
    names = [f"{number}-{n}" for n in range(CALLS)]
    bounded = client.with_options(deadline=deadline)
    calls: list[Awaitable[Any]] = [
        bounded.benchmarks.create(name=name)
        if n % 3 == 0
        else bounded.benchmark_runs.retrieve(name)
        for n, name in enumerate(names)
    ]
    ends = await asyncio.gather(*calls, return_exceptions=True)
    failed = list[str]()
    for n, (name, end) in enumerate(zip(names, ends, strict=True)):
        done = service.done[name]
        if isinstance(end, BaseException):
            assert isinstance(end, APIError), repr(end)
            assert end.ambiguous or not done
            failed.append(f"{name}: {end}")
        else:
            assert name in {getattr(end, "id", None), getattr(end, "name", None)}
            assert done == (n % 3 == 0)
    return failed


def limit_files(client: AsyncRunloop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the system have files for few connections."""
    eyeballs: Any = aiohappyeyeballs
    connect: Any = eyeballs.start_connection

    async def limited(*args: Any, **kwargs: Any) -> Any:
        if (client.stats().connections or 0) > FILES:
            raise OSError(errno.EMFILE, "Too many open files")
        return await connect(*args, **kwargs)

    monkeypatch.setattr("aiohttp.connector.aiohappyeyeballs.start_connection", limited)
