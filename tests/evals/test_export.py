"""Exports: exactly once, whatever interrupts them."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pyarrow.dataset
import pytest

from runloop_async import AsyncRunloop, evals
from runloop_async.evals import ExportError
from runloop_async.evals.exporting import stores
from runloop_async.evals.rows import ScenarioRow
from runloop_async.testing import Emulator, status
from tests.evals.samples import names

KILLS = int(os.environ.get("EXPORT_KILLS", "6"))


def rows_of(folder: Path) -> list[dict[str, Any]]:
    """Return the rows of an export, in an order of their own."""
    dataset: Any = pyarrow.dataset
    rows: list[dict[str, Any]] = (
        dataset.dataset(folder / "data", format="parquet").to_table().to_pylist()
    )
    return sorted(rows, key=lambda row: (row["run_id"], str(row["scenario_run_id"])))


def lines_of(folder: Path) -> list[dict[str, Any]]:
    rows = [
        json.loads(line)
        for part in (folder / "data").iterdir()
        for line in part.read_text().splitlines()
    ]
    return sorted(rows, key=lambda row: (row["run_id"], str(row["scenario_run_id"])))


async def streamed(client: AsyncRunloop) -> list[ScenarioRow]:
    rows = [row async for row in evals.scenarios(client, everything=True)]
    ended = [row for row in rows if row.run_state.ended]
    return sorted(ended, key=lambda row: (row.run_id, str(row.scenario_run_id)))


async def test_parquet_jsonl_and_the_stream_agree(
    runloop_client: AsyncRunloop, ids: list[str], tmp_path: Path
) -> None:
    client = runloop_client
    done = await evals.export(client, tmp_path / "a", everything=True, part_rows=40)
    await evals.export(client, tmp_path / "b", everything=True, format="jsonl")

    rows, wanted = rows_of(tmp_path / "a"), await streamed(client)
    assert [*map(key_of, rows)] == [*map(key_of, map(attrs.asdict, wanted))]
    lines = lines_of(tmp_path / "b")
    assert [(e["run_id"], e["score"], e["state"]) for e in lines] == [
        (e["run_id"], e["score"], e["state"]) for e in rows
    ]
    assert done.rows == len(rows)
    assert done.runs == len({row["run_id"] for row in rows})
    assert len(done.open) == len(ids) - done.runs
    assert (done.reused, done.failures) == (0, [])
    assert len([*(tmp_path / "a" / "data").iterdir()]) > 2
    assert evals.mean(rows_table(tmp_path / "a")) == evals.mean(wanted)


def rows_table(folder: Path) -> Any:
    dataset: Any = pyarrow.dataset
    return dataset.dataset(folder / "data").to_table()


def key_of(row: dict[str, Any]) -> tuple[Any, ...]:
    names = ("run_id", "scenario_run_id", "score", "state", "start", "run_start")
    return tuple(row[name] for name in names)


async def test_again_it_asks_for_what_is_new_alone(
    runloop_client: AsyncRunloop,
    runloop_emulator: Emulator,
    ids: list[str],
    tmp_path: Path,
) -> None:
    first = await evals.export(runloop_client, tmp_path, everything=True)
    runloop_emulator.requests.clear()

    second = await evals.export(runloop_client, tmp_path, everything=True)
    attempts = [each for each in runloop_emulator.requests if "scenario" in each.path]
    new = str(runloop_emulator.benchmark_runs.add(state="completed")["id"])
    for run_id in first.open:
        await runloop_client.benchmark_runs.cancel(run_id)
    third = await evals.export(runloop_client, tmp_path, everything=True)

    assert (second.runs, second.rows, second.reused) == (0, 0, first.runs)
    assert attempts == []
    assert second.open == first.open
    assert third.runs == len(first.open) + 1
    assert third.open == []
    runloop_emulator.benchmark_runs.add(state="completed")
    fourth = await evals.export(runloop_client, tmp_path, everything=True)
    assert (fourth.runs, fourth.rows) == (1, 0)  # it has no attempts
    exported = {row["run_id"] for row in rows_of(tmp_path)}
    assert exported <= {*ids, new}
    assert exported >= {*first.open}


async def test_what_could_not_be_read_is_asked_for_again(
    runloop_client: AsyncRunloop,
    runloop_emulator: Emulator,
    ids: list[str],
    tmp_path: Path,
) -> None:
    ended = [
        run.id async for run in runloop_client.benchmark_runs.list(state="completed")
    ]
    path = f"/v1/benchmark_runs/{ended[-1]}/scenario_runs"
    fault = runloop_emulator.faults.add(status(400), path=path)
    first = await evals.export(runloop_client, tmp_path, run_ids=[*ids, "bmr_none"])
    runloop_emulator.faults.remove(fault)
    second = await evals.export(runloop_client, tmp_path, run_ids=[*ids, "bmr_none"])

    assert {name for name, _ in first.failures} == {ended[-1], "bmr_none"}
    assert [name for name, _ in second.failures] == ["bmr_none"]
    assert second.runs == 1
    rows = rows_of(tmp_path)
    assert max(Counter(row["scenario_run_id"] for row in rows).values()) == 1


@pytest.mark.parametrize("level", ["runs", "scores"])
async def test_other_levels(
    runloop_client: AsyncRunloop, ids: list[str], tmp_path: Path, level: Any
) -> None:
    done = await evals.export(runloop_client, tmp_path, run_ids=ids, level=level)

    table = rows_table(tmp_path)
    assert len(table) == done.rows
    if level == "runs":
        assert done.rows == done.runs
    else:
        assert "function_score" in table.column_names


async def test_a_run_that_ends_later_is_not_missed_by_a_filter(
    runloop_client: AsyncRunloop, runloop_emulator: Emulator, tmp_path: Path
) -> None:
    now_ms = runloop_emulator.world.now_ms
    slow = runloop_emulator.benchmark_runs.add(
        state="running", start_time_ms=now_ms - 10 * 3_600_000
    )
    runloop_emulator.benchmark_runs.add(state="completed", start_time_ms=now_ms)

    async def export() -> evals.Exported:
        return await evals.export(
            runloop_client,
            tmp_path,
            everything=True,
            state="completed",
            level="runs",
        )

    first = await export()
    slow["state"] = "completed"
    second = await export()

    assert (first.runs, first.open) == (1, [slow["id"]])
    assert (second.runs, second.open) == (1, [])
    assert len(rows_table(tmp_path)) == 2


class Killed(BaseException):
    """The process ends here, as far as the disk is concerned."""


@pytest.mark.parametrize("is_torn", [False, True])
async def test_a_kill_at_any_step_loses_and_repeats_nothing(
    runloop_client: AsyncRunloop,
    ids: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_torn: bool,
) -> None:
    client, count = runloop_client, 0
    await evals.export(client, tmp_path / "whole", run_ids=ids, part_rows=60)
    wanted = rows_of(tmp_path / "whole")

    def dying(step: int, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **fields: Any) -> Any:
            nonlocal count
            count += 1
            if count == step:
                raise Killed
            return original(*args, **fields)

        return call

    step = 0
    for step in range(1, 200):
        folder, count = tmp_path / f"{step}", 0
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", dying(step, os.fsync))
            patch.setattr(stores, "in_place", dying(step, stores.in_place))
            try:
                await evals.export(client, folder, run_ids=ids, part_rows=60)
            except Killed:
                pass
            else:
                break
        if is_torn and (folder / "journal.jsonl").exists():
            with (folder / "journal.jsonl").open("ab") as file:
                file.write(b'{"part": "part-0000')
        done = await evals.export(client, folder, run_ids=ids, part_rows=60)
        assert rows_of(folder) == wanted
        assert done.reused + done.runs == len({row["run_id"] for row in wanted})
    assert step > 10


@pytest.mark.parametrize("fails", ["write", "fsync"])
async def test_a_full_disk_loses_nothing(
    runloop_client: AsyncRunloop,
    ids: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fails: str,
) -> None:
    count = 0

    def full(*_: object) -> None:
        nonlocal count
        count += 1
        if count > 5:
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        if fails == "fsync":
            patch.setattr(os, "fsync", full)
        else:
            patch.setattr(Path, "replace", full)
            count = 5
        with pytest.raises(ExportError, match="No space left on device"):
            await evals.export(runloop_client, tmp_path, run_ids=ids, part_rows=60)

    await evals.export(runloop_client, tmp_path, run_ids=ids, part_rows=60)
    ids_of_rows = Counter(row["scenario_run_id"] for row in rows_of(tmp_path))
    assert max(ids_of_rows.values()) == 1
    await evals.export(runloop_client, tmp_path / "whole", run_ids=ids)
    assert rows_of(tmp_path) == rows_of(tmp_path / "whole")


CHILD = """
import asyncio, sys
from runloop_async import AsyncRunloop, evals

