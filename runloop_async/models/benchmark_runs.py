"""Runs of benchmarks."""

from typing import Annotated, Literal, TypeAlias

import attrs

from runloop_async.models.scenarios.runs import (
    ScenarioRunState,
    ScoringContractResultView,
)
from runloop_async.models.shared import CountedPageParams, Open, Wire

BenchmarkRunState: TypeAlias = Open[
    Literal["running", "canceled", "completed", "failed"]
]
"""How far a benchmark run is."""


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


class BenchmarkRunListParams(CountedPageParams, total=False):
    """What `benchmark_runs.list` takes."""

    benchmark_id: str
    """Only runs of this benchmark."""
    name: str
    """Only runs of this name."""
    state: BenchmarkRunState
    """Only runs in this state."""
    search: str
    """Only runs whose name or id contains this."""


class BenchmarkRunListScenarioRunsParams(CountedPageParams, total=False):
    """What `benchmark_runs.list_scenario_runs` takes."""

    state: ScenarioRunState
    """Only scenario runs in this state."""
    search: str
    """Only scenario runs whose name or id contains this."""
