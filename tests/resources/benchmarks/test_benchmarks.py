from typing import Any

import pytest

from runloop_async.models.benchmark_runs import BenchmarkRunView
from runloop_async.models.benchmarks.benchmarks import BenchmarkView
from runloop_async.models.launch import RunProfile
from runloop_async.models.scenarios.runs import ScenarioRunView
from runloop_async.models.scenarios.scenarios import ScenarioView
from runloop_async.models.shared import MetadataKeysView, MetadataValuesView
from runloop_async.resources.benchmarks.benchmarks import Benchmarks
from runloop_async.resources.benchmarks.runs import LegacyBenchmarkRuns
from runloop_async.wire.request import Safety
from tests.fakes import Recorder
from tests.resources.cases import Case, file, get, methods, post
from tests.samples import BENCHMARK, SCENARIO, page, run, scenario_run

PATH = "/v1/benchmarks"
CASES = {
    "create": Case[Benchmarks](
        lambda r: r.create(name="sums", scenario_ids=["scn_1"], description=None),
        post(PATH, {"name": "sums", "scenario_ids": ["scn_1"], "description": None}),
        BENCHMARK,
        BenchmarkView,
    ),
    "retrieve": Case[Benchmarks](
        lambda r: r.retrieve("bmd_1"),
        get(f"{PATH}/{{id}}", id="bmd_1"),
        BENCHMARK,
        BenchmarkView,
    ),
    "update": Case[Benchmarks](
        lambda r: r.update("bmd_1", description=""),
        post(f"{PATH}/{{id}}", {"description": ""}, safety=Safety.SAFE, id="bmd_1"),
        BENCHMARK,
        BenchmarkView,
    ),
    "list": Case[Benchmarks](
        lambda r: r.list(name="sums", limit=5000),
        get(PATH, {"name": "sums", "limit": "5000"}),
        page("benchmarks", BENCHMARK),
        BenchmarkView,
    ),
    "list_public": Case[Benchmarks](
        lambda r: r.list_public(search="sum"),
        get(f"{PATH}/list_public", {"search": "sum"}),
        page("benchmarks", BENCHMARK),
        BenchmarkView,
    ),
    "list_runs": Case[Benchmarks](
        lambda r: r.list_runs("bmd_1", starting_after="bmr_1"),
        get(f"{PATH}/{{id}}/runs", {"starting_after": "bmr_1"}, id="bmd_1"),
        page("runs", run()),
        BenchmarkRunView,
    ),
    "definitions": Case[Benchmarks](
        lambda r: r.definitions("bmd_1", limit=1),
        get(f"{PATH}/{{id}}/definitions", {"limit": "1"}, id="bmd_1"),
        page("scenarios", SCENARIO),
        ScenarioView,
    ),
    "start_run": Case[Benchmarks](
        lambda r: r.start_run(
            benchmark_id="bmd_1", run_profile=RunProfile(purpose="nightly")
        ),
        post(
            f"{PATH}/start_run",
            {"benchmark_id": "bmd_1", "runProfile": {"purpose": "nightly"}},
        ),
        run(),
        BenchmarkRunView,
    ),
    "update_scenarios": Case[Benchmarks](
        lambda r: r.update_scenarios("bmd_1", scenarios_to_add=["scn_2"]),
        post(
            f"{PATH}/{{id}}/scenarios",
            {"scenarios_to_add": ["scn_2"]},
            safety=Safety.SAFE,
            id="bmd_1",
        ),
        BENCHMARK,
        BenchmarkView,
    ),
    "archive": Case[Benchmarks](
        lambda r: r.archive("bmd_1"),
        post(f"{PATH}/{{id}}/archive", safety=Safety.SAFE, id="bmd_1"),
        BENCHMARK,
        BenchmarkView,
    ),
    "unarchive": Case[Benchmarks](
        lambda r: r.unarchive("bmd_1"),
        post(f"{PATH}/{{id}}/unarchive", safety=Safety.SAFE, id="bmd_1"),
        BENCHMARK,
        BenchmarkView,
    ),
    "metadata_keys": Case[Benchmarks](
        lambda r: r.metadata_keys(),
        get(f"{PATH}/metadata/keys"),
        {"keys": ["team"]},
        MetadataKeysView,
    ),
    "metadata_values": Case[Benchmarks](
        lambda r: r.metadata_values("team"),
        get(f"{PATH}/metadata/keys/{{key}}/values", key="team"),
        {"key": "team", "values": ["blue"]},
        MetadataValuesView,
    ),
}
RUNS = f"{PATH}/runs"
LEGACY_CASES = {
    "retrieve": Case[LegacyBenchmarkRuns](
        lambda r: r.retrieve("bmr_1"),
        get(f"{RUNS}/{{id}}", id="bmr_1"),
        run() | {"pending_scenarios": ["scn_1"], "scenario_runs": []},
        BenchmarkRunView,
    ),
    "list": Case[LegacyBenchmarkRuns](
        lambda r: r.list(state="completed"),
        get(RUNS, {"state": "completed"}),
        page("runs", run()),
        BenchmarkRunView,
    ),
    "cancel": Case[LegacyBenchmarkRuns](
        lambda r: r.cancel("bmr_1"),
        post(f"{RUNS}/{{id}}/cancel", id="bmr_1", safety=Safety.SAFE),
        run(),
        BenchmarkRunView,
    ),
    "complete": Case[LegacyBenchmarkRuns](
        lambda r: r.complete("bmr_1"),
        post(f"{RUNS}/{{id}}/complete", id="bmr_1", safety=Safety.SAFE),
        run(),
        BenchmarkRunView,
    ),
    "download_logs": Case[LegacyBenchmarkRuns](
        lambda r: r.download_logs("bmr_1"),
        file(f"{RUNS}/{{id}}/download_logs", id="bmr_1"),
        b"zip",
        bytes,
    ),
    "list_scenario_runs": Case[LegacyBenchmarkRuns](
        lambda r: r.list_scenario_runs("bmr_1", limit=2),
        get(f"{RUNS}/{{id}}/scenario_runs", {"limit": "2"}, id="bmr_1"),
        page("runs", scenario_run()),
        ScenarioRunView,
    ),
}
ALL: list[Any] = [
    *(pytest.param(Benchmarks, case, id=name) for name, case in CASES.items()),
    *(
        pytest.param(LegacyBenchmarkRuns, case, id=f"runs.{name}")
        for name, case in LEGACY_CASES.items()
    ),
]


@pytest.mark.parametrize(("resource", "case"), ALL)
def test_a_method_makes_its_request(resource: type[Any], case: Case[Any]) -> None:
    assert case.asked(resource) == case.request


@pytest.mark.parametrize(("resource", "case"), ALL)
async def test_a_method_gives_its_model(resource: type[Any], case: Case[Any]) -> None:
    assert await case.given(resource) is case.gives


def test_every_method_is_tested() -> None:
    assert methods(Benchmarks) == CASES.keys()
    assert methods(LegacyBenchmarkRuns) == LEGACY_CASES.keys()


def test_the_old_paths_are_beside_the_new() -> None:
    assert isinstance(Benchmarks(Recorder()).runs, LegacyBenchmarkRuns)
