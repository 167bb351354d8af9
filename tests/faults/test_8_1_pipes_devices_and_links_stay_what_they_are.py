"""8.1: a download goes through pipes and devices, and replaces what a link names."""

import asyncio
import errno
import os
import socket
import stat
from pathlib import Path

import pytest

from runloop_async.calls.files import Download
from runloop_async.resources.benchmark_runs import BenchmarkRuns
from tests.fakes import Recorder

LOGS = b"logs of some length" * 20_000


@pytest.fixture
def logs(recorder: Recorder) -> Download:
    recorder.answers = [(200, LOGS)]
    recorder.piece = 100_000
    return BenchmarkRuns(recorder).download_logs("bmr_1")


async def test_a_pipe_is_written_through(logs: Download, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    size, read = await asyncio.gather(
        logs.write_to_file(pipe), asyncio.to_thread(pipe.read_bytes)
    )

    assert (size, read) == (len(LOGS), LOGS)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


async def test_a_pipe_may_have_its_reader_later(logs: Download, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    writing = asyncio.create_task(logs.write_to_file(pipe))
    await asyncio.sleep(0.1)
    read = await asyncio.to_thread(pipe.read_bytes)

    assert (await writing, read) == (len(LOGS), LOGS)


@pytest.mark.parametrize("has_reader", [False, True])
async def test_waiting_for_the_reader_of_a_pipe_can_be_cancelled(
    logs: Download, tmp_path: Path, *, has_reader: bool
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK) if has_reader else None
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - a count

    writing = asyncio.create_task(logs.write_to_file(pipe))
    await asyncio.sleep(0.1)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing

    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208 - a count
    if reader is not None:
        os.close(reader)


async def test_a_reader_that_leaves_is_an_error_of_the_system(
    logs: Download, tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    writing = asyncio.create_task(logs.write_to_file(pipe))
    await asyncio.sleep(0.1)
    os.close(reader)

    with pytest.raises(BrokenPipeError):
        await writing


@pytest.mark.parametrize("is_pipe", [False, True])
async def test_what_cannot_be_opened_is_an_error_of_the_system(
    logs: Download, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_pipe: bool
) -> None:
    def fail(*_: object) -> int:
        raise OSError(errno.EACCES if is_pipe else errno.ENXIO, "no")

    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setattr(os, "open", fail)

    with pytest.raises(OSError, match="no"):
        await logs.write_to_file(tmp_path / "pipe" if is_pipe else os.devnull)


async def test_a_device_is_written_through(recorder: Recorder) -> None:
    recorder.answers = [(200, b"logs")]
    controlling, terminal = os.openpty()

    size = await (
        BenchmarkRuns(recorder)
        .download_logs("bmr_1")
        .write_to_file(os.ttyname(terminal))
    )

    assert (size, os.read(controlling, 100)) == (4, b"logs")
    os.close(controlling)
    os.close(terminal)


async def test_a_full_device_is_an_error_of_the_system(
    logs: Download, tmp_path: Path
) -> None:
    link = tmp_path / "link"
    link.symlink_to("/dev/full")

    with pytest.raises(OSError, match="No space left") as caught:
        await logs.write_to_file(link)

    assert caught.value.errno == errno.ENOSPC
    assert os.readlink(link) == "/dev/full"  # noqa: PTH115 - blocks for no time


async def test_what_a_link_names_is_replaced(logs: Download, tmp_path: Path) -> None:
    there, link = tmp_path / "there", tmp_path / "link"
    there.write_bytes(b"older")
    link.symlink_to("there")

    await logs.write_to_file(link)

    assert link.is_symlink()
    assert there.read_bytes() == LOGS


async def test_what_a_link_names_is_made(logs: Download, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("there")

    await logs.write_to_file(link)

    assert link.is_symlink()
    assert (tmp_path / "there").read_bytes() == LOGS


async def test_a_socket_is_refused_before_anything_is_sent(
    logs: Download, recorder: Recorder, tmp_path: Path
) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        with pytest.raises(OSError, match="No such device"):
            await logs.write_to_file(tmp_path / "socket")

    assert recorder.calls == []
