"""Runs of benchmarks."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, Final, TypeVar, Unpack

from runloop_async.calls.call import Call
from runloop_async.calls.deadline import Deadline
from runloop_async.calls.files import Download
from runloop_async.calls.paging import PageCall, walk
from runloop_async.calls.polling import (
    LONG,
    PollingConfig,
    PollingConfigLike,
    poll,
    question,
    until_ended,
)
from runloop_async.calls.repeatable import Flow
from runloop_async.calls.resource import Resource
from runloop_async.models.benchmark_runs import (
    BenchmarkRunListParams,
    BenchmarkRunListScenarioRunsParams,
    BenchmarkRunListView,
    BenchmarkRunView,
)
from runloop_async.models.scenarios.runs import ScenarioRunListView, ScenarioRunView
from runloop_async.options import CallOptions
from runloop_async.wire.request import path_segment

CallT = TypeVar("CallT", bound=Call[Any])

ENDED: Final = frozenset({"completed", "canceled", "failed"})
"""The states that a benchmark run does not leave."""


class BenchmarkRuns(Resource):
    """Runs of benchmarks: a run of each of their scenarios."""

    def retrieve(self, id: str) -> Call[BenchmarkRunView]:
        """Return one benchmark run as it is now."""
        return self._get("/v1/benchmark_runs/{id}", BenchmarkRunView, id=id)

    def list(
        self, **query: Unpack[BenchmarkRunListParams]
    ) -> PageCall[BenchmarkRunView]:
        """List benchmark runs, newest first."""
        return self._list(
            "/v1/benchmark_runs",
            BenchmarkRunListView,
            lambda page: page.runs,
            query,
            BenchmarkRunListParams,
        )

    def cancel(self, id: str) -> Call[BenchmarkRunView]:
        """Stop a run and the scenario runs in it."""
        return self._post("/v1/benchmark_runs/{id}/cancel", BenchmarkRunView, id=id)

    def complete(self, id: str) -> Call[BenchmarkRunView]:
        """Finish a run: its score is made of the scores of its scenario runs."""
        return self._post("/v1/benchmark_runs/{id}/complete", BenchmarkRunView, id=id)

    def download_logs(self, id: str) -> Download:
        """Fetch the logs of all of a run's scenario runs, as a zip file."""
        return self._file(
            "/v1/benchmark_runs/{id}/download_logs", accept="application/zip", id=id
        )

    def list_scenario_runs(
        self, id: str, **query: Unpack[BenchmarkRunListScenarioRunsParams]
    ) -> PageCall[ScenarioRunView]:
        """List the scenario runs of a run."""
        return self._list(
            "/v1/benchmark_runs/{id}/scenario_runs",
            ScenarioRunListView,
            lambda page: page.runs,
            query,
            BenchmarkRunListScenarioRunsParams,
            id=id,
        )

    def wait(
        self, id: str, *, polling_config: PollingConfigLike | None = None
    ) -> Flow[BenchmarkRunView]:
        """Wait until a run has completed, failed or been canceled, and return it.

        Raises:
            PollingTimeout: It had not ended by the deadline; `last_value` is the run.
            APIError: It could not be asked for.
        """
        polling = PollingConfig.of(polling_config, LONG)
        return Flow(
            partial(until_ended, self.retrieve(id), ENDED, polling),
            name=f"wait for {id}",
        )

    def wait_many(
        self,
        ids: Iterable[str],
        *,
        benchmark_id: str | None = None,
        polling_config: PollingConfigLike | None = None,
    ) -> Flow[Sequence[BenchmarkRunView]]:
        """Wait until each of many runs has ended, and return them in the order asked.

        The list is read, in pages of 5,000, rather than each run by itself.

        Args:
            ids: The runs to wait for.
            benchmark_id: Their benchmark, if they have the same: less is read then.
            polling_config: How often to ask, and for how long; every 5 s for a day by
                default.

        Raises:
            TypeError: `ids` is no list of ids, or an id is no string.
            NotFoundError: There is no such run.
            PollingTimeout: Not all had ended by the deadline; `last_value` has the runs
                as they were last seen.
            APIError: The runs could not be asked for.
        """
        query: BenchmarkRunListParams = {}
        if benchmark_id is not None:
            query["benchmark_id"] = benchmark_id
        wanted = _ids(ids)
        for each in wanted:
            path_segment("an id", each)
        runs = self.list(**query).largest()
        polling = PollingConfig.of(polling_config, LONG)
        return Flow(
            partial(self._wait_many, wanted, runs, polling),
            name=f"wait for {len(wanted)} benchmark runs",
        )

    async def _wait_many(
        self,
        ids: Sequence[str],
        runs: PageCall[BenchmarkRunView],
        polling: PollingConfig,
        **options: Unpack[CallOptions],
    ) -> Sequence[BenchmarkRunView]:
        seen: dict[str, BenchmarkRunView] = {}
        pending = set(ids)

        async def look(left_s: float) -> Sequence[BenchmarkRunView]:
            timed = Deadline(self._runner.clock, CallOptions(deadline=left_s))

            def fetch(call: CallT) -> CallT:
                return timed(question(call, left_s, options))

            missing = set(pending)
            pages = walk(await fetch(runs), fetch)
            async with aclosing(pages):
                async for page in pages:
                    found = {run.id: run for run in page.items if run.id in missing}
                    seen.update(found)
                    missing -= found.keys()
                    if not missing:
                        break
            for lost in missing:  # missing from the list; fetch it directly
                seen[lost] = await fetch(self.retrieve(lost))
            runs_now = [seen[each] for each in ids]
            pending.difference_update(run.id for run in runs_now if run.state in ENDED)
            return runs_now

        return await poll(
            look,
            lambda _: not pending,
            runner=self._runner,
            polling=polling.within(options),
            what=f"the end of {len(ids)} benchmark runs",
        )


def _ids(ids: Any) -> Sequence[str]:
    """Return the ids; a str, which is a row of letters, is no list of them."""
    if isinstance(ids, str | bytes | Mapping) or not isinstance(ids, Iterable):
        kind = type(ids).__name__  # pyright: ignore[reportUnknownArgumentType]
        raise TypeError(
            f"ids must be a list of ids, not {kind}; for one run there is wait(id)"
        )
    return [*ids]  # pyright: ignore[reportUnknownVariableType]
