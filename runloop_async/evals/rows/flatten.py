"""Turn what the API sends into rows."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias, TypeVar

import attrs

from runloop_async.evals.rows.row import RunRow, ScenarioRow, ScoreRow
from runloop_async.evals.rows.state import State, state_of
from runloop_async.models.benchmark_jobs import (
    BenchmarkJobView,
    JobAgentConfig,
    ScenarioOutcomeView,
)
from runloop_async.models.benchmark_runs import BenchmarkRunView
from runloop_async.models.scenarios.runs import (
    ScenarioRunView,
    ScoringContractResultView,
)

RowT = TypeVar("RowT", bound=RunRow)
_Attempt: TypeAlias = tuple[dict[str, Any], ScoringContractResultView | None]
"""The columns of an attempt, and what its score is made of."""

_COLUMNS: Final = [
    name
    for name in attrs.fields_dict(ScenarioRow)
    if name not in attrs.fields_dict(RunRow)
]
"""The columns that an attempt adds to those of its run."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@attrs.frozen(kw_only=True)
class Part:
    """What a job knows of one of its benchmark runs."""

    job_id: str
    """The job."""
    agent: str | None = None
    """The agent."""
    model: str | None = None
    """The model that it used."""
    outcomes: Sequence[ScenarioOutcomeView] = ()
    """How each scenario ended, once the run has."""


@attrs.frozen(kw_only=True)
class Include:
    """What rows have only on demand, as it may be large or private."""

    output: bool = False
    """What scoring functions printed."""
    environment: bool = False
    """Environment variables and the names of secrets."""


def parts_of(job: BenchmarkJobView) -> dict[str, Part]:
    """Return what a job knows of each of its runs, by the id of the run.

    What a run came to goes before what is said of a run in progress.
    """
    parts = dict[str, Part]()
    for run in job.in_progress_runs or ():
        part = Part(job_id=job.id)
        if isinstance(run.agent_config, JobAgentConfig):
            agent = run.agent_config
            part = attrs.evolve(part, agent=agent.name, model=agent.model_name)
        parts[run.benchmark_run_id] = part
    for outcome in job.benchmark_outcomes or ():
        parts[outcome.benchmark_run_id] = Part(
            job_id=job.id,
            agent=outcome.agent_name,
            model=outcome.model_name,
            outcomes=outcome.scenario_outcomes,
        )
    return parts


Chunk: TypeAlias = dict[str, list[Any]]
"""The rows of a run, as columns: much cheaper than an object for each row."""


def rows_of(kind: type[RowT], chunk: Chunk) -> list[RowT]:
    """Return the rows that columns stand for."""
    names = [*chunk]
    return [
        kind(**dict(zip(names, values, strict=True)))
        for values in zip(*chunk.values(), strict=True)
    ]


def chunk_of(
    kind: type[RunRow],
    run: BenchmarkRunView,
    attempts: Iterable[ScenarioRunView] = (),
    part: Part | None = None,
    include: Include | None = None,
) -> Chunk:
    """Return the rows of a run, by scenario and number, as columns.

    Args:
        kind: The class of the rows: a row for the run, for each attempt, or for each
            score.
        run: The run.
        attempts: Its scenario runs. Of runs that have them within, as servers sent
            them in 2025, these are taken too.
        part: What its job knows of it.
        include: What rows have on demand.
    """
    include = include or Include()
    run_columns = _run_columns(run, part, include)
    if kind is RunRow:
        return {name: [value] for name, value in run_columns.items()}
    found = _numbered(run, attempts, part)
    if kind is ScoreRow:
        return _scores(run_columns, found, include)
    chunk = {name: [value] * len(found) for name, value in run_columns.items()}
    for name in _COLUMNS:
        chunk[name] = [columns[name] for columns, _ in found]
    return chunk


def _scores(
    run_columns: dict[str, Any], found: list[_Attempt], include: Include
) -> Chunk:
    scored = [
        (columns, each)
        for columns, result in found
        if result is not None
        for each in result.scoring_function_results
    ]
    chunk = {name: [value] * len(scored) for name, value in run_columns.items()}
    for name in _COLUMNS:
        chunk[name] = [columns[name] for columns, _ in scored]
    chunk["function"] = [each.scoring_function_name for _, each in scored]
    chunk["function_state"] = [each.state for _, each in scored]
    chunk["function_score"] = [each.score for _, each in scored]
    chunk["output"] = [each.output if include.output else None for _, each in scored]
    return chunk


