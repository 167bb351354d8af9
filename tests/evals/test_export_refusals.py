"""Exports: what they refuse, and one writer at a time."""

import asyncio
import json
import os
import threading
from datetime import timedelta, timezone
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from runloop_async import APITimeoutError, AsyncRunloop, evals
from runloop_async.evals import ExportError, ExportMismatchError
from runloop_async.evals.exporting import stores
from runloop_async.testing import Emulator, delay
from tests.evals.samples import attempt, names
from tests.turns import settle


async def test_another_export_is_refused(
    runloop_client: AsyncRunloop, ids: list[str], tmp_path: Path
) -> None:
    await evals.export(runloop_client, tmp_path, run_ids=ids[:3])
    before = sorted((tmp_path / "data").iterdir())

    with pytest.raises(ExportMismatchError, match="its level is 'scenarios', not"):
        await evals.export(runloop_client, tmp_path, run_ids=ids[:3], level="runs")
    with pytest.raises(ExportMismatchError, match="its selection is"):
        await evals.export(runloop_client, tmp_path, run_ids=ids[:4])

    assert sorted((tmp_path / "data").iterdir()) == before


async def test_a_damaged_journal_is_refused(
    runloop_client: AsyncRunloop, ids: list[str], tmp_path: Path
) -> None:
    await evals.export(runloop_client, tmp_path, run_ids=ids[:3])
    journal = tmp_path / "journal.jsonl"
    journal.write_bytes(b"nonsense\n" + journal.read_bytes())

    with pytest.raises(ExportMismatchError, match=r"line 1 of .* is damaged"):
        await evals.export(runloop_client, tmp_path, run_ids=ids[:3])


async def test_two_exports_to_one_folder_are_refused(
    runloop_client: AsyncRunloop, ids: list[str], tmp_path: Path
) -> None:
    with (
        stores.Folder(tmp_path),
        pytest.raises(ExportError, match=f"process {os.getpid()} is exporting"),
    ):
        await evals.export(runloop_client, tmp_path, run_ids=ids)


async def test_a_second_cancellation_does_not_let_go_of_the_folder(
    runloop_client: AsyncRunloop,
    ids: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, may_go_on = threading.Event(), threading.Event()
    original = stores.in_place

    def slow(*args: Any) -> None:
        begun.set()
        assert may_go_on.wait(30)
        original(*args)

    monkeypatch.setattr(stores, "in_place", slow)
    exporting = asyncio.ensure_future(
        evals.export(runloop_client, tmp_path, run_ids=ids)
    )
    await asyncio.to_thread(begun.wait, 30)
    for _ in range(3):
        exporting.cancel()
        await settle()

    with pytest.raises(ExportError, match="is exporting to"):
        await evals.export(runloop_client, tmp_path, run_ids=ids)
    may_go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await exporting


async def test_a_damaged_manifest_is_refused(
    runloop_client: AsyncRunloop, ids: list[str], tmp_path: Path
) -> None:
    for content in (b"", b"5", b"{"):
        (tmp_path / "manifest.json").write_bytes(content)

        with pytest.raises(ExportMismatchError, match=r"manifest.json is damaged"):
            await evals.export(runloop_client, tmp_path, run_ids=ids)


async def test_a_selection_is_described_as_it_was_meant(
    runloop_client: AsyncRunloop, ids: list[str], tmp_path: Path
) -> None:
    since = attempt("a").run_start
    elsewhere = since.astimezone(timezone(timedelta(hours=5)))
    labels = MappingProxyType({"team": "x"})
    for states, start in (
        (["completed", "failed"], since),
        (dict.fromkeys(("failed", "completed")), elsewhere),
    ):
        await evals.export(
            runloop_client,
            tmp_path,
            everything=True,
            state=states,
            since=start,
            metadata=labels,
        )

    manifest = json.loads((tmp_path / "manifest.json").read_bytes())
    assert manifest["selection"] == {
        "everything": True,
        "metadata": {"team": "x"},
        "since": "2026-01-01T00:00:00+00:00",
        "state": ["completed", "failed"],
    }
    assert len(ids) == 60


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"level": "traces"}, "level must be of runs, scenarios, scores"),
        ({"format": "csv"}, "format must be of parquet, jsonl"),
        ({"part_rows": 0}, "part_rows must be a whole number"),
        ({"include": "output"}, "include must be a list"),
        ({"job_id": "bmj_1"}, "exactly one of"),
    ],
)
async def test_bad_input_is_refused_before_anything_is_made(
    runloop_client: AsyncRunloop, tmp_path: Path, arguments: dict[str, Any], why: str
) -> None:
    given: dict[str, Any] = {"everything": True, **arguments}
    with pytest.raises(ValueError, match=why):
        await evals.export(runloop_client, tmp_path / "x", **given)

    assert names(tmp_path) == []
    assert runloop_client.stats().requests == 0


async def test_a_file_is_no_folder(
    runloop_client: AsyncRunloop, tmp_path: Path
) -> None:
    (tmp_path / "x").write_text("")

    with pytest.raises(ValueError, match="x is a file: give a folder"):
        await evals.export(runloop_client, tmp_path / "x", everything=True)


async def test_a_timeout_of_the_service_is_not_one_of_the_disk(
    runloop_emulator: Emulator, ids: list[str], tmp_path: Path
) -> None:
    runloop_emulator.faults.add(delay(60), path="/v1/benchmark_runs*")
    async with AsyncRunloop(
        bearer_token="any", base_url=runloop_emulator.url, timeout=0.1, max_retries=0
    ) as client:
        with pytest.raises(APITimeoutError):
            await evals.export(client, tmp_path, everything=True)
    assert len(ids) == 60
