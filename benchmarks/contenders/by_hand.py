"""What a good engineer writes without a client library: aiohttp, orjson, a semaphore.

No retries, no models, no errors of its own; a turn fails at the first bad status.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import orjson

from benchmarks.cases import Contender
from benchmarks.worker import work

_AT_ONCE = 100


class ByHand:
    """Dicts, by whatever fetches them."""

    def __init__(
        self, get: Callable[[str, dict[str, str]], Awaitable[Any]], *errors: Any
    ) -> None:
        """Fetch with a function of a path and a query, which fails with some errors."""
        self._get = get
        self._errors = (*errors, TimeoutError)

    async def _retrieve(self, id: str) -> Any:
        return await self._get(f"/v1/benchmark_runs/{id}", {})

    async def run(self, id: str) -> str:
        """Fetch a run."""
        run = await self._retrieve(id)
        return str(run["id"])

    async def old_run(self, id: str) -> float:
        """Fetch a run by the old path."""
        run = await self._get(f"/v1/benchmarks/runs/{id}", {})
        runs: list[Any] = run["scenario_runs"]
        return sum(float(each["scoringResult"]["score"]) for each in runs)

    async def list(self, benchmark_id: str) -> Sequence[str]:
        """List runs."""
        runs = list[Any]()
        query = {"benchmark_id": benchmark_id, "limit": "5000"}
        while True:
            page = await self._get("/v1/benchmark_runs", query)
            runs += page["runs"]
            if not page["has_more"]:
                return [run["id"] for run in runs]
            query["starting_after"] = runs[-1]["id"]

    async def scenarios(self, limit: int) -> Sequence[str]:
        """Fetch a page of scenarios."""
        page = await self._get("/v1/scenarios", {"limit": str(limit)})
        return [scenario["id"] for scenario in page["scenarios"]]

    async def gather(self, ids: Sequence[str]) -> Sequence[str]:
        """Fetch runs in one gather, behind a semaphore."""
        slots = asyncio.Semaphore(_AT_ONCE)

        async def one(id: str) -> Any:
            async with slots:
                return await self._retrieve(id)

        return [run["id"] for run in await asyncio.gather(*map(one, ids))]

    async def bulk(self, ids: Iterable[str]) -> Sequence[str]:
        """Fetch runs with 100 workers, and keep failures."""
        left = enumerate(ids)
        answers = dict[int, Any]()
        failures = dict[int, Exception]()

        async def worker() -> None:
            for index, each in left:
                try:
                    answers[index] = await self._retrieve(each)
                except self._errors as error:
                    failures[index] = error

        await asyncio.gather(*(worker() for _ in range(_AT_ONCE)))
        if failures:
            raise ExceptionGroup("some runs failed", [*failures.values()])
        return [answers[index]["id"] for index in sorted(answers)]


@asynccontextmanager
async def _open(url: str) -> AsyncGenerator[Contender]:
    headers = {"Authorization": "Bearer benchmark"}
    async with aiohttp.ClientSession(headers=headers) as session:

        async def get(path: str, query: dict[str, str]) -> Any:
            async with session.get(url + path, params=query) as response:
                response.raise_for_status()
                return orjson.loads(await response.read())

        yield ByHand(get, aiohttp.ClientError)


if __name__ == "__main__":
    work(_open)
