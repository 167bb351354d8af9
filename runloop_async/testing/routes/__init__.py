"""The operations of the API, one file per group; a new group is one more line here."""

from typing import Final

from runloop_async.testing.routes import (
    accounts,
    benchmark_jobs,
    benchmark_runs,
    planned,
)
from runloop_async.testing.routes.benchmarks import benchmarks
from runloop_async.testing.routes.benchmarks import runs as benchmarks_runs
from runloop_async.testing.routes.scenarios import runs as scenarios_runs
from runloop_async.testing.routes.scenarios import scenarios, scorers
from runloop_async.testing.routing import Route

ROUTES: Final[list[Route]] = [
    *accounts.ROUTES,
    *benchmarks.ROUTES,
    *benchmarks_runs.ROUTES,
    *benchmark_runs.ROUTES,
    *benchmark_jobs.ROUTES,
    *scenarios.ROUTES,
    *scenarios_runs.ROUTES,
    *scorers.ROUTES,
    *planned.ROUTES,
]
"""Every operation of the API; of two for one path and verb the first counts."""
