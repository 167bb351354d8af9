"""Rows from the service, and as tables."""

import importlib
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pytest

from runloop_async import AsyncRunloop, NotFoundError, PollingConfig, evals
from runloop_async.evals import (
    IncompleteError,
    RunRow,
    ScenarioRow,
    ScoreRow,
    State,
    to_table,
)
from runloop_async.evals.frames import schema
from runloop_async.testing import Emulator, status
from tests.evals.samples import attempt
from tests.test_imports import loaded

from_arrow: Any = getattr(pl, "from_arrow")  # noqa: B009 - partly typed
START = datetime(2020, 1, 1, tzinfo=UTC)


def pandas_of(rows: Any) -> Any:
    return rows.to_pandas()


@pytest.fixture
def ids(runloop_emulator: Emulator) -> list[str]:
    return runloop_emulator.populate(runs=40, benchmarks=2, scenarios=6)


async def test_a_row_for_each_run_attempt_and_score(
    runloop_client: AsyncRunloop, ids: list[str]
) -> None:
    client = runloop_client
    runs = [row async for row in evals.runs(client, everything=True)]
    attempts = [row async for row in evals.scenarios(client, everything=True)]
    scores = [row async for row in evals.scores(client, everything=True)]

    assert {row.run_id for row in runs} == set(ids)
    assert len(runs) == 40
    listed = {
        each.id: each
        for run_id in ids
        for each in await client.benchmark_runs.list_scenario_runs(run_id).all()
    }
    assert {row.scenario_run_id for row in attempts} == set(listed)
    assert len(attempts) == len(listed)
    assert len(scores) == sum(
        len(each.scoring_contract_result.scoring_function_results)
        for each in listed.values()
        if each.scoring_contract_result is not None
    )
    assert all(row.output is None for row in scores)


async def test_the_score_of_a_run_is_the_mean_of_its_attempts(
    runloop_client: AsyncRunloop, ids: list[str]
) -> None:
    rows = [row async for row in evals.scenarios(runloop_client, run_ids=ids)]

    by_run = {row.run_id: row.run_score for row in rows if row.run_score is not None}
    for run_id, score in by_run.items():
        mine = [row for row in rows if row.run_id == run_id]
        assert evals.mean(mine).value == pytest.approx(score, abs=1e-3)


async def test_tables_are_read_by_pandas_polars_and_duckdb(
    runloop_client: AsyncRunloop, ids: list[str]
) -> None:
    rows = await to_table(evals.scenarios(runloop_client, run_ids=ids))

    assert rows.schema == schema(ScenarioRow)
    assert len(pandas_of(rows)) == len(rows)
    frame: Any = from_arrow(rows)
    by_polars = frame["score"].mean()
    answer: Any = duckdb.sql("select avg(score) from rows")
    ((by_duckdb,),) = answer.fetchall()
    assert by_polars == pytest.approx(by_duckdb)
    assert by_polars == pytest.approx(float(pandas_of(rows)["score"].mean()))


@pytest.mark.parametrize("kind", [RunRow, ScenarioRow, ScoreRow])
async def test_an_empty_table_has_the_same_columns(
    runloop_client: AsyncRunloop, kind: Any
) -> None:
    make: Any = {
        RunRow: evals.runs,
        ScenarioRow: evals.scenarios,
        ScoreRow: evals.scores,
    }[kind]
    rows = make(runloop_client, everything=True)

    table = await to_table(rows)

    assert (len(table), table.schema) == (0, schema(kind))
    columns: Any = table.schema
    assert columns.field("run_start").type == pa.timestamp("ms", tz="UTC")
    assert not columns.field("run_id").nullable
    assert columns.field("run_score").nullable


async def test_rows_of_ones_own_become_a_table() -> None:
    rows = [attempt(f"scn_{n}", scenario_run_id=f"{n}") for n in range(10_001)]

    table = await to_table(rows)

    assert len(table) == 10_001
    assert table.to_pylist()[-1]["scenario_id"] == "scn_10000"
    with pytest.raises(ValueError, match="say kind="):
        await to_table([])
    assert len(await to_table([], kind=RunRow)) == 0
    mixed: Any = [rows[0], object()]
    with pytest.raises(TypeError, match="after ScenarioRow came object"):
        await to_table(mixed)


