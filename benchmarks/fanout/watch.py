"""What a process needs for something: time, CPU, memory, and a free event loop."""

import asyncio
import gc
import json
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import aiohttp
import attrs

from benchmarks.bodies import run_id

_STATUS: Final = Path("/proc/self/status")
_BYTES: Final = 1024


def ids(count: int) -> Sequence[str]:
    """Return the ids of so many runs."""
    return [run_id(number) for number in range(count)]


@attrs.define
class Watch:
    """What a block needed."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    grown_mb: float = 0.0
    """From the beginning to the peak."""
    late_s: list[float] = attrs.field(factory=list[float])
    """How late a timer of 1 ms was, each time."""

    @property
    def worst_s(self) -> float:
        """How late it was at worst."""
        return max(self.late_s, default=0.0)


def percentile(figures: Sequence[float], part: float) -> float:
    """Return what a part of the figures does not exceed."""
    return sorted(figures)[min(int(len(figures) * part), len(figures) - 1)]


@asynccontextmanager
async def watched(*, ticking: bool = False) -> AsyncGenerator[Watch]:
    """Measure a block; with a timer beside it only if asked, as that costs CPU."""
    watch = Watch()

    async def tick() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.001)
            watch.late_s.append(time.perf_counter() - began - 0.001)

    gc.collect()
    before = _memory("VmRSS")
    _forget_peak()
    ticker = asyncio.create_task(tick()) if ticking else None
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    try:
        yield watch
    finally:
        watch.wall_s = time.perf_counter() - wall_s
        watch.cpu_s = time.process_time() - cpu_s
        watch.grown_mb = (_memory("VmHWM") - before) / _BYTES
        if ticker is not None:
            ticker.cancel()


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def _memory(name: str) -> int:
    line = next(each for each in _STATUS.read_text().splitlines() if name in each)
    return int(line.split()[1])


async def rules(url: str, /, **given: object) -> None:
    """Set what the server allows, and forget what came before."""
    await _control(url, json.dumps(given))


@attrs.frozen
class Log:
    """What came to the server, in tenths of a second from the first request on."""

    served: list[int]
    refused: list[int]
    failed: list[int]
    early: int
    """Requests that came again before the time that the server had named."""

    @property
    def requests(self) -> int:
        """All of them."""
        return sum(self.served) + sum(self.refused) + sum(self.failed)

    @property
    def rejected(self) -> float:
        """The part of them that was turned away."""
        return sum(self.refused) / max(self.requests, 1)

    def goodput(self, begin_s: float, end_s: float) -> float:
        """Return how many a second were served between two times."""
        served = self.served[int(begin_s * 10) : int(end_s * 10)]
        return sum(served) / (end_s - begin_s)


async def log(url: str) -> Log:
    """Return what came to the server since its rules were set."""
    kept: Mapping[str, Any] = json.loads(await _control(url, "log"))
    columns = [*zip(*kept["ticks"], strict=True)] or [(), (), ()]
    served, refused, failed = ([*column] for column in columns)
    return Log(served, refused, failed, kept["early"])


async def _control(url: str, words: str) -> bytes:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{url}/control/{quote(words, safe='')}") as response,
    ):
        return await response.read()