def _run_columns(
    run: BenchmarkRunView, part: Part | None, include: Include
) -> dict[str, Any]:
    environment = None
    if include.environment:
        environment = _json(
            {
                "environment_variables": run.environment_variables or {},
                "secrets_provided": run.secrets_provided or {},
            }
        )
    return {
        "run_id": run.id,
        "run_name": run.name,
        "benchmark_id": run.benchmark_id,
        "job_id": None if part is None else part.job_id,
        "agent": None if part is None else part.agent,
        "model": None if part is None else part.model,
        "run_state": state_of(run.state),
        "run_score": run.score,
        "run_start": time_of(run.start_time_ms),
        "run_duration_ms": run.duration_ms,
        "metadata": _json(run.metadata),
        "environment": environment,
    }


def _attempts(
    run: BenchmarkRunView, attempts: Iterable[ScenarioRunView], part: Part | None
) -> list[_Attempt]:
    if part is None or not part.outcomes:
        found = [_of_view(attempt, None) for attempt in attempts]
        seen = {columns["scenario_run_id"] for columns, _ in found}
    else:
        outcomes = part.outcomes
        by_id = {each.scenario_run_id: each for each in outcomes}
        found = [_of_view(attempt, by_id.get(attempt.id)) for attempt in attempts]
        seen = {columns["scenario_run_id"] for columns, _ in found}
        # Some could not begin, or are gone.
        found += [
            _of_outcome(each) for each in outcomes if each.scenario_run_id not in seen
        ]
    if run.scenario_runs is not None or run.pending_scenarios is not None:
        found += _of_old_shape(run, seen)
    return found


def _of_view(view: ScenarioRunView, outcome: ScenarioOutcomeView | None) -> _Attempt:
    result, start_ms = view.scoring_contract_result, view.start_time_ms
    columns: dict[str, Any] = {
        "scenario_id": view.scenario_id,
        "scenario_run_id": view.id,
        "scenario_name": None,
        "attempt": 1,
        "state": state_of(view.state),
        "raw_state": view.state,
        "score": None if result is None else result.score,
        "failure": None,
        "start": None if start_ms is None else time_of(start_ms),
        "duration_ms": view.duration_ms,
        "devbox_id": view.devbox_id,
    }
    if outcome is not None:
        columns["scenario_name"] = outcome.scenario_name
        columns["failure"] = _failure(outcome)
        if result is None:
            columns["score"] = outcome.score
    return columns, result


def _of_outcome(outcome: ScenarioOutcomeView) -> _Attempt:
    columns = _bare(
        outcome.scenario_definition_id, outcome.scenario_run_id, outcome.state
    )
    columns["scenario_name"] = outcome.scenario_name
    columns["score"] = outcome.score
    columns["failure"] = _failure(outcome)
    columns["duration_ms"] = outcome.duration_ms
    return columns, None


def _of_old_shape(run: BenchmarkRunView, seen: set[str]) -> Iterator[_Attempt]:
    for each in run.scenario_runs or ():
        if each.scenario_run_id not in seen:
            columns = _bare(each.scenario_id, each.scenario_run_id, State.COMPLETED)
            columns["score"] = each.scoring_result.score
            yield columns, each.scoring_result
    for scenario_id in run.pending_scenarios or ():
        yield _bare(scenario_id, None, State.QUEUED), None


def _bare(scenario_id: str, attempt_id: str | None, state: str) -> dict[str, Any]:
    return {
        "scenario_id": scenario_id,
        "scenario_run_id": attempt_id,
        "scenario_name": None,
        "attempt": 1,
        "state": state_of(state),
        "raw_state": str(state),
        "score": None,
        "failure": None,
        "start": None,
        "duration_ms": None,
        "devbox_id": None,
    }


def _numbered(
    run: BenchmarkRunView, attempts: Iterable[ScenarioRunView], part: Part | None
) -> list[_Attempt]:
    """Number the attempts at each scenario by time, then id; unknown ones come last."""
    found = _attempts(run, attempts, part)
    found.sort(key=_order)
    number, scenario = 0, None
    for columns, _ in found:
        number = number + 1 if columns["scenario_id"] == scenario else 1
        scenario = columns["scenario_id"]
        columns["attempt"] = number
    return found


def _order(attempt: _Attempt) -> tuple[str, bool, datetime, str]:
    columns, _ = attempt
    start = columns["start"]
    id = columns["scenario_run_id"] or "~"  # noqa: A001 - the API's own word
    return columns["scenario_id"], start is None, start or _EPOCH, id


def _failure(outcome: ScenarioOutcomeView) -> str | None:
    reason = outcome.failure_reason
    if reason is None:
        return None
    return f"{reason.exception_type}: {reason.exception_message}"


def time_of(milliseconds: int) -> datetime:
    """Return the time that Unix milliseconds stand for."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _json(value: Mapping[str, object]) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
