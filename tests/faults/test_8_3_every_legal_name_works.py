"""8.3: a file may have any name that the file system allows."""

from pathlib import Path

import pytest

from runloop_async.resources.benchmark_runs import BenchmarkRuns
from tests.fakes import Recorder


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@pytest.mark.parametrize("name", ["a" * 216, "a" * 217, "a" * 255, "ä" * 127])
async def test_a_long_name(recorder: Recorder, tmp_path: Path, name: str) -> None:
    recorder.answers = [(200, b"logs")]
    logs = BenchmarkRuns(recorder).download_logs("bmr_1")

    await logs.write_to_file(tmp_path / name)

    assert names(tmp_path) == [name]
