"""A page has the names that it has, for type checkers too."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PROGRAM = """
from typing import assert_type
from runloop_async import AsyncRunloop
from runloop_async.models.benchmark_runs import BenchmarkRunView
from runloop_async.models.benchmarks import BenchmarkView
from runloop_async.models.scenarios import ScenarioRunView

async def main(client: AsyncRunloop) -> None:
    page = await client.benchmark_runs.list()
    assert_type(page.runs, list[BenchmarkRunView])
    assert_type((await client.scenarios.runs.list()).runs, list[ScenarioRunView])
    assert_type((await client.benchmarks.list()).benchmarks, list[BenchmarkView])
    {line}
"""
WRONG = [
    "print(page.itmes)",
    "print(page.total_cuont + 1)",
    "print(page.jobs)",
    "print(page.call.state)",
]


def fails(checker: str, line: str, folder: Path) -> bool:
    """Tell whether a type checker refuses the program with a line."""
    file = folder / "program.py"
    file.write_text(PROGRAM.format(line=line))
    options = {
        "mypy": ["--strict", f"--cache-dir={ROOT}/.mypy_cache", "--no-error-summary"],
        "pyright": ["--pythonpath", sys.executable],
    }
    done = subprocess.run(  # noqa: S603 - our own virtual environment
        [Path(sys.executable).with_name(checker), *options[checker], file],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    return done.returncode == 1


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_wrong_names_are_refused_and_right_ones_are_typed(
    checker: str, tmp_path: Path
) -> None:
    assert not fails(checker, "pass", tmp_path)
    assert [line for line in WRONG if not fails(checker, line, tmp_path)] == []
