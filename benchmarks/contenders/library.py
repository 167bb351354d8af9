"""This library."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager

from aiohttp import ClientSession

from benchmarks.cases import Contender
from benchmarks.worker import work
from runloop_async import AsyncRunloop, Limits


class _Library:
    def __init__(self, client: AsyncRunloop) -> None:
        self._client = client

    async def run(self, id: str) -> str:
        run = await self._client.benchmark_runs.retrieve(id)
        return run.id

    async def old_run(self, id: str) -> float:
        run = await self._client.benchmarks.runs.retrieve(id)
        return sum(each.scoring_result.score for each in run.scenario_runs or [])

    async def list(self, benchmark_id: str) -> Sequence[str]:
        runs = self._client.benchmark_runs.list(benchmark_id=benchmark_id, limit=5000)
        listed = [run async for run in runs]
        return [run.id for run in listed]

    async def scenarios(self, limit: int) -> Sequence[str]:
        page = await self._client.scenarios.list(limit=limit)
        return [scenario.id for scenario in page.scenarios]

    async def gather(self, ids: Sequence[str]) -> Sequence[str]:
        runs = self._client.benchmark_runs
        return [run.id for run in await asyncio.gather(*map(runs.retrieve, ids))]

    async def bulk(self, ids: Iterable[str]) -> Sequence[str]:
        calls = map(self._client.benchmark_runs.retrieve, ids)
        result = await self._client.bulk(calls, concurrency=100)
        result.raise_for_failures()
        return [run.id for run in result.values]


@asynccontextmanager
async def open_library(
    url: str, session: ClientSession | None = None, limits: Limits | None = None
) -> AsyncGenerator[Contender]:
    """Open this library, with its own connections if no session is given."""
    async with AsyncRunloop(
        bearer_token="benchmark", base_url=url, session=session, limits=limits
    ) as client:
        yield _Library(client)


if __name__ == "__main__":
    work(open_library)
