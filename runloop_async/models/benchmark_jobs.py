"""Benchmark jobs, which run benchmarks with agents of your choice by themselves."""

from collections.abc import Mapping, Sequence
from typing import Literal, Required, TypeAlias, TypedDict

import attrs

from runloop_async.models.benchmark_runs import BenchmarkRunState
from runloop_async.models.shared import CountedPageParams, Open, Unknown

BenchmarkJobState: TypeAlias = Open[
    Literal[
        "initializing",
        "queued",
        "running",
        "completed",
        "failed",
        "cancelled",
        "timeout",
    ]
]
"""How far a job is; the service spells `cancelled` with two l's here."""
ScenarioOutcomeState: TypeAlias = Open[
    Literal["COMPLETED", "FAILED", "TIMEOUT", "CANCELED"]
]
"""How a scenario ended within a job."""


@attrs.frozen(kw_only=True)
class JobAgentEnvironment:
    """What an agent finds in its environment."""

    environment_variables: dict[str, str] | None = None
    """Environment variables."""
    secrets: dict[str, str] | None = None
    """Environment variables and the names of the secrets that fill them."""


class JobAgentEnvironmentParam(TypedDict, total=False):
    """`JobAgentEnvironment` as a plain dict."""

    environment_variables: Mapping[str, str] | None
    secrets: Mapping[str, str] | None


@attrs.frozen(kw_only=True)
class JobAgentConfig:
    """An agent that a job runs."""

    type: Literal["job_agent"] = "job_agent"
    name: str
    """Name of the agent."""
    agent_environment: JobAgentEnvironment | None = None
    """What it finds in its environment."""
    agent_id: str | None = None
    """Id of the agent."""
    kwargs: dict[str, str] | None = None
    """Arguments of the agent's own."""
    model_name: str | None = None
    """The model that it is to use."""
    timeout_seconds: float | None = None
    """Seconds that it may take for a scenario."""


class JobAgentConfigParam(TypedDict, total=False):
    """`JobAgentConfig` as a plain dict."""

    type: Required[Literal["job_agent"]]
    name: Required[str]
    agent_environment: JobAgentEnvironment | JobAgentEnvironmentParam | None
    agent_id: str | None
    kwargs: Mapping[str, str] | None
    model_name: str | None
    timeout_seconds: float | None


@attrs.frozen(kw_only=True)
class ExternalApiAgentConfig:
    """An agent that is driven from outside of the service."""

    type: Literal["external_api"] = "external_api"
    info: str | None = None
    """A note about it."""


RunAgentConfig: TypeAlias = ExternalApiAgentConfig | JobAgentConfig | Unknown
"""The agent of a run in progress."""


@attrs.frozen(kw_only=True)
class JobOrchestratorConfig:
    """How a job goes about its scenarios."""

    n_attempts: int | None = None
    """Attempts at a scenario; default 0."""
    n_concurrent_trials: int | None = None
    """Scenarios under way at once; default 1."""
    quiet: bool | None = None
    """Whether to log less; default false."""
    timeout_multiplier: float | None = None
    """Factor on every timeout; default 1.0."""


class JobOrchestratorConfigParam(TypedDict, total=False):
    """`JobOrchestratorConfig` as a plain dict."""

    n_attempts: int | None
    n_concurrent_trials: int | None
    quiet: bool | None
    timeout_multiplier: float | None


@attrs.frozen(kw_only=True)
class JobSpec:
    """What a job was asked to do, with all defaults filled in."""

    agent_configs: list[JobAgentConfig | Unknown]
    """The agents; each runs every scenario."""
    scenario_ids: list[str]
    """The scenarios."""
    orchestrator_config: JobOrchestratorConfig | None = None
    """How it goes about them."""


@attrs.frozen(kw_only=True)
class BenchmarkDefJobSource:
    """The job came from a benchmark."""

    type: Literal["benchmark"] = "benchmark"
    benchmark_id: str
    """Id of the benchmark."""
    benchmark_name: str | None = None
    """Its name."""


@attrs.frozen(kw_only=True)
class HarborJobSource:
    """The job came from a Harbor file."""

    type: Literal["harbor"] = "harbor"
    inline_yaml: str
    """The file."""


@attrs.frozen(kw_only=True)
class ScenariosJobSource:
    """The job came from a list of scenarios."""

    type: Literal["scenarios"] = "scenarios"
    scenario_ids: list[str]
    """Ids of the scenarios."""


JobSource: TypeAlias = (
    BenchmarkDefJobSource | HarborJobSource | ScenariosJobSource | Unknown
)
"""What a job came from."""


