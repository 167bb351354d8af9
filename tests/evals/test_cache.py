"""The cache of attempts: asked once, kept for their owner, never believed blindly."""

import logging
import os
import sqlite3
from pathlib import Path
from typing import Any

import attrs
import pytest

from runloop_async import AsyncRunloop, evals
from runloop_async.evals.read import cache as caches
from runloop_async.evals.rows import ScenarioRow
from runloop_async.testing import Emulator


async def read(client: AsyncRunloop, cache: Any, **options: Any) -> list[ScenarioRow]:
    given: dict[str, Any] = options or {"everything": True}
    rows = [row async for row in evals.scenarios(client, cache=cache, **given)]
    return sorted(rows, key=lambda row: (row.run_id, str(row.scenario_run_id)))


def asked(emulator: Emulator) -> list[str]:
    return [each.path for each in emulator.requests if "scenario" in each.path]


async def test_what_has_ended_is_asked_for_once(
    runloop_client: AsyncRunloop,
    runloop_emulator: Emulator,
    ids: list[str],
    tmp_path: Path,
) -> None:
    client, path = runloop_client, tmp_path / "new folder" / "x.sqlite"
    without = await read(client, cache=False)
    first = await read(client, path)
    is_open = {row.run_id for row in first if not row.run_state.ended}
    runloop_emulator.requests.clear()

    second = await read(client, path)
    of_open = asked(runloop_emulator)

    assert without == first == second
    assert len(of_open) == len(is_open) > 0
    ended = len(ids) - len(is_open)
    assert len(runloop_emulator.requests) == len(ids) - ended + 2  # account and list
    assert (path.stat().st_mode & 0o777) == 0o600


async def test_all_levels_read_from_it(
    runloop_client: AsyncRunloop,
    runloop_emulator: Emulator,
    ids: list[str],
    tmp_path: Path,
) -> None:
    client, path = runloop_client, str(tmp_path / "x")
    await read(client, path, run_ids=ids, state="completed")
    plain = evals.scores(client, run_ids=ids, state="completed", include=["output"])
    wanted = [row async for row in plain]
    runloop_emulator.requests.clear()

    again = evals.scores(
        client, run_ids=ids, state="completed", include=["output"], cache=path
    )

    key = attrs.astuple
    assert sorted(map(key, [row async for row in again])) == sorted(map(key, wanted))
    assert asked(runloop_emulator) == []


async def test_a_run_that_was_scored_again_is_asked_for(
    runloop_client: AsyncRunloop, runloop_emulator: Emulator, tmp_path: Path
) -> None:
    run = runloop_emulator.benchmark_runs.add(state="completed", score=0.5)
    await read(runloop_client, tmp_path / "x")
    run["score"] = 0.75
    runloop_emulator.requests.clear()

    await read(runloop_client, tmp_path / "x")

    assert len(asked(runloop_emulator)) == 1


async def test_another_account_has_its_own(
    runloop_client: AsyncRunloop,
    ids: list[str],
    tmp_path: Path,
) -> None:
    await read(runloop_client, tmp_path / "x", run_ids=ids[:5])
    async with Emulator() as other:
        other.populate(runs=60, benchmarks=2, scenarios=4)
        client = AsyncRunloop(bearer_token="other", base_url=other.url)
        async with client:
            await read(client, tmp_path / "x", run_ids=ids[:5])

        assert asked(other)


@pytest.mark.parametrize(
    "damage",
    [
        "update attempts_1 set body = 'no zlib'",
        "update attempts_1 set body = x'789c030000000001'",  # of nothing
        "drop table attempts_1",
    ],
)
async def test_a_damaged_cache_is_passed_over(
    runloop_client: AsyncRunloop,
    ids: list[str],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    damage: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client, path = runloop_client, tmp_path / "x"
    wanted = await read(client, path, run_ids=ids)
    connection = sqlite3.connect(path)
    connection.execute(damage)
    connection.commit()
    connection.close()
    monkeypatch.setattr(caches, "_TABLE", "select 1")

    with caplog.at_level(logging.WARNING):
        assert await read(client, path, run_ids=ids) == wanted

    assert f"the cache {path} is passed over" in caplog.text


async def test_the_usual_cache_is_the_users(
    runloop_client: AsyncRunloop,
    ids: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    await read(runloop_client, cache=True, run_ids=ids[:2])

    assert os.listdir(tmp_path / "runloop_async") == ["attempts.sqlite"]  # noqa: PTH208
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    usual = tmp_path / ".cache" / "runloop_async" / "attempts.sqlite"
    assert caches.path_of(True) == usual


@pytest.mark.parametrize(
    ("cache", "error", "why"),
    [
        (5, TypeError, "cache must be True, False or the path of a file, not 5"),
        ("/", ValueError, "cache must be a file, and / is a folder"),
    ],
)
async def test_bad_input_is_refused_before_a_request(
    runloop_client: AsyncRunloop, cache: Any, error: type[Exception], why: str
) -> None:
    with pytest.raises(error, match=why):
        evals.scenarios(runloop_client, everything=True, cache=cache)


async def test_a_file_of_another_kind_is_refused(
    runloop_client: AsyncRunloop, tmp_path: Path
) -> None:
    (tmp_path / "x").write_text("no database, but a text that is long enough\n" * 99)
    for path in (tmp_path / "x", tmp_path / "x" / "y"):
        with pytest.raises(ValueError, match=r"cannot use .* as a cache: "):
            await read(runloop_client, path)
    assert (tmp_path / "x").read_text().startswith("no database")
