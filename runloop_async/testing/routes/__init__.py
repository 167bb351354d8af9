"""The operations of the API, one file per group; a new group is one more line here."""

from typing import Final

from runloop_async.testing.routes import (
    accounts,
    agents,
    apikeys,
    benchmark_jobs,
    benchmark_runs,
    blueprints,
    gateway_configs,
    mcp_configs,
    network_policies,
    objects,
    pty,
    restricted_keys,
    secrets,
)
from runloop_async.testing.routes.axons import axons, events, sql
from runloop_async.testing.routes.benchmarks import benchmarks
from runloop_async.testing.routes.benchmarks import runs as benchmarks_runs
from runloop_async.testing.routes.devboxes import (
    access,
    devboxes,
    disk_snapshots,
    executions,
    files,
    logs,
)
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
    *agents.ROUTES,
    *apikeys.ROUTES,
    *restricted_keys.ROUTES,
    *secrets.ROUTES,
    *network_policies.ROUTES,
    *gateway_configs.ROUTES,
    *mcp_configs.ROUTES,
    *objects.ROUTES,
    *blueprints.ROUTES,
    *devboxes.ROUTES,
    *executions.ROUTES,
    *files.ROUTES,
    *disk_snapshots.ROUTES,
    *logs.ROUTES,
    *access.ROUTES,
    *axons.ROUTES,
    *events.ROUTES,
    *sql.ROUTES,
    *pty.ROUTES,
]
"""Every operation of the API; of two for one path and verb the first counts."""
