import json

import pytest

from runloop_async.annotations import JsonObject
from runloop_async.convert import decode
from runloop_async.convert.decoding import structure
from runloop_async.convert.encoding import dump, encode
from runloop_async.models.benchmark_runs import (
    BenchmarkRunListView,
    BenchmarkRunScenarioRun,
    BenchmarkRunView,
)
from runloop_async.models.benchmarks.benchmarks import (
    BenchmarkStartRunParams,
    BenchmarkView,
)
from runloop_async.models.launch import RunProfile
from runloop_async.models.scenarios.runs import (
    ScoringContractResultView,
    ScoringFunctionResultView,
)

OLD_RUN: JsonObject = {
    "id": "bmr_1",
    "benchmark_id": "bmd_1",
    "name": "nightly",
    "start_time_ms": 1_747_000_000_000,
    "duration_ms": 90_000,
    "state": "running",
    "score": 0.75,
    "pending_scenarios": ["scn_2"],
    "scenario_runs": [
        {
            "scenario_id": "scn_1",
            "scenarioRunId": "scr_1",
            "scoringResult": {
                "score": 0.75,
                "scoring_function_results": [
                    {
                        "score": 0.75,
                        "scoring_function_name": "tests",
                        "output": "3 of 4 passed",
                        "state": "unknown",
                    }
                ],
            },
        }
    ],
    "metadata": {},
}
NEW_RUN: JsonObject = {
    "id": "bmr_2",
    "metadata": {"team": "evals"},
    "start_time_ms": 1_760_000_000_000,
    "state": "completed",
    "benchmark_id": None,
    "duration_ms": 1,
    "environment_variables": {"SEED": "7"},
    "name": None,
    "purpose": "nightly",
    "score": 1,
    "secrets_provided": {"TOKEN": "team_token"},
}


def test_a_run_of_the_old_shape_is_decoded_to_its_last_field() -> None:
    run = decode(json.dumps(OLD_RUN).encode(), BenchmarkRunView)

    assert run == BenchmarkRunView(
        id="bmr_1",
        benchmark_id="bmd_1",
        name="nightly",
        start_time_ms=1_747_000_000_000,
        duration_ms=90_000,
        state="running",
        score=0.75,
        pending_scenarios=["scn_2"],
        scenario_runs=[
            BenchmarkRunScenarioRun(
                scenario_id="scn_1",
                scenario_run_id="scr_1",
                scoring_result=ScoringContractResultView(
                    score=0.75,
                    scoring_function_results=[
                        ScoringFunctionResultView(
                            score=0.75,
                            scoring_function_name="tests",
                            output="3 of 4 passed",
                            state="unknown",
                        )
                    ],
                ),
            )
        ],
        metadata={},
    )


def test_a_run_of_todays_shape_is_decoded_to_its_last_field() -> None:
    run = decode(json.dumps(NEW_RUN).encode(), BenchmarkRunView)

    assert run == BenchmarkRunView(
        id="bmr_2",
        metadata={"team": "evals"},
        start_time_ms=1_760_000_000_000,
        state="completed",
        duration_ms=1,
        environment_variables={"SEED": "7"},
        purpose="nightly",
        score=1.0,
        secrets_provided={"TOKEN": "team_token"},
    )


def test_a_page_may_hold_runs_of_both_shapes() -> None:
    page = structure(
        {"runs": [OLD_RUN, NEW_RUN], "has_more": True}, BenchmarkRunListView
    )

    assert [run.id for run in page.runs] == ["bmr_1", "bmr_2"]
    assert (page.has_more, page.total_count) == (True, None)


@pytest.mark.parametrize("document", [OLD_RUN, NEW_RUN], ids=["old", "new"])
def test_a_dump_has_the_names_of_the_wire_and_no_nulls(document: JsonObject) -> None:
    dumped = dump(structure(document, BenchmarkRunView))

    assert dumped == {
        name: value for name, value in document.items() if value is not None
    }


def test_a_benchmark_is_decoded_by_the_names_of_the_wire() -> None:
    document: JsonObject = {
        "id": "bmd_1",
        "metadata": {},
        "name": "sums",
        "scenarioIds": ["scn_1", "scn_2"],
        "status": "active",
    }

    benchmark = structure(document, BenchmarkView)

    assert benchmark.scenario_ids == ["scn_1", "scn_2"]
    assert dump(benchmark) == document


@pytest.mark.parametrize(
    "profile",
    [RunProfile(env_vars={"SEED": "7"}), {"env_vars": {"SEED": "7"}}],
    ids=["model", "dict"],
)
def test_a_run_is_started_with_a_profile_in_the_names_of_the_wire(
    profile: object,
) -> None:
    fields = {"benchmark_id": "bmd_1", "run_name": "nightly", "run_profile": profile}

    assert encode(fields, BenchmarkStartRunParams) == {
        "benchmark_id": "bmd_1",
        "run_name": "nightly",
        "runProfile": {"envVars": {"SEED": "7"}},
    }
