"""Scenarios."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Required, TypeAlias, TypedDict

import attrs

from runloop_async.annotations import JsonValue
from runloop_async.models.launch import (
    LaunchParameters,
    LaunchParametersParam,
    RunProfile,
    RunProfileParam,
)
from runloop_async.models.scenarios.scorers import ScoringFunction, ScoringFunctionParam
from runloop_async.models.shared import CountedPageParams, Open, Wire

ScenarioStatus: TypeAlias = Open[Literal["active", "archived"]]
"""Whether a scenario is in use."""


ValidationType: TypeAlias = Open[
    Literal["UNSPECIFIED", "FORWARD", "REVERSE", "EVALUATION"]
]
"""How a scenario is checked to be solvable."""


@attrs.frozen(kw_only=True)
class InputContext:
    """What whoever solves a scenario is told."""

    problem_statement: str
    """The problem, in words."""
    additional_context: JsonValue = None
    """Anything else, as JSON."""


class InputContextParam(TypedDict, total=False):
    """`InputContext` as a plain dict."""

    problem_statement: Required[str]
    additional_context: JsonValue


class InputContextUpdate(TypedDict, total=False):
    """What to change of an `InputContext`."""

    problem_statement: str | None
    """The problem, in words."""
    additional_context: JsonValue
    """Anything else, as JSON."""


@attrs.frozen(kw_only=True)
class ScoringContract:
    """How an attempt at a scenario is scored."""

    scoring_function_parameters: list[ScoringFunction]
    """The functions whose weighted scores are added up."""


class ScoringContractParam(TypedDict):
    """`ScoringContract` as a plain dict."""

    scoring_function_parameters: Sequence[ScoringFunction | ScoringFunctionParam]


class ScoringContractUpdate(TypedDict, total=False):
    """What to change of a `ScoringContract`."""

    scoring_function_parameters: Sequence[ScoringFunction | ScoringFunctionParam] | None
    """The functions, in place of all there are."""


@attrs.frozen(kw_only=True)
class ScenarioEnvironment:
    """The devbox that a scenario starts with."""

    blueprint_id: str | None = None
    """The blueprint to start from."""
    launch_parameters: LaunchParameters | None = None
    """Size, lifetime and network."""
    snapshot_id: str | None = None
    """The disk snapshot to start from."""
    working_directory: str | None = None
    """Folder that commands run in."""


class ScenarioEnvironmentParam(TypedDict, total=False):
    """`ScenarioEnvironment` as a plain dict."""

    blueprint_id: str | None
    launch_parameters: LaunchParameters | LaunchParametersParam | None
    snapshot_id: str | None
    working_directory: str | None


@attrs.frozen(kw_only=True)
class ScenarioView:
    """A problem, the devbox to solve it on, and the way to score an attempt."""

    id: str
    """Identifier, starts with `scn_`."""
    input_context: InputContext
    """What whoever solves it is told."""
    metadata: dict[str, str]
    """The owner's labels."""
    name: str
    """Its name."""
    scoring_contract: ScoringContract
    """How an attempt is scored."""
    status: ScenarioStatus
    """Whether it is in use."""
    environment: ScenarioEnvironment | None = None
    """The devbox that it starts with."""
    is_public: bool | None = None
    """Whether everyone can run it."""
    reference_output: str | None = None
    """What a solution looks like; for code a diff, applied to check the scorers."""
    required_environment_variables: list[str] | None = None
    """Environment variables that a run must bring."""
    required_secret_names: list[str] | None = None
    """Secrets that a run must bring."""
    scorer_timeout_sec: int | None = None
    """Seconds that all of the scoring may take."""
    validation_type: ValidationType | None = None
    """How it is checked to be solvable."""


@attrs.frozen(kw_only=True)
class ScenarioDefinitionListView:
    """A page of scenarios."""

    scenarios: list[ScenarioView]
    """The scenarios on it."""
    has_more: bool
    """Whether another page follows."""
    total_count: int | None = None
    """How many there are on all pages, if counted."""


class ScenarioCreateParams(TypedDict, total=False):
    """What `scenarios.create` takes."""

    input_context: Required[InputContext | InputContextParam]
    """What whoever solves it is told."""
    name: Required[str]
    """Its name."""
    scoring_contract: Required[ScoringContract | ScoringContractParam]
    """How an attempt is scored."""
    environment_parameters: ScenarioEnvironment | ScenarioEnvironmentParam | None
    """The devbox that it starts with."""
    metadata: Mapping[str, str] | None
    """Labels of yours."""
    reference_output: str | None
    """What a solution looks like."""
    required_environment_variables: Sequence[str] | None
    """Environment variables that a run must bring."""
    required_secret_names: Sequence[str] | None
    """Secrets that a run must bring."""
    scorer_timeout_sec: int | None
    """Seconds that all of the scoring may take; default 1,800."""
    validation_type: ValidationType | None
    """How it is checked to be solvable."""


class ScenarioUpdateParams(TypedDict, total=False):
    """What `scenarios.update` takes; what is left out stays as it is."""

    environment_parameters: ScenarioEnvironment | ScenarioEnvironmentParam | None
    """The devbox that it starts with."""
    input_context: InputContextUpdate | None
    """What whoever solves it is told."""
    metadata: Mapping[str, str] | None
    """Labels of yours, in place of all there are."""
    name: str | None
    """Its name."""
    reference_output: str | None
    """What a solution looks like."""
    required_environment_variables: Sequence[str] | None
    """Environment variables that a run must bring, in place of all there are."""
    required_secret_names: Sequence[str] | None
    """Secrets that a run must bring, in place of all there are."""
    scorer_timeout_sec: int | None
    """Seconds that all of the scoring may take."""
    scoring_contract: ScoringContractUpdate | None
    """How an attempt is scored."""
    validation_type: ValidationType | None
    """How it is checked to be solvable."""


class ScenarioStartRunParams(TypedDict, total=False):
    """What `scenarios.start_run` takes."""

    scenario_id: Required[str]
    """The scenario to run."""
    benchmark_run_id: str | None
    """The benchmark run that it is to belong to."""
    metadata: Mapping[str, str] | None
    """Labels of yours for the run."""
    run_name: str | None
    """Its name."""
    run_profile: Annotated[RunProfile | RunProfileParam | None, Wire("runProfile")]
    """What it brings to its devbox."""


class ScenarioListPublicParams(CountedPageParams, total=False):
    """What `scenarios.list_public` takes."""

    name: str
    """Only those of this name."""
    search: str
    """Only those whose name or id contains this."""


class ScenarioListParams(ScenarioListPublicParams, total=False):
    """What `scenarios.list` takes."""

    benchmark_id: str
    """Only those in this benchmark."""
    validation_type: ValidationType
    """Only those checked in this way."""
