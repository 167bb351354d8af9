"""Attempts at scenarios."""

from functools import partial
from typing import Unpack

from runloop_async.calls.already import moved
from runloop_async.calls.call import Call
from runloop_async.calls.deadline import Steps
from runloop_async.calls.files import Download
from runloop_async.calls.paging import PageCall
from runloop_async.calls.polling import (
    SCORE,
    PollingConfig,
    PollingConfigLike,
    until_left,
)
from runloop_async.calls.repeatable import Flow
from runloop_async.calls.resource import Resource
from runloop_async.calls.starting import started
from runloop_async.models.scenarios.runs import (
    ScenarioRunListParams,
    ScenarioRunListView,
    ScenarioRunView,
)
from runloop_async.options import CallOptions


class ScenarioRuns(Resource):
    """Attempts at scenarios, each on a devbox of its own."""

    def retrieve(self, id: str) -> Call[ScenarioRunView]:
        """Return one scenario run as it is now."""
        return self._get("/v1/scenarios/runs/{id}", ScenarioRunView, id=id)

    def list(self, **query: Unpack[ScenarioRunListParams]) -> PageCall[ScenarioRunView]:
        """List scenario runs, newest first."""
        return self._list(
            "/v1/scenarios/runs",
            ScenarioRunListView,
            lambda page: page.runs,
            query,
            ScenarioRunListParams,
        )

    def cancel(self, id: str) -> Call[ScenarioRunView]:
        """Stop a scenario run and shut its devbox down."""
        return self._set(
            "/v1/scenarios/runs/{id}/cancel",
            ScenarioRunView,
            moved(partial(self.retrieve, id), "canceled"),
            id=id,
        )

    def complete(self, id: str) -> Call[ScenarioRunView]:
        """Finish a scenario run and shut its devbox down."""
        return self._set(
            "/v1/scenarios/runs/{id}/complete",
            ScenarioRunView,
            moved(partial(self.retrieve, id), "completed"),
            id=id,
        )

    def score(self, id: str) -> Call[ScenarioRunView]:
        """Begin to score a scenario run; the response comes before the score."""
        return self._post("/v1/scenarios/runs/{id}/score", ScenarioRunView, id=id)

    def download_logs(self, id: str) -> Download:
        """Fetch the logs of a scenario run, as a zip file."""
        return self._file(
            "/v1/scenarios/runs/{id}/download_logs", accept="application/zip", id=id
        )

    def await_scored(
        self, id: str, *, polling_config: PollingConfigLike | None = None
    ) -> Flow[ScenarioRunView]:
        """Wait until a scenario run is scored, and return it.

        Raises:
            PollingTimeout: It was not scored by the deadline, by default after an
                hour; `last_value` is the run.
            WaitError: It ended in another state than scored.
            APIError: It could not be asked for.
        """
        polling = PollingConfig.of(polling_config, SCORE)
        return Flow(
            partial(until_left, self.retrieve(id), {"scoring"}, "scored", polling),
            name=f"wait for the score of {id}",
        )

    def score_and_await(
        self, id: str, *, polling_config: PollingConfigLike | None = None
    ) -> Flow[ScenarioRunView]:
        """Score a scenario run, wait for its score, and return it.

        Raises:
            PollingTimeout: It was not scored by the deadline, by default after an
                hour; `last_value` is the run.
            WaitError: It ended in another state than scored.
            APIError: It could not be scored or asked for.
        """
        polling = PollingConfig.of(polling_config, SCORE)
        return started(
            self.score(id),
            lambda _: self.await_scored(id, polling_config=polling),
            polling,
            name=f"score {id}",
            what=f"the score of {id}",
        )

    def score_and_complete(
        self, id: str, *, polling_config: PollingConfigLike | None = None
    ) -> Flow[ScenarioRunView]:
        """Score a scenario run, wait for its score, finish it, and return it.

        Raises:
            PollingTimeout: It was not scored by the deadline, by default after an
                hour; `last_value` is the run.
            WaitError: It ended in another state than scored.
            APIError: It could not be scored, asked for or finished.
        """
        scored = self.score_and_await(id, polling_config=polling_config)

        async def work(**options: Unpack[CallOptions]) -> ScenarioRunView:
            step = Steps(self._runner.clock, options)
            await step(scored)
            return await step(self.complete(id))

        return Flow(work, name=f"score and complete {id}", first=scored)