async def main():
    async with AsyncRunloop(bearer_token="any", base_url=sys.argv[1]) as client:
        await evals.export(client, sys.argv[2], everything=True, part_rows=1)

asyncio.run(main())
"""


def parts_in(folder: Path) -> int:
    return len([*(folder / "data").glob("*")])


def test_real_kills(runloop_emulator: Emulator, ids: list[str], tmp_path: Path) -> None:
    dice = random.Random(1)
    folder = tmp_path / "out"
    arguments = [sys.executable, "-c", CHILD, runloop_emulator.url, str(folder)]
    killed = 0
    for kill in range(KILLS):
        there = parts_in(folder)
        child = subprocess.Popen(arguments)  # noqa: S603 - ours
        more = dice.randrange(1, 4)
        while child.poll() is None and parts_in(folder) < there + more:
            time.sleep(0.001)
        time.sleep(0.003 * dice.random())
        child.send_signal(signal.SIGKILL)
        killed += child.wait() == -signal.SIGKILL
        if kill % 2 and (folder / "journal.jsonl").exists():
            with (folder / "journal.jsonl").open("ab") as file:
                file.write(b'{"torn')
    subprocess.run(arguments, check=True, timeout=60)  # noqa: S603 - ours

    async def whole() -> None:
        async with AsyncRunloop(
            bearer_token="any", base_url=runloop_emulator.url
        ) as client:
            await evals.export(client, tmp_path / "whole", everything=True)

    asyncio.run(whole())
    assert rows_of(folder) == rows_of(tmp_path / "whole")
    assert len(ids) == 60
    assert killed >= min(KILLS, 15)


async def test_a_cancelled_export_goes_on(
    runloop_client: AsyncRunloop, ids: list[str], tmp_path: Path
) -> None:
    exporting = asyncio.ensure_future(
        evals.export(runloop_client, tmp_path, run_ids=ids, part_rows=5)
    )
    async with asyncio.timeout(30):
        while not names(tmp_path, "journal.jsonl"):  # noqa: ASYNC110 - a file has no event
            await asyncio.sleep(0)
    exporting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await exporting

    done = await evals.export(runloop_client, tmp_path, run_ids=ids, part_rows=5)

    assert done.reused > 0
    await evals.export(runloop_client, tmp_path / "whole", run_ids=ids)
    assert rows_of(tmp_path) == rows_of(tmp_path / "whole")
