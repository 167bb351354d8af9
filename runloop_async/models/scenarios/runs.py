"""Runs of scenarios."""

from typing import Literal, TypeAlias

import attrs

from runloop_async.models.shared import CountedPageParams, Open

ScenarioRunState: TypeAlias = Open[
    Literal[
        "running", "scoring", "scored", "completed", "canceled", "timeout", "failed"
    ]
]
"""How far a scenario run is."""


ScoringFunctionState: TypeAlias = Open[Literal["unknown", "complete", "error"]]
"""How a scoring function ended."""


@attrs.frozen(kw_only=True)
class ScoringFunctionResultView:
    """What one scoring function found."""

    output: str
    """What it printed."""
    score: float
    """Its score."""
    scoring_function_name: str
    """Its name."""
    state: ScoringFunctionState
    """How it ended."""


@attrs.frozen(kw_only=True)
class ScoringContractResultView:
    """The score of an attempt."""

    score: float
    """Weighted sum of the functions' scores, 0 to 1."""
    scoring_function_results: list[ScoringFunctionResultView]
    """What each function found."""


@attrs.frozen(kw_only=True)
class ScenarioRunView:
    """One attempt at a scenario, on a devbox of its own."""

    id: str
    """Identifier of the scenario run."""
    devbox_id: str
    """The devbox."""
    metadata: dict[str, str]
    """The owner's labels."""
    scenario_id: str
    """The scenario."""
    state: ScenarioRunState
    """How far it is."""
    benchmark_run_id: str | None = None
    """The benchmark run that it belongs to, if any."""
    duration_ms: int | None = None
    """How long it took, in milliseconds, once it has ended."""
    environment_variables: dict[str, str] | None = None
    """Environment variables of the devbox."""
    name: str | None = None
    """Its name."""
    purpose: str | None = None
    """What it is for."""
    scoring_contract_result: ScoringContractResultView | None = None
    """Its score, once scored."""
    secrets_provided: dict[str, str] | None = None
    """Environment variables and the names of the secrets that fill them."""
    start_time_ms: int | None = None
    """When it started, Unix milliseconds."""


@attrs.frozen(kw_only=True)
class ScenarioRunListView:
    """A page of scenario runs."""

    runs: list[ScenarioRunView]
    """The scenario runs on it."""
    has_more: bool
    """Whether another page follows."""
    total_count: int | None = None
    """How many there are on all pages, if counted."""


class ScenarioRunListParams(CountedPageParams, total=False):
    """What `scenarios.runs.list` takes."""

    benchmark_run_id: str
    """Only those of this benchmark run."""
    name: str
    """Only those of this name."""
    scenario_id: str
    """Only those of this scenario."""
    search: str
    """Only those whose name or id contains this."""
    state: ScenarioRunState
    """Only those in this state."""
