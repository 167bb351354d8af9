"""What the API sends, as rows."""

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runloop_async.evals.rows import (
    Include,
    Part,
    RunRow,
    ScenarioRow,
    ScoreRow,
    State,
    chunk_of,
    parts_of,
    rows_of,
    state_of,
)
from runloop_async.models.benchmark_jobs import (
    BenchmarkJobState,
    BenchmarkJobView,
    BenchmarkOutcomeView,
    ExternalApiAgentConfig,
    InProgressRunView,
    JobAgentConfig,
    ScenarioOutcomeFailureReason,
    ScenarioOutcomeState,
    ScenarioOutcomeView,
)
from runloop_async.models.benchmark_runs import (
    BenchmarkRunScenarioRun,
    BenchmarkRunState,
    BenchmarkRunView,
)
from runloop_async.models.scenarios.runs import (
    ScenarioRunState,
    ScenarioRunView,
    ScoringContractResultView,
    ScoringFunctionResultView,
)

RUN = BenchmarkRunView(
    id="bmr_1",
    metadata={"team": "ä", "a": "b"},
    start_time_ms=1_767_225_600_123,
    state="completed",
    benchmark_id="bmd_1",
    environment_variables={"MODEL": "x"},
    score=0.5,
)
RESULT = ScoringContractResultView(
    score=0.75,
    scoring_function_results=[
        ScoringFunctionResultView(
            output="fine", score=1.0, scoring_function_name="tests", state="complete"
        ),
        ScoringFunctionResultView(
            output="<b>", score=0.5, scoring_function_name="style", state="error"
        ),
    ],
)


def run_row(run: BenchmarkRunView, include: Include | None = None) -> RunRow:
    (row,) = rows_of(RunRow, chunk_of(RunRow, run, include=include))
    return row


def scenario_rows(*given: Any) -> list[ScenarioRow]:
    return rows_of(ScenarioRow, chunk_of(ScenarioRow, *given))


def score_rows(
    run: BenchmarkRunView,
    attempts: list[ScenarioRunView],
    include: Include | None = None,
) -> list[ScoreRow]:
    return rows_of(ScoreRow, chunk_of(ScoreRow, run, attempts, include=include))


def attempt(id: str, **fields: Any) -> ScenarioRunView:
    usual: dict[str, Any] = {
        "id": id,
        "devbox_id": "dbx_1",
        "metadata": {},
        "scenario_id": "scn_1",
        "state": "completed",
    }
    return ScenarioRunView(**{**usual, **fields})


def outcome(scenario: str, **fields: Any) -> ScenarioOutcomeView:
    usual: dict[str, Any] = {
        "scenario_definition_id": scenario,
        "scenario_name": f"name of {scenario}",
        "state": "COMPLETED",
    }
    return ScenarioOutcomeView(**{**usual, **fields})


def words(vocabulary: Any) -> set[str]:
    return set(get_args(get_args(vocabulary)[0]))


@pytest.mark.parametrize(
    "vocabulary",
    [BenchmarkRunState, BenchmarkJobState, ScenarioRunState, ScenarioOutcomeState],
)
def test_each_word_of_the_api_has_a_state(vocabulary: Any) -> None:
    assert len(words(vocabulary)) >= 4
    assert State.UNKNOWN not in map(state_of, words(vocabulary))


def test_words_that_mean_the_same_have_one_state() -> None:
    assert state_of("cancelled") is state_of("CANCELED") is State.CANCELED
    assert state_of("initializing") is State.QUEUED
    assert state_of("a new word") is State.UNKNOWN
    assert not State.SCORED.ended
    assert State.TIMEOUT.ended


def test_a_run_is_a_row() -> None:
    row = run_row(RUN)

    assert (row.run_id, row.run_state, row.run_score) == ("bmr_1", "completed", 0.5)
    assert row.run_start == datetime(2026, 1, 1, 0, 0, 0, 123_000, tzinfo=UTC)
    assert json.loads(row.metadata) == {"team": "ä", "a": "b"}
    assert row.environment is None
    assert (row.job_id, row.agent, row.model) == (None, None, None)


def test_environments_are_only_there_on_demand() -> None:
    row = run_row(RUN, include=Include(environment=True))

    assert row.environment is not None
    assert json.loads(row.environment) == {
        "environment_variables": {"MODEL": "x"},
        "secrets_provided": {},
    }


def test_attempts_are_numbered_by_time() -> None:
    rows = scenario_rows(
        RUN,
        [
            attempt("c", start_time_ms=2),
            attempt("none"),
            attempt("b", start_time_ms=1),
            attempt("a", start_time_ms=1),
            attempt("d", scenario_id="scn_0", state="scoring"),
        ],
    )

    numbers = [(r.scenario_id, r.scenario_run_id, r.attempt) for r in rows]
    assert numbers == [
        ("scn_0", "d", 1),
        ("scn_1", "a", 1),
        ("scn_1", "b", 2),
        ("scn_1", "c", 3),
        ("scn_1", "none", 4),
    ]
    assert rows[0].state is State.SCORING
    assert rows[0].score is None


