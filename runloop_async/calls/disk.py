"""Write a download to a path, and read files, without blocking the event loop.

What cannot be stopped half-way is seen to its end, also by a task that is cancelled.
"""

import asyncio
import errno
import os
import stat
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeAlias, TypeVar
from uuid import uuid4

T = TypeVar("T")

Write: TypeAlias = Callable[[bytes], Awaitable[Any]]
"""Writes some bytes."""

_NO_READER_S: Final = 0.05
"""How often to look whether somebody has opened the other end of a pipe."""
_FLAGS: Final = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)


def writing(path: str | os.PathLike[str]) -> AbstractAsyncContextManager[Write]:
    """Return a context that gives a function to write to a path.

    A regular file is replaced at the end, as a whole, and keeps its mode; of a symbolic
    link the file that it names. A new file follows the umask. Pipes and devices are
    written through.

    Raises:
        OSError: Nothing can be written there.
    """
    try:
        there = os.stat(path)  # noqa: PTH116 - which follows links such as /dev/stdout
    except FileNotFoundError:
        return _replacing(Path(os.path.realpath(path)), None)
    if stat.S_ISREG(there.st_mode):
        return _replacing(Path(os.path.realpath(path)), stat.S_IMODE(there.st_mode))
    for is_kind, number in ((stat.S_ISDIR, errno.EISDIR), (stat.S_ISSOCK, errno.ENXIO)):
        if is_kind(there.st_mode):
            raise OSError(number, os.strerror(number), os.fspath(path))
    return _through(os.fspath(path), is_pipe=stat.S_ISFIFO(there.st_mode))


async def opened(opener: Callable[[], BinaryIO]) -> BinaryIO:
    """Open a file in a thread; close it if the caller was cancelled meanwhile."""
    return await in_thread(opener, undo=lambda file: file.close())


async def in_thread(
    work: Callable[[], T], undo: Callable[[T], object] | None = None
) -> T:
    """Run in a thread; if cancelled, wait for the thread, which cannot be stopped."""
    doing = asyncio.get_running_loop().run_in_executor(None, work)
    try:
        return await finished(doing)
    except asyncio.CancelledError:
        if doing.exception() is None and undo is not None:
            undo(doing.result())
        raise


async def finished(work: Awaitable[T]) -> T:
    """Return what some work comes to; if cancelled, however often, once it has ended.

    An error of the work is raised only if the task was not cancelled.
    """
    doing = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(doing)
    except asyncio.CancelledError:
        while not doing.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([doing])
        doing.exception()  # which has been looked at now
        raise


@asynccontextmanager
async def _replacing(target: Path, mode: int | None) -> AsyncGenerator[Write]:
    """Write to a temporary file in the same directory, then rename it.

    Args:
        target: The file to replace or create.
        mode: The mode of the file that is there.
    """
    part = target.with_name(f".{uuid4().hex}.part")
    try:
        with await opened(partial(_created, part, mode)) as file:
            yield lambda piece: in_thread(partial(file.write, piece))
            await in_thread(partial(_flush, file))
        await in_thread(partial(part.replace, target))
    finally:
        part.unlink(missing_ok=True)


def _created(path: Path, mode: int | None) -> BinaryIO:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    if mode is None:
        return os.fdopen(os.open(path, flags, 0o666), "wb")
    file = os.fdopen(os.open(path, flags, 0o600), "wb")
    path.chmod(mode)
    return file


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


@asynccontextmanager
async def _through(path: str, *, is_pipe: bool) -> AsyncGenerator[Write]:
    """Write to a pipe or a device."""
    descriptor = await _opened_to_write(path, is_pipe=is_pipe)
    try:
        yield partial(_write, descriptor)
    finally:
        os.close(descriptor)


async def _opened_to_write(path: str, *, is_pipe: bool) -> int:
    """Open a pipe or a device, once a pipe has a reader."""
    flags = os.O_WRONLY | _FLAGS
    while True:
        try:
            return await in_thread(partial(os.open, path, flags), undo=os.close)
        except OSError as error:
            if error.errno != errno.ENXIO or not is_pipe:
                raise
        await asyncio.sleep(_NO_READER_S)


async def _write(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        try:
            left = left[await in_thread(partial(os.write, descriptor, left)) :]
        except BlockingIOError:  # a pipe that is full
            await _writable(descriptor)


async def _writable(descriptor: int) -> None:
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_writer(descriptor, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_writer(descriptor)
