"""The official client as it comes: httpx, eight pools of 20 connections."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager

import httpx
from pydantic import Field
from runloop_api_client import AsyncRunloop, BaseModel
from runloop_api_client.types import BenchmarkRunView, ScoringContractResultView

from benchmarks.cases import Contender
from benchmarks.worker import work

_AT_ONCE = 100


class _ScenarioRun(BaseModel):
    scenario_id: str
    scoring_result: ScoringContractResultView = Field(alias="scoringResult")
    scenario_run_id: str | None = Field(alias="scenarioRunId", default=None)


class _OldRun(BenchmarkRunView):
    """What 1.32.0 has no model for any more, as its release of April 2025 had it."""

    pending_scenarios: list[str]
    scenario_runs: list[_ScenarioRun]


class _Official:
    def __init__(self, client: AsyncRunloop) -> None:
        self._client = client

    async def run(self, id: str) -> str:
        run = await self._client.benchmark_runs.retrieve(id)
        return run.id

    async def old_run(self, id: str) -> float:
        run = await self._client.get(f"/v1/benchmarks/runs/{id}", cast_to=_OldRun)
        return sum(each.scoring_result.score for each in run.scenario_runs)

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
        """Do what its users do: a gather behind a semaphore, exceptions returned."""
        slots = asyncio.Semaphore(_AT_ONCE)

        async def one(id: str) -> BenchmarkRunView:
            async with slots:
                return await self._client.benchmark_runs.retrieve(id)

        outcomes = await asyncio.gather(*map(one, ids), return_exceptions=True)
        failures = [each for each in outcomes if isinstance(each, Exception)]
        if failures:
            raise ExceptionGroup("some runs failed", failures)
        return [each.id for each in outcomes if isinstance(each, BenchmarkRunView)]


@asynccontextmanager
async def open_official(
    url: str, http_client: httpx.AsyncClient | None = None
) -> AsyncGenerator[Contender]:
    """Open the official client, with its own transport if none is given."""
    async with AsyncRunloop(
        bearer_token="benchmark", base_url=url, http_client=http_client
    ) as client:
        yield _Official(client)


if __name__ == "__main__":
    work(open_official)
