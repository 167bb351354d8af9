"""Jobs, which run benchmarks with agents of your choice by themselves."""

from functools import partial
from typing import Final, Unpack

from runloop_async.calls.call import Call
from runloop_async.calls.paging import PageCall
from runloop_async.calls.polling import (
    RUN,
    PollingConfig,
    PollingConfigLike,
    until_ended,
)
from runloop_async.calls.repeatable import Flow
from runloop_async.calls.resource import Resource
from runloop_async.models.benchmark_jobs import (
    BenchmarkJobCreateParams,
    BenchmarkJobListParams,
    BenchmarkJobListView,
    BenchmarkJobView,
)

ENDED: Final = frozenset({"completed", "failed", "cancelled", "timeout"})
"""The states that a job does not leave."""


class BenchmarkJobs(Resource):
    """Jobs: the scenarios of a benchmark, each run by each agent."""

    def create(
        self, **fields: Unpack[BenchmarkJobCreateParams]
    ) -> Call[BenchmarkJobView]:
        """Start a job; the response comes before its runs have begun."""
        return self._post(
            "/v1/benchmark_jobs", BenchmarkJobView, fields, BenchmarkJobCreateParams
        )

    def retrieve(self, id: str) -> Call[BenchmarkJobView]:
        """Return one job as it is now."""
        return self._get("/v1/benchmark_jobs/{id}", BenchmarkJobView, id=id)

    def list(
        self, **query: Unpack[BenchmarkJobListParams]
    ) -> PageCall[BenchmarkJobView]:
        """List jobs, newest first."""
        return self._list(
            "/v1/benchmark_jobs",
            BenchmarkJobListView,
            lambda page: page.jobs,
            query,
            BenchmarkJobListParams,
        )

    def wait(
        self, id: str, *, polling_config: PollingConfigLike | None = None
    ) -> Flow[BenchmarkJobView]:
        """Wait until a job has ended, in whatever way, and return it.

        Raises:
            PollingTimeout: It had not ended by the deadline, by default after 24 hours;
                `last_value` is the job.
            APIError: It could not be asked for.
        """
        polling = PollingConfig.of(polling_config, RUN)
        return Flow(
            partial(until_ended, self.retrieve(id), ENDED, polling),
            name=f"wait for {id}",
        )
