"""Rows at three levels, from what the API sends; no input or output."""

from runloop_async.evals.rows.flatten import (
    Include,
    Part,
    parts_of,
    run_row,
    scenario_rows,
    score_rows,
    time_of,
)
from runloop_async.evals.rows.row import RunRow, ScenarioRow, ScoreRow
from runloop_async.evals.rows.state import State, state_of

__all__ = [
    "Include",
    "Part",
    "RunRow",
    "ScenarioRow",
    "ScoreRow",
    "State",
    "parts_of",
    "run_row",
    "scenario_rows",
    "score_rows",
    "state_of",
    "time_of",
]
