"""Files: as bytes, piece by piece, or moved into place when they are whole."""

import asyncio
import threading
from pathlib import Path
from typing import BinaryIO

import pytest

from runloop_async.calls.files import Download
from runloop_async.errors import NotFoundError, TruncatedBodyError
from runloop_async.resources.benchmark_runs import BenchmarkRuns
from tests.fakes import Recorder
from tests.rawserver import RawServer, http, http_json, then_close, then_hang
from tests.sends import sending
from tests.turns import settle

LOGS = b"seven b"


def files(folder: Path) -> list[Path]:
    return [*folder.iterdir()]


@pytest.fixture
def logs(recorder: Recorder) -> Download:
    """Return a file that comes in pieces of two bytes."""
    recorder.answers = [(200, LOGS)]
    return BenchmarkRuns(recorder).download_logs("bmr_1")


async def test_await_gives_the_bytes(logs: Download) -> None:
    assert await logs == LOGS


async def test_stream_gives_the_pieces(logs: Download) -> None:
    async with logs.stream() as answer:
        pieces = [piece async for piece in answer.chunks()]

    assert pieces == [b"se", b"ve", b"n ", b"b"]


async def test_a_file_is_written_whole(logs: Download, tmp_path: Path) -> None:
    target = tmp_path / "logs.zip"

    size = await logs.write_to_file(target)

    assert (size, target.read_bytes()) == (7, LOGS)
    assert files(tmp_path) == [target]


async def test_a_path_may_be_a_text(logs: Download, tmp_path: Path) -> None:
    await logs.write_to_file(f"{tmp_path}/logs.zip")

    assert (tmp_path / "logs.zip").read_bytes() == LOGS


async def test_progress_is_told_in_bytes_so_far(logs: Download, tmp_path: Path) -> None:
    told: list[int] = []

    await logs.write_to_file(tmp_path / "logs.zip", told.append)

    assert told == [2, 4, 6, 7]


async def test_a_file_is_not_there_before_it_is_whole(
    logs: Download, tmp_path: Path
) -> None:
    target = tmp_path / "logs.zip"
    seen: list[bool] = []

    await logs.write_to_file(target, lambda _: seen.append(target.exists()))

    assert seen == [False] * 4


async def test_an_older_file_is_replaced(logs: Download, tmp_path: Path) -> None:
    target = tmp_path / "logs.zip"
    target.write_bytes(b"an older and longer one")

    await logs.write_to_file(target)

    assert target.read_bytes() == LOGS


async def test_an_empty_file_is_a_file(recorder: Recorder, tmp_path: Path) -> None:
    recorder.answers = [(200, b"")]
    target = tmp_path / "logs.zip"

    size = await BenchmarkRuns(recorder).download_logs("bmr_1").write_to_file(target)

    assert (size, target.read_bytes()) == (0, b"")


async def test_one_file_can_be_written_twice_at_once(
    logs: Download, tmp_path: Path
) -> None:
    target = tmp_path / "logs.zip"

    sizes = await asyncio.gather(logs.write_to_file(target), logs.write_to_file(target))

    assert ([*sizes], target.read_bytes()) == ([7, 7], LOGS)
    assert files(tmp_path) == [target]


async def test_a_refused_file_leaves_the_older_one(tmp_path: Path) -> None:
    target = tmp_path / "logs.zip"
    target.write_bytes(b"older")

    async with (
        RawServer(http_json({}, status=404)) as server,
        sending(server.url) as runner,
    ):
        with pytest.raises(NotFoundError):
            await BenchmarkRuns(runner).download_logs("bmr_1").write_to_file(target)

    assert target.read_bytes() == b"older"
    assert files(tmp_path) == [target]


async def test_a_file_that_breaks_off_leaves_the_older_one(tmp_path: Path) -> None:
    target = tmp_path / "logs.zip"
    target.write_bytes(b"older")

    async with (
        RawServer(then_close(http(b"half", length=8))) as server,
        sending(server.url) as runner,
    ):
        with pytest.raises(TruncatedBodyError):
            await BenchmarkRuns(runner).download_logs("bmr_1").write_to_file(target)

    assert target.read_bytes() == b"older"
    assert files(tmp_path) == [target]


async def test_a_download_that_is_cancelled_leaves_nothing(tmp_path: Path) -> None:
    begun = asyncio.Event()

    async with (
        RawServer(then_hang(http(b"half", length=8))) as server,
        sending(server.url) as runner,
    ):
        logs = BenchmarkRuns(runner).download_logs("bmr_1")
        writing = asyncio.create_task(
            logs.write_to_file(tmp_path / "logs.zip", lambda _: begun.set())
        )
        await begun.wait()

        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing

        await server.is_left()
    assert files(tmp_path) == []


async def test_a_bug_in_the_progress_leaves_nothing(
    logs: Download, tmp_path: Path
) -> None:
    def bug(_: int) -> None:
        raise KeyError

    with pytest.raises(KeyError):
        await logs.write_to_file(tmp_path / "logs.zip", bug)

    assert files(tmp_path) == []


async def test_a_folder_that_is_not_there_is_an_error_of_the_system(
    logs: Download, tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError):
        await logs.write_to_file(tmp_path / "none" / "logs.zip")


async def test_a_folder_is_not_replaced(logs: Download, tmp_path: Path) -> None:
    target = tmp_path / "logs.zip"
    target.mkdir()

    with pytest.raises(IsADirectoryError):
        await logs.write_to_file(target)

    assert files(tmp_path) == [target]


@pytest.mark.parametrize("fails", [False, True])
async def test_a_file_that_is_opened_after_a_cancellation_is_closed(
    logs: Download, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, fails: bool
) -> None:
    begun, may_open = threading.Event(), threading.Event()
    opened: list[BinaryIO] = []

    def slow(path: Path, _: int | None) -> BinaryIO:
        begun.set()
        may_open.wait(30)
        if fails:
            raise PermissionError
        opened.append(path.open("wb"))
        return opened[0]

    monkeypatch.setattr("runloop_async.calls.disk._created", slow)
    writing = asyncio.create_task(logs.write_to_file(tmp_path / "x"))
    await asyncio.to_thread(begun.wait)
    for _ in range(3):
        writing.cancel()
        await settle()
    may_open.set()
    with pytest.raises(asyncio.CancelledError):
        await writing

    assert all(file.closed for file in opened)
    assert files(tmp_path) == []