def test_scores_are_rows_too() -> None:
    view = attempt("a", scoring_contract_result=RESULT)

    rows = score_rows(RUN, [view, attempt("b")])

    assert [(r.function, r.function_score, r.function_state) for r in rows] == [
        ("tests", 1.0, "complete"),
        ("style", 0.5, "error"),
    ]
    assert {row.score for row in rows} == {0.75}
    assert {row.output for row in rows} == {None}
    with_output = score_rows(RUN, [view], include=Include(output=True))
    assert [row.output for row in with_output] == ["fine", "<b>"]


def test_a_job_adds_what_it_knows() -> None:
    part = Part(
        job_id="bmj_1",
        agent="claude",
        model="m",
        outcomes=[
            outcome("scn_1", scenario_run_id="a", score=0.25),
            outcome(
                "scn_2",
                state="FAILED",
                failure_reason=ScenarioOutcomeFailureReason(
                    exception_message="no image", exception_type="SetupError"
                ),
            ),
            outcome("scn_3", scenario_run_id="gone", state="TIMEOUT", score=0.0),
        ],
    )

    rows = scenario_rows(RUN, [attempt("a")], part)

    assert [(r.scenario_id, r.scenario_run_id, r.state, r.score) for r in rows] == [
        ("scn_1", "a", State.COMPLETED, 0.25),
        ("scn_2", None, State.FAILED, None),
        ("scn_3", "gone", State.TIMEOUT, 0.0),
    ]
    assert rows[1].failure == "SetupError: no image"
    assert rows[0].scenario_name == "name of scn_1"
    assert {(r.job_id, r.agent, r.model) for r in rows} == {("bmj_1", "claude", "m")}


def test_outcomes_of_a_job_go_before_runs_in_progress() -> None:
    job = BenchmarkJobView(
        id="bmj_1",
        create_time_ms=0,
        name="nightly",
        state="running",
        in_progress_runs=[
            InProgressRunView(
                benchmark_run_id="bmr_1",
                start_time_ms=0,
                state="running",
                agent_config=JobAgentConfig(name="early", model_name="m"),
            ),
            InProgressRunView(
                benchmark_run_id="bmr_2",
                start_time_ms=0,
                state="running",
                agent_config=JobAgentConfig(name="other", model_name="n"),
            ),
            InProgressRunView(
                benchmark_run_id="bmr_3",
                start_time_ms=0,
                state="running",
                agent_config=ExternalApiAgentConfig(),
            ),
        ],
        benchmark_outcomes=[
            BenchmarkOutcomeView(
                agent_name="late",
                benchmark_run_id="bmr_1",
                n_completed=0,
                n_failed=0,
                n_timeout=0,
                scenario_outcomes=[],
            )
        ],
    )

    parts = parts_of(job)

    assert {name: (part.agent, part.model) for name, part in parts.items()} == {
        "bmr_1": ("late", None),
        "bmr_2": ("other", "n"),
        "bmr_3": (None, None),
    }


def test_runs_of_2025_have_their_attempts_within() -> None:
    run = BenchmarkRunView(
        id="bmr_1",
        metadata={},
        start_time_ms=0,
        state="running",
        pending_scenarios=["scn_2"],
        scenario_runs=[
            BenchmarkRunScenarioRun(
                scenario_id="scn_1", scoring_result=RESULT, scenario_run_id="a"
            )
        ],
    )

    rows = scenario_rows(run, [])

    assert [(r.scenario_id, r.state, r.score) for r in rows] == [
        ("scn_1", State.COMPLETED, 0.75),
        ("scn_2", State.QUEUED, None),
    ]
    assert len(score_rows(run, [])) == 2
    assert len(scenario_rows(run, [attempt("a")])) == 2


IDS = st.sampled_from(["a", "b", "c", "d", "e"])
VIEWS = st.lists(
    st.builds(
        attempt,
        IDS,
        scenario_id=st.sampled_from(["scn_1", "scn_2"]),
        start_time_ms=st.none() | st.integers(0, 3),
        scoring_contract_result=st.none() | st.just(RESULT),
    ),
    unique_by=lambda view: view.id,
)
OUTCOMES = st.lists(
    st.builds(
        outcome,
        st.sampled_from(["scn_1", "scn_2"]),
        scenario_run_id=st.none() | IDS,
    ),
    unique_by=lambda each: each.scenario_run_id or object(),
)


@given(VIEWS, OUTCOMES)
def test_every_attempt_is_a_row_once(
    views: list[ScenarioRunView], outcomes: list[ScenarioOutcomeView]
) -> None:
    rows = scenario_rows(RUN, views, Part(job_id="bmj_1", outcomes=outcomes))

    ids = Counter(row.scenario_run_id for row in rows)
    wanted = {view.id for view in views} | {o.scenario_run_id for o in outcomes}
    assert set(ids) == wanted
    assert all(count == 1 for name, count in ids.items() if name is not None)
    assert ids[None] == sum(o.scenario_run_id is None for o in outcomes)
    numbers = Counter((row.scenario_id, row.attempt) for row in rows)
    assert set(numbers.values()) <= {1}
