"""The examples and the blocks of the README run against the emulator."""

import asyncio
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

import runloop_async
from runloop_async.testing import Emulator
from runloop_async.testing.state.benchmarks import BENCHMARKS
from tests.docs.blocks import blocks, execute

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
BLOCKS = blocks(ROOT / "README.md")


async def run(api: Emulator, *arguments: str) -> str:
    """Run a Python program in a process of its own and return what it prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-W",
        "error",
        *arguments,
        env={**os.environ, "RUNLOOP_BASE_URL": api.url, "RUNLOOP_API_KEY": "any"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    assert not err
    return out.decode()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
async def test_each_example_runs(path: Path, runloop_emulator: Emulator) -> None:
    benchmark = runloop_emulator.benchmarks.add()
    runloop_emulator.populate(runs=5)

    printed = await run(runloop_emulator, str(path), str(benchmark["id"]))

    assert printed


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_each_example_is_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 60


async def test_the_first_block_of_the_readme_is_a_program(
    runloop_emulator: Emulator,
) -> None:
    on_an_empty_account = await run(runloop_emulator, "-c", BLOCKS[0])
    runloop_emulator.populate(runs=30)
    printed = await run(runloop_emulator, "-c", BLOCKS[0])

    assert on_an_empty_account == "0 runs, best score None\n"
    assert re.fullmatch(r"\d+ runs, best score 0\.\d+\n", printed)


async def test_the_other_blocks_of_the_readme_run_in_turn(
    runloop_emulator: Emulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    runloop_emulator.populate(runs=30)
    async with runloop_async.AsyncRunloop(
        bearer_token="any", base_url=runloop_emulator.url
    ) as client:
        names: dict[str, Any] = {**vars(runloop_async), "client": client}
        names["ids"] = [run.id async for run in client.benchmark_runs.list()]
        benchmarks = await client.benchmarks.list()
        names["benchmark_id"] = benchmarks.items[0].id

        for number, block in enumerate(BLOCKS[1:], start=2):
            await execute(block, f"README block {number}", names)

    assert (tmp_path / "logs.zip").exists()


async def test_a_regression_stops_a_pipeline(
    runloop_emulator: Emulator, tmp_path: Path
) -> None:
    runloop_emulator.plant_regression(regressed=20)
    benchmark_id = runloop_emulator.world.table(BENCHMARKS).rows[-1]["id"]
    program = ROOT / "examples" / "compare_runs.py"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(program),
        benchmark_id,
        str(tmp_path / "report.html"),
        env={
            **os.environ,
            "RUNLOOP_BASE_URL": runloop_emulator.url,
            "RUNLOOP_API_KEY": "any",
        },
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()

    assert process.returncode == 1
    assert out.decode().startswith("worse: -0.")
    assert (tmp_path / "report.html").exists()
