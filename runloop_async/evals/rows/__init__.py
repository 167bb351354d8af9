"""Rows at three levels, from what the API sends; no input or output."""

from runloop_async.evals.rows.flatten import (
    Chunk,
    Include,
    Part,
    chunk_of,
    parts_of,
    rows_of,
    time_of,
)
from runloop_async.evals.rows.row import RunRow, ScenarioRow, ScoreRow
from runloop_async.evals.rows.state import State, state_of

__all__ = [
    "Chunk",
    "Include",
    "Part",
    "RunRow",
    "ScenarioRow",
    "ScoreRow",
    "State",
    "chunk_of",
    "parts_of",
    "rows_of",
    "state_of",
    "time_of",
]
