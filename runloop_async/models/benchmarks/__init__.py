"""Benchmarks and their runs."""

from runloop_async.models.benchmark_runs import (
    BenchmarkRunListParams,
    BenchmarkRunListScenarioRunsParams,
    BenchmarkRunListView,
    BenchmarkRunScenarioRun,
    BenchmarkRunState,
    BenchmarkRunView,
)
from runloop_async.models.benchmarks.benchmarks import (
    BenchmarkCreateParams,
    BenchmarkListParams,
    BenchmarkListPublicParams,
    BenchmarkListView,
    BenchmarkStartRunParams,
    BenchmarkStatus,
    BenchmarkUpdateParams,
    BenchmarkUpdateScenariosParams,
    BenchmarkView,
)
from runloop_async.models.benchmarks.runs import (
    BenchmarkRunsLegacyListParams,
    BenchmarkRunsLegacyListScenarioRunsParams,
)

__all__ = [
    "BenchmarkCreateParams",
    "BenchmarkListParams",
    "BenchmarkListPublicParams",
    "BenchmarkListView",
    "BenchmarkRunListParams",
    "BenchmarkRunListScenarioRunsParams",
    "BenchmarkRunListView",
    "BenchmarkRunScenarioRun",
    "BenchmarkRunState",
    "BenchmarkRunView",
    "BenchmarkRunsLegacyListParams",
    "BenchmarkRunsLegacyListScenarioRunsParams",
    "BenchmarkStartRunParams",
    "BenchmarkStatus",
    "BenchmarkUpdateParams",
    "BenchmarkUpdateScenariosParams",
    "BenchmarkView",
]
