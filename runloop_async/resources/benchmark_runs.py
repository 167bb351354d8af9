"""Runs of benchmarks."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeVar, Unpack

from runloop_async.calls.already import moved
from runloop_async.calls.call import Call
from runloop_async.calls.deadline import Deadline
from runloop_async.calls.files import Download
from runloop_async.calls.many import Prepare, Search, Source
from runloop_async.calls.outcomes import BulkResult
from runloop_async.calls.paging import PageCall
from runloop_async.calls.polling import (
    RUN,
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
        return self._set(
            "/v1/benchmark_runs/{id}/cancel",
            BenchmarkRunView,
            moved(partial(self.retrieve, id), "canceled"),
            id=id,
        )

    def complete(self, id: str) -> Call[BenchmarkRunView]:
        """Finish a run: its score is made of the scores of its scenario runs."""
        return self._set(
            "/v1/benchmark_runs/{id}/complete",
            BenchmarkRunView,
            moved(partial(self.retrieve, id), "completed"),
            id=id,
        )

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
            PollingTimeout: It had not ended by the deadline, by default after 24 hours;
                `last_value` is the run.
            APIError: It could not be asked for.
        """
        polling = PollingConfig.of(polling_config, RUN)
        return Flow(
            partial(until_ended, self.retrieve(id), ENDED, polling),
            name=f"wait for {id}",
        )

    def retrieve_many(
        self, ids: Iterable[str], *, benchmark_id: str | None = None
    ) -> Flow[BulkResult[BenchmarkRunView]]:
        """Return many benchmark runs as they are now, in the order asked.

        From 200 on they are taken from pages of the list, of up to 5,000 runs, where
        that takes fewer requests, and else read one by one, many at once: ten thousand
        runs of one benchmark take two or three requests. `summary.how` of the result
        tells. Failures, such as a run that does not exist, are kept, as in a bulk.

        Args:
            ids: The runs.
            benchmark_id: Their benchmark, if they have the same; else a run is read
                first to find it.

        Raises:
            TypeError: `ids` is no list of ids, or an id is no string.
            APITimeoutError: The deadline of the flow has passed.
        """
        wanted = _ids(ids)
        return Flow(
            partial(self._retrieve_many, wanted, benchmark_id),
            name=f"retrieve {len(wanted)} benchmark runs",
        )

    async def _retrieve_many(
        self,
        ids: Sequence[str],
        benchmark_id: str | None,
        **options: Unpack[CallOptions],
    ) -> BulkResult[BenchmarkRunView]:
        deadline = Deadline(self._runner.clock, options.get("deadline"))
        search = self._search(dict.fromkeys(ids), deadline.on, options)
        return await search.result(ids, benchmark_id)

    def _search(
        self, ids: Collection[str], prepare: Prepare, options: CallOptions
    ) -> Search[BenchmarkRunView]:
        def one(name: str) -> Call[BenchmarkRunView]:
            return self.retrieve(name).with_options(**options)

        def pages(benchmark_id: str | None) -> PageCall[BenchmarkRunView]:
            query: BenchmarkRunListParams = {}
            if benchmark_id is not None:
                query["benchmark_id"] = benchmark_id
            return self.list(**query).largest().with_options(**options)

        source = Source(
            one=one,
            pages=pages,
            id_of=lambda run: run.id,
            group_of=lambda run: run.benchmark_id,
        )
        return Search(self._runner, source, prepare, ids)

    def wait_many(
        self,
        ids: Iterable[str],
        *,
        benchmark_id: str | None = None,
        polling_config: PollingConfigLike | None = None,
    ) -> Flow[Sequence[BenchmarkRunView]]:
        """Wait until each of many runs has ended, and return them in the order asked.

        Each time the list is read, in pages of 5,000, and what it does not show is read
        by itself, many at once.

        Args:
            ids: The runs to wait for.
            benchmark_id: Their benchmark, if they have the same: less is read then.
            polling_config: How often to ask, and for how long; every 5 s for a day by
                default.

        Raises:
            TypeError: `ids` is no list of ids, or an id is no string.
            NotFoundError: There is no such run.
            PollingTimeout: Not all had ended by the deadline, by default after 24
                hours; `last_value` has the runs as they were last seen.
            APIError: The runs could not be asked for.
        """
        wanted = _ids(ids)
        polling = PollingConfig.of(polling_config, RUN)
        return Flow(
            partial(self._wait_many, wanted, benchmark_id, polling),
            name=f"wait for {len(wanted)} benchmark runs",
        )

    async def _wait_many(
        self,
        ids: Sequence[str],
        benchmark_id: str | None,
        polling: PollingConfig,
        **options: Unpack[CallOptions],
    ) -> Sequence[BenchmarkRunView]:
        seen: dict[str, BenchmarkRunView] = {}
        pending, unlisted = dict.fromkeys(ids), set[str]()

        async def look(left_s: float) -> Sequence[BenchmarkRunView]:
            deadline = Deadline(self._runner.clock, left_s)

            def timed(call: CallT) -> CallT:
                return question(call, deadline.left_s(), options)

            search = self._search(tuple(pending), timed, CallOptions())
            if not unlisted.issuperset(pending):
                await search.listed(benchmark_id)
                unlisted.update(search.missing)
            await search.each(search.missing)
            seen.update(search.found)
            # By the ids that were asked for: a run may come back under another one.
            for each, run in search.found.items():
                if run.state in ENDED:
                    pending.pop(each, None)
            search.raise_for_failures()
            return [seen[each] for each in ids if each in seen]

        return await poll(
            look,
            lambda _: not pending,
            runner=self._runner,
            polling=polling,
            options=options,
            what=f"{len(ids)} benchmark runs to end",
        )


def _ids(ids: Iterable[str]) -> Sequence[str]:
    """Return the ids; a str, which is a row of letters, is no list of them."""
    given: Any = ids
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        raise TypeError(
            f"ids must be a list of ids, not {ids.__class__.__name__}; for one run "
            "there are retrieve(id) and wait(id)"
        )
    listed = [*ids]
    for each in listed:
        path_segment("an id", each)
    return listed
