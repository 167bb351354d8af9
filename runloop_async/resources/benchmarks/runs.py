"""The old paths to benchmark runs."""

from functools import partial
from typing import Unpack

from runloop_async.calls.already import moved
from runloop_async.calls.call import Call
from runloop_async.calls.files import Download
from runloop_async.calls.paging import PageCall
from runloop_async.calls.resource import Resource
from runloop_async.models.benchmark_runs import BenchmarkRunListView, BenchmarkRunView
from runloop_async.models.benchmarks.runs import (
    BenchmarkRunsLegacyListParams,
    BenchmarkRunsLegacyListScenarioRunsParams,
)
from runloop_async.models.scenarios.runs import ScenarioRunListView, ScenarioRunView


class LegacyBenchmarkRuns(Resource):
    """Benchmark runs by their deprecated paths; `client.benchmark_runs` has the new."""

    def retrieve(self, id: str) -> Call[BenchmarkRunView]:
        """Return one benchmark run; deprecated, see `benchmark_runs.retrieve`.

        Old servers add `pending_scenarios` and `scenario_runs`.
        """
        return self._get("/v1/benchmarks/runs/{id}", BenchmarkRunView, id=id)

    def list(
        self, **query: Unpack[BenchmarkRunsLegacyListParams]
    ) -> PageCall[BenchmarkRunView]:
        """List benchmark runs; deprecated, see `benchmark_runs.list`."""
        return self._list(
            "/v1/benchmarks/runs",
            BenchmarkRunListView,
            lambda page: page.runs,
            query,
            BenchmarkRunsLegacyListParams,
        )

    def cancel(self, id: str) -> Call[BenchmarkRunView]:
        """Stop a run; deprecated, see `benchmark_runs.cancel`."""
        return self._set(
            "/v1/benchmarks/runs/{id}/cancel",
            BenchmarkRunView,
            moved(partial(self.retrieve, id), "canceled"),
            id=id,
        )

    def complete(self, id: str) -> Call[BenchmarkRunView]:
        """Finish a run; deprecated, see `benchmark_runs.complete`."""
        return self._set(
            "/v1/benchmarks/runs/{id}/complete",
            BenchmarkRunView,
            moved(partial(self.retrieve, id), "completed"),
            id=id,
        )

    def download_logs(self, id: str) -> Download:
        """Fetch a run's logs as zip; deprecated, see `benchmark_runs.download_logs`."""
        return self._file(
            "/v1/benchmarks/runs/{id}/download_logs", accept="application/zip", id=id
        )

    def list_scenario_runs(
        self, id: str, **query: Unpack[BenchmarkRunsLegacyListScenarioRunsParams]
    ) -> PageCall[ScenarioRunView]:
        """List a run's scenario runs; deprecated, see `benchmark_runs`."""
        return self._list(
            "/v1/benchmarks/runs/{id}/scenario_runs",
            ScenarioRunListView,
            lambda page: page.runs,
            query,
            BenchmarkRunsLegacyListScenarioRunsParams,
            id=id,
        )
