"""Rows: one line of a table for each run, attempt or score.

Columns repeat downwards: a `ScoreRow` has all of its attempt and its run, so that no
join is left to the reader. Times are UTC.
"""

from datetime import datetime

import attrs

from runloop_async.evals.rows.state import State


@attrs.frozen(kw_only=True)
class RunRow:
    """A benchmark run."""

    run_id: str
    """The benchmark run."""
    run_name: str | None
    """Its name."""
    benchmark_id: str | None
    """The benchmark, unless a job made the run without one."""
    job_id: str | None
    """The job that made the run, where the rows are those of a job."""
    agent: str | None
    """The agent of that job."""
    model: str | None
    """The model that the agent used."""
    run_state: State
    """How far the run is."""
    run_score: float | None
    """The service's own score of the run, 0 to 1."""
    run_start: datetime
    """When it started."""
    run_duration_ms: int | None
    """Milliseconds that it took, once it has ended."""
    metadata: str
    """The owner's labels, as a JSON object."""
    environment: str | None = None
    """Environment variables and names of secrets as a JSON object, if included."""


@attrs.frozen(kw_only=True)
class ScenarioRow(RunRow):
    """An attempt at a scenario within a benchmark run."""

    scenario_id: str
    """The scenario."""
    scenario_run_id: str | None
    """The attempt; None where a job could not begin it."""
    scenario_name: str | None
    """The scenario's name, where the rows are those of a job."""
    attempt: int
    """The number of the attempt at this scenario within the run, from 1, by time."""
    state: State
    """How far the attempt is."""
    raw_state: str
    """The API's own word for it."""
    score: float | None
    """Its score, 0 to 1, once it has one."""
    failure: str | None
    """Why it failed, where the job says so."""
    start: datetime | None
    """When it started."""
    duration_ms: int | None
    """Milliseconds that it took, once it has ended."""
    devbox_id: str | None
    """The devbox that it ran on."""


@attrs.frozen(kw_only=True)
class ScoreRow(ScenarioRow):
    """What one scoring function found about an attempt."""

    function: str
    """The name of the function."""
    function_state: str
    """How it ended, in the API's own word."""
    function_score: float
    """Its score."""
    output: str | None = None
    """What it printed, if included."""
