"""8.4: a download that is cancelled at any moment leaves no file and no handle."""

import asyncio
import os
import time
from pathlib import Path
from typing import Any

import pytest

from runloop_async.resources.benchmark_runs import BenchmarkRuns
from tests.fakes import Recorder


def handles() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - a count


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@pytest.mark.parametrize("steps", range(20))
async def test_nothing_is_left(
    recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    create = os.open

    def slow(*args: Any) -> int:
        time.sleep(0.002)  # in a thread, which a cancellation does not stop
        return create(*args)

    recorder.answers = [(200, b"logs")]
    logs = BenchmarkRuns(recorder).download_logs("bmr_1")
    before = handles()
    monkeypatch.setattr(os, "open", slow)

    writing = asyncio.create_task(logs.write_to_file(tmp_path / "logs"))
    for _ in range(steps):
        await asyncio.sleep(0.0005)
    writing.cancel()
    await asyncio.wait([writing])

    assert handles() == before
    assert names(tmp_path) in ([], ["logs"])
