"""8.2: a replaced file keeps its mode, a new one follows the umask."""

import os
from pathlib import Path

import pytest

from runloop_async.calls.files import Download
from runloop_async.resources.benchmark_runs import BenchmarkRuns
from tests.fakes import Recorder


@pytest.fixture
def logs(recorder: Recorder) -> Download:
    recorder.answers = [(200, b"logs")]
    return BenchmarkRuns(recorder).download_logs("bmr_1")


@pytest.mark.parametrize("mode", [0o664, 0o600, 0o640, 0o777])
async def test_a_replaced_file_keeps_its_mode(
    logs: Download, tmp_path: Path, mode: int
) -> None:
    target = tmp_path / "logs.zip"
    target.write_bytes(b"older")
    target.chmod(mode)

    await logs.write_to_file(target)

    assert target.stat().st_mode & 0o7777 == mode
    assert target.read_bytes() == b"logs"


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
async def test_a_new_file_follows_the_umask(
    logs: Download, tmp_path: Path, umask: int, mode: int
) -> None:
    target = tmp_path / "logs.zip"

    before = os.umask(umask)
    try:
        await logs.write_to_file(target)
    finally:
        os.umask(before)

    assert target.stat().st_mode & 0o7777 == mode