async def test_selections(
    runloop_client: AsyncRunloop, runloop_emulator: Emulator, ids: list[str]
) -> None:
    client = runloop_client
    labelled = runloop_emulator.benchmark_runs.add(
        name="mine", metadata={"team": "x", "a": "b"}, state="failed"
    )

    async def found(**selection: Any) -> list[RunRow]:
        return [row async for row in evals.runs(client, **selection)]

    everything = await found(everything=True)
    benchmark_id = everything[-1].benchmark_id
    of_benchmark = await found(benchmark_id=benchmark_id)
    assert {row.benchmark_id for row in of_benchmark} == {benchmark_id}
    mine = [labelled["id"]]
    for selection in (
        {"metadata": {"team": "x"}},
        {"name": "mine"},
        {"state": "failed", "metadata": {"a": "b"}},
    ):
        rows = await found(everything=True, **selection)
        assert [row.run_id for row in rows] == mine
    ended = await found(run_ids=ids, state=["completed", "canceled"])
    assert {row.run_state for row in ended} <= {State.COMPLETED, State.CANCELED}
    assert await found(run_ids=ids, name="of no run") == []
    assert await found(run_ids=ids, state="timeout") == []
    newest = max(row.run_start for row in everything)
    late = await found(everything=True, since=newest)
    assert {row.run_start for row in late} == {newest}
    assert await found(everything=True, since=newest + timedelta(days=1)) == []
    assert len(await found(run_ids=[ids[0], ids[0]])) == 1


async def test_the_runs_of_a_job(
    runloop_client: AsyncRunloop, runloop_emulator: Emulator
) -> None:
    runloop_emulator.populate(runs=1)
    client = runloop_client
    benchmark = (await client.benchmarks.list()).items[0]
    job = await client.benchmark_jobs.create(
        spec={
            "type": "benchmark",
            "benchmark_id": benchmark.id,
            "agent_configs": [
                {"type": "job_agent", "name": "claude", "model_name": "m"},
                {"type": "job_agent", "name": "codex"},
            ],
        }
    )
    runloop_emulator.advance(1000)
    await client.benchmark_jobs.wait(
        job.id, polling_config=PollingConfig(interval_seconds=0.01)
    )

    rows = [row async for row in evals.scenarios(client, job_id=job.id)]

    assert {row.job_id for row in rows} == {job.id}
    assert {row.agent for row in rows} == {"claude", "codex"}
    assert {row.model for row in rows if row.agent == "claude"} == {"m"}
    board = evals.leaderboard(rows, by="agent")
    assert len(board.entries) == 2


async def test_runs_of_2025_need_no_further_request() -> None:
    async with Emulator(old_shape=True) as api:
        api.populate(runs=5)
        async with AsyncRunloop(bearer_token="any", base_url=api.url) as client:
            rows = [row async for row in evals.scenarios(client, everything=True)]

        assert rows
        assert not [each for each in api.requests if "scenario_runs" in each.path]


async def test_runs_that_cannot_be_read_are_told_at_the_end(
    runloop_client: AsyncRunloop, runloop_emulator: Emulator, ids: list[str]
) -> None:
    runloop_emulator.faults.add(
        status(400), path=f"/v1/benchmark_runs/{ids[3]}/scenario_runs"
    )
    wanted = [*ids[:5], "bmr_unknown"]
    rows = list[ScenarioRow]()

    async def read() -> None:
        async for row in evals.scenarios(runloop_client, run_ids=wanted):
            rows.append(row)

    with pytest.raises(IncompleteError, match="2 runs could not be read") as caught:
        await read()
    kept = evals.runs(runloop_client, run_ids=wanted, errors="collect")
    runs = [row async for row in kept]

    assert {row.run_id for row in rows} == {*ids[:5]} - {ids[3]}
    assert {run_id for run_id, _ in caught.value.failures} == {ids[3], "bmr_unknown"}
    assert {row.run_id for row in runs} == {*ids[:5]}
    ((missing, error),) = kept.failures
    assert missing == "bmr_unknown"
    assert isinstance(error, NotFoundError)


async def test_leaving_early_leaves_nothing_under_way(
    runloop_client: AsyncRunloop, ids: list[str]
) -> None:
    rows: Any = aiter(evals.scenarios(runloop_client, run_ids=ids))
    await anext(rows)
    await rows.aclose()

    assert runloop_client.stats().in_flight == 0


