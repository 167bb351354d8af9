"""The operations of the API, one file per group; a new group is one more line here."""

from typing import Final

from runloop_async.testing.routes import (
    accounts,
    benchmark_jobs,
    benchmark_runs,
    benchmarks,
    planned,
    scenario_runs,
    scenarios,
    scorers,
)
from runloop_async.testing.routing import Route

ROUTES: Final[list[Route]] = [
    *accounts.ROUTES,
    *benchmarks.ROUTES,
    *benchmark_runs.ROUTES,
    *benchmark_jobs.ROUTES,
    *scenarios.ROUTES,
    *scenario_runs.ROUTES,
    *scorers.ROUTES,
    *planned.ROUTES,
]
"""Every operation of the API; of two for one path and verb the first counts."""
