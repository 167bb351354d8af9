"""Scenarios, which are problems with a way to score an attempt."""

from functools import partial
from typing import Unpack

from runloop_async.calls.call import Call
from runloop_async.calls.paging import PageCall
from runloop_async.calls.polling import BOOT, PollingConfig, PollingConfigLike
from runloop_async.calls.repeatable import Flow
from runloop_async.calls.resource import Resource
from runloop_async.calls.runner import Runner
from runloop_async.calls.starting import started
from runloop_async.models.scenarios.runs import ScenarioRunListView, ScenarioRunView
from runloop_async.models.scenarios.scenarios import (
    ScenarioCreateParams,
    ScenarioDefinitionListView,
    ScenarioListParams,
    ScenarioListPublicParams,
    ScenarioStartRunParams,
    ScenarioUpdateParams,
    ScenarioView,
)
from runloop_async.models.shared import (
    CountedPageParams,
    MetadataKeysView,
    MetadataValuesView,
)
from runloop_async.options import CallOptions
from runloop_async.resources.scenarios.runs import ScenarioRuns
from runloop_async.resources.scenarios.scorers import Scorers
from runloop_async.wire.request import Safety


class Scenarios(Resource):
    """Scenarios: problems, each with a devbox and a way to score an attempt."""

    runs: ScenarioRuns
    """Attempts at scenarios."""
    scorers: Scorers
    """Scorers of your own."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner)
        self.runs = ScenarioRuns(runner)
        self.scorers = Scorers(runner)

    def create(self, **fields: Unpack[ScenarioCreateParams]) -> Call[ScenarioView]:
        """Make a scenario."""
        return self._post("/v1/scenarios", ScenarioView, fields, ScenarioCreateParams)

    def retrieve(self, id: str) -> Call[ScenarioView]:
        """Return one scenario."""
        return self._get("/v1/scenarios/{id}", ScenarioView, id=id)

    def update(
        self, id: str, **fields: Unpack[ScenarioUpdateParams]
    ) -> Call[ScenarioView]:
        """Change a scenario; what is left out stays as it is."""
        return self._post(
            "/v1/scenarios/{id}",
            ScenarioView,
            fields,
            ScenarioUpdateParams,
            safety=Safety.SAFE,
            id=id,
        )

    def list(self, **query: Unpack[ScenarioListParams]) -> PageCall[ScenarioView]:
        """List the account's scenarios."""
        return self._list(
            "/v1/scenarios",
            ScenarioDefinitionListView,
            lambda page: page.scenarios,
            query,
            ScenarioListParams,
        )

    def list_public(
        self, **query: Unpack[ScenarioListPublicParams]
    ) -> PageCall[ScenarioView]:
        """List the scenarios that everyone can run."""
        return self._list(
            "/v1/scenarios/list_public",
            ScenarioDefinitionListView,
            lambda page: page.scenarios,
            query,
            ScenarioListPublicParams,
        )

    def list_runs(
        self, id: str, **query: Unpack[CountedPageParams]
    ) -> PageCall[ScenarioRunView]:
        """List the runs of a scenario.

        The OpenAPI document of May 2026 gives this the shape of a scenario, by mistake
        as its name and parameters tell; `scenarios.runs.list` is the surer way.
        """
        return self._list(
            "/v1/scenarios/{id}/runs",
            ScenarioRunListView,
            lambda page: page.runs,
            query,
            CountedPageParams,
            id=id,
        )

    def start_run(
        self, **fields: Unpack[ScenarioStartRunParams]
    ) -> Call[ScenarioRunView]:
        """Start an attempt; the response comes before its devbox has booted."""
        return self._post(
            "/v1/scenarios/start_run", ScenarioRunView, fields, ScenarioStartRunParams
        )

    def start_run_and_await_env_ready(
        self,
        *,
        polling_config: PollingConfigLike | None = None,
        **fields: Unpack[ScenarioStartRunParams],
    ) -> Flow[ScenarioRunView]:
        """Start an attempt, and wait until its devbox has booted.

        Raises:
            WaitError: The devbox failed or was shut down; `last_value` is the devbox.
            PollingTimeout: It had not booted by the deadline, by default after 10
                minutes; `last_value` is the devbox.
            APIError: The attempt could not be started, or the devbox asked for.
        """
        polling = PollingConfig.of(polling_config, BOOT)
        return started(
            self.start_run(**fields),
            partial(self._ready, polling),
            polling,
            name="start a scenario",
            what="a scenario run",
            left=lambda run: f"the scenario run {run.id} was started",
        )

    def _ready(
        self, polling: PollingConfig, run: ScenarioRunView
    ) -> Flow[ScenarioRunView]:
        """Wait until the devbox of an attempt has booted."""
        from runloop_async.resources.devboxes.devboxes import (  # noqa: PLC0415 - for this alone
            Devboxes,
        )

        devboxes = Devboxes(self._runner)
        waiting = devboxes.await_running(run.devbox_id, polling_config=polling)

        async def work(**options: Unpack[CallOptions]) -> ScenarioRunView:
            await waiting.with_options(**options)
            return run

        return Flow(work, name=waiting.name, first=waiting)

    def archive(self, id: str) -> Call[ScenarioView]:
        """Put a scenario out of use."""
        return self._post(
            "/v1/scenarios/{id}/archive", ScenarioView, safety=Safety.SAFE, id=id
        )

    def unarchive(self, id: str) -> Call[ScenarioView]:
        """Put a scenario back into use."""
        return self._post(
            "/v1/scenarios/{id}/unarchive", ScenarioView, safety=Safety.SAFE, id=id
        )

    def metadata_keys(self) -> Call[MetadataKeysView]:
        """Return the metadata keys that scenarios have."""
        return self._get("/v1/scenarios/metadata/keys", MetadataKeysView)

    def metadata_values(self, key: str) -> Call[MetadataValuesView]:
        """Return the values that scenarios have under a metadata key."""
        return self._get(
            "/v1/scenarios/metadata/keys/{key}/values", MetadataValuesView, key=key
        )