@attrs.frozen(kw_only=True)
class ScenarioOutcomeFailureReason:
    """Why a scenario failed."""

    exception_message: str
    """What the exception said."""
    exception_type: str
    """Its class."""


@attrs.frozen(kw_only=True)
class ScenarioOutcomeView:
    """How one scenario ended."""

    scenario_definition_id: str
    """The scenario."""
    scenario_name: str
    """Its name."""
    state: ScenarioOutcomeState
    """How it ended."""
    duration_ms: int | None = None
    """Milliseconds that it took."""
    failure_reason: ScenarioOutcomeFailureReason | None = None
    """Why it failed, if it did."""
    scenario_run_id: str | None = None
    """The run of it."""
    score: float | None = None
    """Its score, 0 to 1."""


@attrs.frozen(kw_only=True)
class BenchmarkOutcomeView:
    """What one agent reached."""

    agent_name: str
    """The agent."""
    benchmark_run_id: str
    """Its benchmark run."""
    n_completed: int
    """Scenarios completed."""
    n_failed: int
    """Scenarios failed."""
    n_timeout: int
    """Scenarios out of time."""
    scenario_outcomes: list[ScenarioOutcomeView]
    """How each scenario ended."""
    average_score: float | None = None
    """Mean score, 0 to 1."""
    duration_ms: int | None = None
    """Milliseconds that it took."""
    model_name: str | None = None
    """The model that the agent used."""


@attrs.frozen(kw_only=True)
class InProgressRunView:
    """A benchmark run that a job has not finished."""

    benchmark_run_id: str
    """The benchmark run."""
    start_time_ms: int
    """When it started, Unix milliseconds."""
    state: BenchmarkRunState
    """How far it is."""
    agent_config: RunAgentConfig | None = None
    """Its agent."""
    duration_ms: int | None = None
    """Milliseconds that it has taken."""


@attrs.frozen(kw_only=True)
class BenchmarkJobView:
    """A job: the scenarios of a benchmark, each run by each agent."""

    id: str
    """Identifier of the job."""
    create_time_ms: int
    """When it was made, Unix milliseconds."""
    name: str
    """Its name."""
    state: BenchmarkJobState
    """How far it is."""
    benchmark_outcomes: list[BenchmarkOutcomeView] | None = None
    """What each agent reached."""
    failure_reason: str | None = None
    """Why it failed, if it did."""
    in_progress_runs: list[InProgressRunView] | None = None
    """Benchmark runs that are not finished."""
    job_source: JobSource | None = None
    """What it came from."""
    job_spec: JobSpec | None = None
    """What it was asked to do."""


@attrs.frozen(kw_only=True)
class BenchmarkJobListView:
    """A page of jobs."""

    jobs: list[BenchmarkJobView]
    """The jobs on it."""
    has_more: bool
    """Whether another page follows."""
    total_count: int | None = None
    """How many there are on all pages, if counted."""


class BenchmarkDefinitionJobSpec(TypedDict, total=False):
    """A job that runs a benchmark."""

    type: Required[Literal["benchmark"]]
    agent_configs: Required[Sequence[JobAgentConfig | JobAgentConfigParam]]
    """The agents; each runs every scenario."""
    benchmark_id: Required[str]
    """The benchmark."""
    orchestrator_config: JobOrchestratorConfig | JobOrchestratorConfigParam | None
    """How to go about it."""


class HarborJobSpec(TypedDict):
    """A job that a Harbor file describes."""

    type: Literal["harbor"]
    inline_yaml: str
    """The file."""


class ScenarioDefinitionJobSpec(TypedDict, total=False):
    """A job that runs a list of scenarios."""

    type: Required[Literal["scenarios"]]
    agent_configs: Required[Sequence[JobAgentConfig | JobAgentConfigParam]]
    """The agents; each runs every scenario."""
    scenario_ids: Required[Sequence[str]]
    """The scenarios."""
    orchestrator_config: JobOrchestratorConfig | JobOrchestratorConfigParam | None
    """How to go about it."""


BenchmarkJobSpec: TypeAlias = (
    BenchmarkDefinitionJobSpec | HarborJobSpec | ScenarioDefinitionJobSpec
)
"""What a job is to do."""


class BenchmarkJobCreateParams(TypedDict, total=False):
    """What `benchmark_jobs.create` takes."""

    name: str | None
    """Its name; the service makes one up."""
    spec: BenchmarkJobSpec | None
    """What it is to do."""


class BenchmarkJobListParams(CountedPageParams, total=False):
    """What `benchmark_jobs.list` takes."""

    name: str
    """Only jobs of this name."""
    search: str
    """Only jobs whose name or id contains this."""
