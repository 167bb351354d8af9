"""What a good engineer writes without a client library: aiohttp, orjson, a semaphore.

No retries, no models, no errors of its own; a turn fails at the first bad status.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import orjson

from benchmarks.cases import Contender
from benchmarks.worker import work

_AT_ONCE = 100


class _ByHand:
    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def _get(self, path: str, query: dict[str, str] | None = None) -> Any:
        async with self._session.get(self._url + path, params=query) as response:
            response.raise_for_status()
            return orjson.loads(await response.read())

    async def _retrieve(self, id: str) -> Any:
        return await self._get(f"/v1/benchmark_runs/{id}")

    async def run(self, id: str) -> str:
        run = await self._retrieve(id)
        return str(run["id"])

    async def old_run(self, id: str) -> float:
        run = await self._get(f"/v1/benchmarks/runs/{id}")
        runs: list[Any] = run["scenario_runs"]
        return sum(float(each["scoringResult"]["score"]) for each in runs)

    async def list(self, benchmark_id: str) -> Sequence[str]:
        runs = list[Any]()
        query = {"benchmark_id": benchmark_id, "limit": "5000"}
        while True:
            page = await self._get("/v1/benchmark_runs", query)
            runs += page["runs"]
            if not page["has_more"]:
                return [run["id"] for run in runs]
            query["starting_after"] = runs[-1]["id"]

    async def gather(self, ids: Sequence[str]) -> Sequence[str]:
        slots = asyncio.Semaphore(_AT_ONCE)

        async def one(id: str) -> Any:
            async with slots:
                return await self._retrieve(id)

        return [run["id"] for run in await asyncio.gather(*map(one, ids))]

    async def bulk(self, ids: Iterable[str]) -> Sequence[str]:
        left = enumerate(ids)
        answers = dict[int, Any]()
        failures = dict[int, Exception]()

        async def worker() -> None:
            for index, each in left:
                try:
                    answers[index] = await self._retrieve(each)
                except (aiohttp.ClientError, TimeoutError) as error:
                    failures[index] = error

        await asyncio.gather(*(worker() for _ in range(_AT_ONCE)))
        if failures:
            raise ExceptionGroup("some runs failed", [*failures.values()])
        return [answers[index]["id"] for index in sorted(answers)]


@asynccontextmanager
async def _open(url: str) -> AsyncGenerator[Contender]:
    headers = {"Authorization": "Bearer benchmark"}
    async with aiohttp.ClientSession(headers=headers) as session:
        yield _ByHand(session, url)


if __name__ == "__main__":
    work(_open)