@pytest.mark.parametrize(
    ("selection", "kind", "why"),
    [
        ({}, ValueError, "exactly one of .* not none"),
        ({"everything": True, "job_id": "a"}, ValueError, "not job_id and everything"),
        ({"run_ids": []}, ValueError, "run_ids is empty"),
        ({"run_ids": "bmr_1"}, TypeError, "must be a list of ids"),
        ({"run_ids": [5]}, TypeError, "an id of run_ids must be a str"),
        ({"run_ids": [" "]}, ValueError, "an id of run_ids is empty"),
        ({"benchmark_id": 5}, TypeError, "benchmark_id must be a str"),
        ({"everything": True, "since": START.replace(tzinfo=None)}, ValueError, "zone"),
        ({"everything": True, "since": "2026"}, TypeError, "must be a datetime"),
        ({"everything": True, "state": "done"}, ValueError, "state must be of"),
        ({"everything": True, "state": [5]}, TypeError, "state must be a state"),
        ({"everything": True, "state": 5}, TypeError, "state must be a state"),
        ({"everything": True, "metadata": []}, TypeError, "must be a dict"),
        ({"everything": True, "metadata": {"a": 1}}, TypeError, "map str to str"),
        ({"everything": True, "include": "output"}, ValueError, "include must be"),
        ({"everything": True, "include": ["all"]}, ValueError, "include must be"),
        ({"everything": True, "errors": "ignore"}, ValueError, "errors must be"),
        ({"everything": True, "colour": "red"}, TypeError, "colour"),
    ],
)
def test_bad_input_is_refused_before_a_request(
    runloop_client: AsyncRunloop,
    selection: dict[str, Any],
    kind: type[Exception],
    why: str,
) -> None:
    with pytest.raises(kind, match=why):
        evals.scenarios(runloop_client, **selection)


def test_the_package_imports_none_of_it() -> None:
    names = loaded("import runloop_async")

    heavy = ("runloop_async.evals", "pyarrow", "numpy", "scipy")
    assert not {name for name in names if name.startswith(heavy)}
    rows = loaded("from runloop_async import evals; evals.scenarios; evals.State")
    assert not {name for name in rows if name.startswith(heavy[1:])}


@pytest.mark.parametrize(
    ("module", "needs", "extra"),
    [
        ("runloop_async.evals.frames", "pyarrow", "frames"),
        ("runloop_async.evals.analysis.numeric", "numpy", "analysis"),
        ("runloop_async.evals.analysis.numeric", "scipy", "analysis"),
    ],
)
def test_a_missing_extra_says_what_to_install(
    module: str, needs: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = importlib.import_module(module)
    monkeypatch.setitem(sys.modules, needs, None)

    with pytest.raises(ImportError, match=rf'pip install "runloop-async\[{extra}\]"'):
        importlib.reload(there)


def test_what_is_not_there_is_said_so() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = evals.nothing  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
    assert all(hasattr(evals, name) for name in evals.__all__)


async def test_a_job_with_attempts_is_read_whole(
    runloop_client: AsyncRunloop, runloop_emulator: Emulator
) -> None:
    runloop_emulator.populate(runs=0, benchmarks=1, scenarios=50)
    [benchmark] = [each async for each in runloop_client.benchmarks.list()]
    job = await runloop_client.benchmark_jobs.create(
        spec={
            "type": "benchmark",
            "benchmark_id": benchmark.id,
            "agent_configs": [
                {"type": "job_agent", "name": name, "model_name": "m"}
                for name in ("a", "b")
            ],
            "orchestrator_config": {"n_attempts": 3, "n_concurrent_trials": 200},
        }
    )
    runloop_emulator.advance(3600)

    rows = [row async for row in evals.scenarios(runloop_client, job_id=job.id)]

    assert len(rows) == 2 * 50 * 3
    assert {(row.agent, row.model) for row in rows} == {("a", "m"), ("b", "m")}
    assert {row.attempt for row in rows} == {1, 2, 3}
    unbegun = [row for row in rows if row.scenario_run_id is None]
    assert {row.failure for row in unbegun} == {
        "DevboxError: The devbox of the scenario did not start."
    }
