"""Benchmark runs on the path of 2025."""

from typing import Final

from runloop_async.testing.routes.benchmark_runs import routes

ROUTES: Final = routes("/v1/benchmarks/runs", "benchmarks.runs")
