"""Rows for the tests of the analysis."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from runloop_async.evals.rows import ScenarioRow, State


def names(folder: Path, pattern: str = "*") -> list[str]:
    """Return the names in a folder."""
    return [path.name for path in folder.glob(pattern)]


def attempt(scenario: str, score: float | None = 1.0, **columns: Any) -> ScenarioRow:
    """Return a row of an attempt, completed if it has a score and failed if not."""
    state = State.FAILED if score is None else State.COMPLETED
    usual: dict[str, Any] = {
        "run_id": "bmr_1",
        "run_name": None,
        "benchmark_id": "bmd_1",
        "job_id": None,
        "agent": None,
        "model": None,
        "run_state": State.COMPLETED,
        "run_score": None,
        "run_start": datetime(2026, 1, 1, tzinfo=UTC),
        "run_duration_ms": None,
        "metadata": "{}",
        "scenario_id": scenario,
        "scenario_run_id": None,
        "scenario_name": None,
        "attempt": 1,
        "state": state,
        "raw_state": "completed",
        "score": score,
        "failure": None,
        "start": None,
        "duration_ms": None,
        "devbox_id": None,
    }
    return ScenarioRow(**{**usual, **columns})


def attempts(
    by_scenario: Mapping[str, Iterable[float | None]], **columns: Any
) -> list[ScenarioRow]:
    """Return a row for each score of each scenario."""
    return [
        attempt(name, score, **columns)
        for name, scores in by_scenario.items()
        for score in scores
    ]


def singles(scores: Sequence[float | None], **columns: Any) -> list[ScenarioRow]:
    """Return one attempt at each of as many scenarios."""
    return attempts({f"scn_{n:03}": [s] for n, s in enumerate(scores)}, **columns)
