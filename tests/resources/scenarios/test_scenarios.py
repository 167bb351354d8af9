from typing import Any

import pytest

from runloop_async.models.scenarios.runs import ScenarioRunView
from runloop_async.models.scenarios.scenarios import InputContext, ScenarioView
from runloop_async.models.scenarios.scorers import ScorerView
from runloop_async.models.shared import MetadataKeysView, MetadataValuesView
from runloop_async.resources.scenarios.runs import ScenarioRuns
from runloop_async.resources.scenarios.scenarios import Scenarios
from runloop_async.resources.scenarios.scorers import Scorers
from runloop_async.wire.request import Safety
from tests.fakes import Recorder
from tests.resources.cases import Case, file, get, methods, post
from tests.samples import SCENARIO, SCORER, page, scenario_run

PATH = "/v1/scenarios"
CASES = {
    "create": Case[Scenarios](
        lambda r: r.create(
            name="one and one",
            input_context=InputContext(problem_statement="Add 1 and 1."),
            scoring_contract={"scoring_function_parameters": []},
        ),
        post(
            PATH,
            {
                "name": "one and one",
                "input_context": {"problem_statement": "Add 1 and 1."},
                "scoring_contract": {"scoring_function_parameters": []},
            },
        ),
        SCENARIO,
        ScenarioView,
    ),
    "retrieve": Case[Scenarios](
        lambda r: r.retrieve("scn_1"),
        get(f"{PATH}/{{id}}", id="scn_1"),
        SCENARIO,
        ScenarioView,
    ),
    "update": Case[Scenarios](
        lambda r: r.update("scn_1", name="two and two"),
        post(f"{PATH}/{{id}}", {"name": "two and two"}, safety=Safety.SAFE, id="scn_1"),
        SCENARIO,
        ScenarioView,
    ),
    "list": Case[Scenarios](
        lambda r: r.list(benchmark_id="bmd_1", validation_type="FORWARD"),
        get(PATH, {"benchmark_id": "bmd_1", "validation_type": "FORWARD"}),
        page("scenarios", SCENARIO),
        ScenarioView,
    ),
    "list_public": Case[Scenarios](
        lambda r: r.list_public(name="sums"),
        get(f"{PATH}/list_public", {"name": "sums"}),
        page("scenarios", SCENARIO),
        ScenarioView,
    ),
    "list_runs": Case[Scenarios](
        lambda r: r.list_runs("scn_1", limit=3),
        get(f"{PATH}/{{id}}/runs", {"limit": "3"}, id="scn_1"),
        page("runs", scenario_run()),
        ScenarioRunView,
    ),
    "start_run": Case[Scenarios](
        lambda r: r.start_run(scenario_id="scn_1", metadata={"team": "blue"}),
        post(
            f"{PATH}/start_run",
            {"scenario_id": "scn_1", "metadata": {"team": "blue"}},
        ),
        scenario_run(),
        ScenarioRunView,
    ),
    "archive": Case[Scenarios](
        lambda r: r.archive("scn_1"),
        post(f"{PATH}/{{id}}/archive", safety=Safety.SAFE, id="scn_1"),
        SCENARIO,
        ScenarioView,
    ),
    "unarchive": Case[Scenarios](
        lambda r: r.unarchive("scn_1"),
        post(f"{PATH}/{{id}}/unarchive", safety=Safety.SAFE, id="scn_1"),
        SCENARIO,
        ScenarioView,
    ),
    "metadata_keys": Case[Scenarios](
        lambda r: r.metadata_keys(),
        get(f"{PATH}/metadata/keys"),
        {"keys": ["team"]},
        MetadataKeysView,
    ),
    "metadata_values": Case[Scenarios](
        lambda r: r.metadata_values("a key"),
        get(f"{PATH}/metadata/keys/{{key}}/values", key="a%20key"),
        {"key": "a key", "values": ["blue"]},
        MetadataValuesView,
    ),
}
RUNS = f"{PATH}/runs"
RUN_CASES = {
    "retrieve": Case[ScenarioRuns](
        lambda r: r.retrieve("scr_1"),
        get(f"{RUNS}/{{id}}", id="scr_1"),
        scenario_run(),
        ScenarioRunView,
    ),
    "list": Case[ScenarioRuns](
        lambda r: r.list(scenario_id="scn_1", state="scored"),
        get(RUNS, {"scenario_id": "scn_1", "state": "scored"}),
        page("runs", scenario_run()),
        ScenarioRunView,
    ),
    "cancel": Case[ScenarioRuns](
        lambda r: r.cancel("scr_1"),
        post(f"{RUNS}/{{id}}/cancel", id="scr_1", safety=Safety.SAFE),
        scenario_run(),
        ScenarioRunView,
    ),
    "complete": Case[ScenarioRuns](
        lambda r: r.complete("scr_1"),
        post(f"{RUNS}/{{id}}/complete", id="scr_1", safety=Safety.SAFE),
        scenario_run(),
        ScenarioRunView,
    ),
    "score": Case[ScenarioRuns](
        lambda r: r.score("scr_1"),
        post(f"{RUNS}/{{id}}/score", id="scr_1"),
        scenario_run(),
        ScenarioRunView,
    ),
    "download_logs": Case[ScenarioRuns](
        lambda r: r.download_logs("scr_1"),
        file(f"{RUNS}/{{id}}/download_logs", id="scr_1"),
        b"zip",
        bytes,
    ),
}
SCORERS = f"{PATH}/scorers"
SCORER_CASES = {
    "create": Case[Scorers](
        lambda r: r.create(type="mine", bash_script="echo score=1.0"),
        post(SCORERS, {"type": "mine", "bash_script": "echo score=1.0"}),
        SCORER,
        ScorerView,
    ),
    "retrieve": Case[Scorers](
        lambda r: r.retrieve("scr_1"),
        get(f"{SCORERS}/{{id}}", id="scr_1"),
        SCORER,
        ScorerView,
    ),
    "update": Case[Scorers](
        lambda r: r.update("scr_1", type="mine", bash_script="echo score=0.5"),
        post(
            f"{SCORERS}/{{id}}",
            {"type": "mine", "bash_script": "echo score=0.5"},
            safety=Safety.SAFE,
            id="scr_1",
        ),
        SCORER,
        ScorerView,
    ),
    "list": Case[Scorers](
        lambda r: r.list(search="mine"),
        get(SCORERS, {"search": "mine"}),
        page("scorers", SCORER),
        ScorerView,
    ),
}
ALL: list[Any] = [
    *(pytest.param(Scenarios, case, id=name) for name, case in CASES.items()),
    *(
        pytest.param(ScenarioRuns, case, id=f"runs.{name}")
        for name, case in RUN_CASES.items()
    ),
    *(
        pytest.param(Scorers, case, id=f"scorers.{name}")
        for name, case in SCORER_CASES.items()
    ),
]


@pytest.mark.parametrize(("resource", "case"), ALL)
def test_a_method_makes_its_request(resource: type[Any], case: Case[Any]) -> None:
    assert case.asked(resource) == case.request


@pytest.mark.parametrize(("resource", "case"), ALL)
async def test_a_method_gives_its_model(resource: type[Any], case: Case[Any]) -> None:
    assert await case.given(resource) is case.gives


def test_every_method_is_tested() -> None:
    waits = {"await_scored", "score_and_await", "score_and_complete"}

    assert methods(Scenarios) == CASES.keys() | {"start_run_and_await_env_ready"}
    assert methods(ScenarioRuns) == RUN_CASES.keys() | waits
    assert methods(Scorers) == SCORER_CASES.keys()


def test_runs_and_scorers_are_beside_the_scenarios() -> None:
    scenarios = Scenarios(Recorder())

    assert isinstance(scenarios.runs, ScenarioRuns)
    assert isinstance(scenarios.scorers, Scorers)
