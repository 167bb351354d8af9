"""Benchmarks, which are sets of scenarios, and the runs of them."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Required, TypeAlias, TypedDict

import attrs

from runloop_async.models.launch import RunProfile, RunProfileParam
from runloop_async.models.scenarios import ScenarioRunState, ScoringContractResultView
from runloop_async.models.shared import CountedPageParams, Wire

BenchmarkStatus: TypeAlias = Literal["active", "archived"] | str
"""Whether a benchmark is in use."""
BenchmarkRunState: TypeAlias = (
    Literal["running", "canceled", "completed", "failed"] | str
)
"""How far a benchmark run is."""


@attrs.frozen(kw_only=True)
class BenchmarkView:
    """A named set of scenarios."""

    id: str
    """Identifier, starts with `bmd_`."""
    metadata: dict[str, str]
    """The owner's labels."""
    name: str
    """Its name."""
    scenario_ids: Annotated[list[str], Wire("scenarioIds")]
    """The scenarios in it."""
    status: BenchmarkStatus
    """Whether it is in use."""
    attribution: str | None = None
    """Who it comes from."""
    description: str | None = None
    """What it measures."""
    is_public: bool | None = None
    """Whether everyone can run it."""
    required_environment_variables: list[str] | None = None
    """Environment variables that a run must bring."""
    required_secret_names: list[str] | None = None
    """Secrets that a run must bring."""


@attrs.frozen(kw_only=True)
class BenchmarkListView:
    """A page of benchmarks."""

    benchmarks: list[BenchmarkView]
    """The benchmarks on it."""
    has_more: bool
    """Whether another page follows."""
    total_count: int | None = None
    """How many there are on all pages, if counted."""


@attrs.frozen(kw_only=True)
class BenchmarkRunScenarioRun:
    """A scored scenario within a run, as servers of April to June 2025 sent it."""

    scenario_id: str
    """The scenario."""
    scoring_result: Annotated[ScoringContractResultView, Wire("scoringResult")]
    """Its score and what that is made of."""
    scenario_run_id: Annotated[str | None, Wire("scenarioRunId")] = None
    """The run of the scenario."""


@attrs.frozen(kw_only=True)
class BenchmarkRunView:
    """One run of a benchmark: a run of each of its scenarios."""

    id: str
    """Identifier, starts with `bmr_`."""
    metadata: dict[str, str]
    """The owner's labels."""
    start_time_ms: int
    """When it started, Unix milliseconds."""
    state: BenchmarkRunState
    """How far it is."""
    benchmark_id: str | None = None
    """The benchmark, unless a job made the run without one."""
    duration_ms: int | None = None
    """How long it took, in milliseconds, once it has ended."""
    environment_variables: dict[str, str] | None = None
    """Environment variables of its scenarios."""
    name: str | None = None
    """Its name."""
    purpose: str | None = None
    """What it is for."""
    score: float | None = None
    """Mean of its scenario runs' scores, 0 to 1, once completed."""
    secrets_provided: dict[str, str] | None = None
    """Environment variables and the names of the secrets that fill them."""
    pending_scenarios: list[str] | None = None
    """Scenarios not yet run; sent by servers of February to June 2025."""
    scenario_runs: list[BenchmarkRunScenarioRun] | None = None
    """Scored scenarios; sent by servers of April to June 2025."""


@attrs.frozen(kw_only=True)
class BenchmarkRunListView:
    """A page of benchmark runs."""

    runs: list[BenchmarkRunView]
    """The runs on it."""
    has_more: bool
    """Whether another page follows."""
    total_count: int | None = None
    """How many there are on all pages, if counted."""


class BenchmarkCreateParams(TypedDict, total=False):
    """What `benchmarks.create` takes."""

    name: Required[str]
    """Its name."""
    attribution: str | None
    """Who it comes from."""
    description: str | None
    """What it measures."""
    metadata: Mapping[str, str] | None
    """Labels of yours."""
    required_environment_variables: Sequence[str] | None
    """Environment variables that a run must bring."""
    required_secret_names: Sequence[str]
    """Secrets that a run must bring."""
    scenario_ids: Sequence[str] | None
    """The scenarios in it."""


class BenchmarkUpdateParams(TypedDict, total=False):
    """What `benchmarks.update` takes; what is left out stays as it is."""

    attribution: str | None
    """Who it comes from; an empty string clears it."""
    description: str | None
    """What it measures; an empty string clears it."""
    metadata: Mapping[str, str] | None
    """Labels of yours, in place of all there are."""
    name: str | None
    """Its name."""
    required_environment_variables: Sequence[str] | None
    """Environment variables that a run must bring, in place of all there are."""
    required_secret_names: Sequence[str] | None
    """Secrets that a run must bring, in place of all there are."""
    scenario_ids: Sequence[str] | None
    """The scenarios in it, in place of all there are."""


class BenchmarkUpdateScenariosParams(TypedDict, total=False):
    """What `benchmarks.update_scenarios` takes."""

    scenarios_to_add: Sequence[str] | None
    """Ids of scenarios to put in."""
    scenarios_to_remove: Sequence[str] | None
    """Ids of scenarios to take out."""


class BenchmarkStartRunParams(TypedDict, total=False):
    """What `benchmarks.start_run` takes."""

    benchmark_id: Required[str]
    """The benchmark to run."""
    metadata: Mapping[str, str] | None
    """Labels of yours for the run."""
    run_name: str | None
    """Its name."""
    run_profile: Annotated[RunProfile | RunProfileParam | None, Wire("runProfile")]
    """What it brings to the devboxes of its scenarios."""


class BenchmarkListPublicParams(CountedPageParams, total=False):
    """What `benchmarks.list_public` takes."""

    name: str
    """Only those of this name."""
    search: str
    """Only those whose name or id contains this."""


class BenchmarkListParams(BenchmarkListPublicParams, total=False):
    """What `benchmarks.list` takes."""


class BenchmarkRunsLegacyListParams(CountedPageParams, total=False):
    """What the old `benchmarks.runs.list` takes."""

    benchmark_id: str
    """Only runs of this benchmark."""
    name: str
    """Only runs of this name."""
    state: BenchmarkRunState
    """Only runs in this state."""


class BenchmarkRunListParams(BenchmarkRunsLegacyListParams, total=False):
    """What `benchmark_runs.list` takes."""

    search: str
    """Only runs whose name or id contains this."""


class BenchmarkRunsLegacyListScenarioRunsParams(CountedPageParams, total=False):
    """What the old `benchmarks.runs.list_scenario_runs` takes."""

    state: ScenarioRunState
    """Only scenario runs in this state."""


class BenchmarkRunListScenarioRunsParams(
    BenchmarkRunsLegacyListScenarioRunsParams, total=False
):
    """What `benchmark_runs.list_scenario_runs` takes."""

    search: str
    """Only scenario runs whose name or id contains this."""
