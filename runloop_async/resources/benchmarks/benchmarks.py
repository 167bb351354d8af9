"""Benchmarks, which are sets of scenarios."""

from typing import Unpack

from runloop_async.calls.call import Call
from runloop_async.calls.paging import PageCall
from runloop_async.calls.resource import Resource
from runloop_async.calls.runner import Runner
from runloop_async.models.benchmark_runs import BenchmarkRunListView, BenchmarkRunView
from runloop_async.models.benchmarks.benchmarks import (
    BenchmarkCreateParams,
    BenchmarkListParams,
    BenchmarkListPublicParams,
    BenchmarkListView,
    BenchmarkStartRunParams,
    BenchmarkUpdateParams,
    BenchmarkUpdateScenariosParams,
    BenchmarkView,
)
from runloop_async.models.scenarios.scenarios import (
    ScenarioDefinitionListView,
    ScenarioView,
)
from runloop_async.models.shared import (
    CountedPageParams,
    MetadataKeysView,
    MetadataValuesView,
    PageParams,
)
from runloop_async.resources.benchmarks.runs import LegacyBenchmarkRuns
from runloop_async.wire.request import Safety


class Benchmarks(Resource):
    """Benchmarks: named sets of scenarios."""

    runs: LegacyBenchmarkRuns
    """Benchmark runs by their deprecated paths."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner)
        self.runs = LegacyBenchmarkRuns(runner)

    def create(self, **fields: Unpack[BenchmarkCreateParams]) -> Call[BenchmarkView]:
        """Make a benchmark of scenarios."""
        return self._post(
            "/v1/benchmarks", BenchmarkView, fields, BenchmarkCreateParams
        )

    def retrieve(self, id: str) -> Call[BenchmarkView]:
        """Return one benchmark."""
        return self._get("/v1/benchmarks/{id}", BenchmarkView, id=id)

    def update(
        self, id: str, **fields: Unpack[BenchmarkUpdateParams]
    ) -> Call[BenchmarkView]:
        """Change a benchmark; what is left out stays as it is."""
        return self._post(
            "/v1/benchmarks/{id}",
            BenchmarkView,
            fields,
            BenchmarkUpdateParams,
            safety=Safety.SAFE,
            id=id,
        )

    def list(self, **query: Unpack[BenchmarkListParams]) -> PageCall[BenchmarkView]:
        """List the account's benchmarks."""
        return self._list(
            "/v1/benchmarks",
            BenchmarkListView,
            lambda page: page.benchmarks,
            query,
            BenchmarkListParams,
        )

    def list_public(
        self, **query: Unpack[BenchmarkListPublicParams]
    ) -> PageCall[BenchmarkView]:
        """List the benchmarks that everyone can run."""
        return self._list(
            "/v1/benchmarks/list_public",
            BenchmarkListView,
            lambda page: page.benchmarks,
            query,
            BenchmarkListPublicParams,
        )

    def list_runs(
        self, id: str, **query: Unpack[CountedPageParams]
    ) -> PageCall[BenchmarkRunView]:
        """List the runs of a benchmark."""
        return self._list(
            "/v1/benchmarks/{id}/runs",
            BenchmarkRunListView,
            lambda page: page.runs,
            query,
            CountedPageParams,
            id=id,
        )

    def definitions(
        self, id: str, **query: Unpack[PageParams]
    ) -> PageCall[ScenarioView]:
        """List the scenarios of a benchmark, whole."""
        return self._list(
            "/v1/benchmarks/{id}/definitions",
            ScenarioDefinitionListView,
            lambda page: page.scenarios,
            query,
            PageParams,
            counted=False,
            id=id,
        )

    def start_run(
        self, **fields: Unpack[BenchmarkStartRunParams]
    ) -> Call[BenchmarkRunView]:
        """Start a run of a benchmark; its scenarios are started by the caller."""
        return self._post(
            "/v1/benchmarks/start_run",
            BenchmarkRunView,
            fields,
            BenchmarkStartRunParams,
        )

    def update_scenarios(
        self, id: str, **fields: Unpack[BenchmarkUpdateScenariosParams]
    ) -> Call[BenchmarkView]:
        """Put scenarios into a benchmark and take scenarios out of it."""
        return self._post(
            "/v1/benchmarks/{id}/scenarios",
            BenchmarkView,
            fields,
            BenchmarkUpdateScenariosParams,
            safety=Safety.SAFE,
            id=id,
        )

    def archive(self, id: str) -> Call[BenchmarkView]:
        """Put a benchmark out of use."""
        return self._post(
            "/v1/benchmarks/{id}/archive", BenchmarkView, safety=Safety.SAFE, id=id
        )

    def unarchive(self, id: str) -> Call[BenchmarkView]:
        """Put a benchmark back into use."""
        return self._post(
            "/v1/benchmarks/{id}/unarchive", BenchmarkView, safety=Safety.SAFE, id=id
        )

    def metadata_keys(self) -> Call[MetadataKeysView]:
        """Return the metadata keys that benchmarks have."""
        return self._get("/v1/benchmarks/metadata/keys", MetadataKeysView)

    def metadata_values(self, key: str) -> Call[MetadataValuesView]:
        """Return the values that benchmarks have under a metadata key."""
        return self._get(
            "/v1/benchmarks/metadata/keys/{key}/values", MetadataValuesView, key=key
        )
