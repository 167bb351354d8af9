"""What can be uploaded, and how it is read.

A source can be uploaded any number of times, also concurrently. Each upload reads from
the position that the source had when the call was made, and does not move it. A source
that can be read only once, such as a pipe or an async iterator, is refused the second
time.
"""

import asyncio
import inspect
import io
import os
import stat
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    Awaitable,
    Callable,
    Mapping,
)
from contextlib import aclosing, suppress
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, Final, Protocol, TypeAlias, cast
from weakref import WeakValueDictionary

import attrs

from runloop_async.calls.disk import in_thread, opened
from runloop_async.values import header, named_text
from runloop_async.wire.request import Content


class Readable(Protocol):
    """A file open for reading bytes, or what can be read like one."""

    def read(self, size: int = ..., /) -> bytes:
        """Return the next bytes; none at the end."""
        ...


class AsyncReadable(Protocol):
    """A file whose `read` is to be awaited."""

    def read(self, size: int = ..., /) -> Awaitable[bytes]:
        """Return the next bytes; none at the end."""
        ...


OnBytes: TypeAlias = Callable[[int], Any]
"""Is told how many bytes there are so far; may be a coroutine function."""
Bytes: TypeAlias = (
    bytes
    | bytearray
    | memoryview
    | os.PathLike[str]
    | Readable
    | AsyncReadable
    | AsyncIterable[bytes]
)
Source: TypeAlias = (
    Bytes
    | tuple[str, Bytes]
    | tuple[str, Bytes, str]
    | tuple[str, Bytes, str, Mapping[str, str]]
)
"""A file to send: its content, or its name, content, media type and headers."""

_KIND: Final = "application/octet-stream"
_PIECE: Final = 256 * 1024
"""Bytes that are read and sent at a time."""
_MOST_FIELDS: Final = 4
"""Of a tuple."""


@attrs.frozen
class Part:
    """A file to send."""

    content: Content
    name: str = "upload"
    headers: tuple[tuple[str, str], ...] = ()
    """Headers of this part of a form, besides those that every part has."""


@attrs.frozen
class _Found:
    """What there is to read of a source."""

    pieces: Callable[[], AsyncGenerator[Any]]
    size: int | None
    can_repeat: bool = True
    owner: object = None
    """What must live as long: a temporary file is deleted with its owner."""


def checked_progress(progress: OnBytes | None) -> OnBytes | None:
    """Return what is to be told of progress.

    Raises:
        TypeError: It cannot be called.
    """
    if progress is not None and not callable(progress):
        raise TypeError(
            f"progress must be a function of the bytes so far, not {progress!r}"
        )
    return progress


async def told(callback: Callable[..., Any], *arguments: object) -> None:
    """Call a function of the user's, and await it if it is a coroutine function."""
    result = callback(*arguments)
    if inspect.isawaitable(result):
        await result


def content_of(source: Source, progress: OnBytes | None = None) -> Part:
    """Return what there is to send of a source.

    Args:
        source: A path, bytes, a file open for reading bytes, an async iterator of
            bytes, or a tuple of a name, one of these, and maybe a media type and
            headers.
        progress: Is told how many bytes have been sent so far.

    Raises:
        TypeError: It is none of these.
        OSError: There is no such file.
        ValueError: It is not a regular file, is closed or not open for reading bytes,
            stands at its end, or was read before and cannot be read again.
    """
    checked_progress(progress)
    if isinstance(source, tuple):
        return _named(source, progress)
    name = Path(source).name if isinstance(source, os.PathLike) else "upload"
    return Part(_content(source, progress), name)


def _named(source: tuple[Any, ...], progress: OnBytes | None) -> Part:
    if not 1 < len(source) <= _MOST_FIELDS:
        raise TypeError(
            f"a file cannot be a tuple of {len(source)}: give a name and a content, "
            "and maybe a media type and headers"
        )
    name, inner, kind, more = (*source, None, None)[:_MOST_FIELDS]
    content = _content(inner, progress)
    if kind is not None:
        content = attrs.evolve(content, type=header("Content-Type", kind)[1])
    headers = tuple(header(*each) for each in dict(more or {}).items())
    return Part(content, named_text("the file's name", name), headers)


def _content(source: Any, progress: OnBytes | None) -> Content:
    found = _found(source)
    return Content(
        pieces=lambda: _counted(found.pieces(), found.size, progress),
        type=_KIND,
        size=found.size,
        can_repeat=found.can_repeat,
    )


def _found(source: Any) -> _Found:
    if isinstance(source, os.PathLike):
        return _path(Path(os.fspath(cast("os.PathLike[str]", source))))
    # Temporary files, and the uploads of web frameworks, have a file in them.
    inner = getattr(source, "file", source)
    file = inner if hasattr(inner, "read") else source
    if inspect.iscoroutinefunction(getattr(file, "read", None)):
        return _once(file, partial(_of_reads, file))
    if hasattr(file, "read"):
        return attrs.evolve(_file(file), owner=source)
    if isinstance(source, AsyncIterable):
        return _once(source, partial(_of_iterable, source))
    view = _view(source)
    if view is not None:
        return _Found(partial(_of_bytes, view), view.nbytes)
    raise TypeError(
        f"cannot send a {type(source).__name__}: give a pathlib.Path for a file, "
        "bytes (text.encode() for text), a file open for reading bytes, or an "
        "async iterator of bytes"
    )


def _view(source: Any) -> memoryview | None:
    """Return the memory of a source, None if it is not made of bytes."""
    try:
        return memoryview(source).cast("B")
    except TypeError:
        return None


def _path(path: Path) -> _Found:
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise ValueError(f"{path} is not a file: give the path of one")
    return _Found(partial(_of_path, path), status.st_size)


def _file(file: Any) -> _Found:
    if isinstance(file, io.TextIOBase):
        raise TypeError("the file gives text: open it for reading bytes, as 'rb'")
    if getattr(file, "closed", False):
        raise ValueError("the file is closed: send it while it is open")
    if hasattr(file, "readable") and not file.readable():
        raise ValueError("the file is not open for reading: open it as 'rb'")
    if not _can_seek(file):
        return _once(file, partial(_of_file, partial(file.read, _PIECE)))
    shared = _shared.setdefault(id(file), _Shared(file))
    begin, end = shared.bounds()
    if begin >= end > 0:
        raise ValueError(
            f"the file stands at its end, after {end} bytes: go back with seek(0)"
        )
    return _Found(partial(_of_positions, shared, begin), end - begin)


def _can_seek(file: Any) -> bool:
    """Tell whether a file can be read again; a pipe, such as stdin, cannot."""
    if not (hasattr(file, "seek") and hasattr(file, "tell")):
        return False
    return not hasattr(file, "seekable") or bool(file.seekable())


_begun: Final = WeakValueDictionary[int, Any]()
"""What can be read only once, and has been begun, by its identity."""


def _once(source: Any, begin: Callable[[], AsyncGenerator[Any]]) -> _Found:
    _check_unread(source)
    return _Found(partial(_of_once, source, begin), None, can_repeat=False)


def _check_unread(source: object) -> None:
    is_over = inspect.isasyncgen(source) and source.ag_frame is None
    if is_over or _begun.get(id(source)) is source:
        raise ValueError(
            f"this {type(source).__name__} can be sent only once, and was read before: "
            "make a new one for each call"
        )


async def _of_once(
    source: Any, begin: Callable[[], AsyncGenerator[Any]]
) -> AsyncGenerator[Any]:
    _check_unread(source)
    with suppress(TypeError):  # what has no weak references cannot be remembered
        _begun[id(source)] = source
    async with aclosing(begin()) as pieces:
        async for piece in pieces:
            yield piece


async def _of_bytes(view: memoryview) -> AsyncGenerator[bytes]:
    for start in range(0, view.nbytes, _PIECE):
        yield bytes(view[start : start + _PIECE])


async def _of_path(path: Path) -> AsyncGenerator[Any]:
    with await opened(lambda: path.open("rb")) as file:
        async with aclosing(_of_file(partial(file.read, _PIECE))) as pieces:
            async for piece in pieces:
                yield piece


async def _of_file(read: Callable[[], bytes]) -> AsyncGenerator[Any]:
    # Not waited for when cancelled: nobody may write to a pipe for ever.
    loop = asyncio.get_running_loop()
    while (piece := await loop.run_in_executor(None, read)) != b"":
        yield piece


async def _of_iterable(source: AsyncIterable[bytes]) -> AsyncGenerator[Any]:
    async for piece in source:
        yield piece


async def _of_reads(file: Any) -> AsyncGenerator[Any]:
    while (piece := await file.read(_PIECE)) != b"":
        yield piece


_shared: Final = WeakValueDictionary[int, "_Shared"]()


class _Shared:
    """A file that several read at once, each from a position of its own.

    A file on a disk is read without moving it. Another is moved, and put back when the
    last one has read it.
    """

    def __init__(self, file: Any) -> None:
        self._file = file
        self._lock = Lock()
        self._readers = 0
        self._place = self._end = 0
        raw = getattr(file, "raw", file)
        buffers = (io.BufferedReader, io.BufferedRandom, io.FileIO)
        is_plain = type(file) in buffers and type(raw) is io.FileIO
        self._by_position = is_plain and hasattr(os, "pread")

    def bounds(self) -> tuple[int, int]:
        """Return where the file stands, and where it ends.

        While it is read that is known, and a slow read is not waited for.
        """
        if self._readers:
            return self._place, self._end
        with self._lock:
            here = self._file.tell()
            self._file.seek(0, os.SEEK_END)
            self._end = self._file.tell()
            self._file.seek(here)
            return here, self._end

    def begin(self) -> None:
        """Note one more reader."""
        with self._lock:
            if not self._readers:
                self._place = self._file.tell()
            self._readers += 1

    def end(self) -> None:
        """Note that a reader has ended, and put the file back after the last one."""
        with self._lock:
            self._readers -= 1
            if not self._readers and not self._by_position:
                with suppress(ValueError):  # it was closed meanwhile
                    self._file.seek(self._place)

    def read(self, position: int) -> Any:
        """Return the next bytes from a position on."""
        if self._by_position:
            return os.pread(self._file.fileno(), _PIECE, position)
        with self._lock:
            if self._file.tell() != position:
                self._file.seek(position)
            return self._file.read(_PIECE)


async def _of_positions(shared: _Shared, position: int) -> AsyncGenerator[Any]:
    await in_thread(shared.begin)
    try:
        while (piece := await in_thread(partial(shared.read, position))) != b"":
            yield piece
            position += len(piece)
    finally:
        await in_thread(shared.end)


async def _counted(
    begun: AsyncGenerator[Any], size: int | None, progress: OnBytes | None
) -> AsyncGenerator[bytes]:
    """Yield the pieces, tell of progress, and see that they are as many as was said."""
    sent = 0
    async with aclosing(begun) as pieces:
        async for piece in pieces:
            data = _checked(piece)
            sent += len(data)
            if size is not None and sent > size:
                break
            if data:
                yield data
                if progress is not None:
                    await told(progress, sent)
    if size is not None and sent != size:
        raise ValueError(f"the file changed while it was sent: it had {size} bytes")


def _checked(piece: Any) -> bytes:
    if isinstance(piece, bytes):
        return piece
    if isinstance(piece, bytearray | memoryview):
        return bytes(cast("bytearray", piece))
    if piece is None:
        raise ValueError(
            "the file has no bytes at present: open it so that reading waits for them"
        )
    raise TypeError(
        f"the file gives {type(piece).__name__}, not bytes: open it as 'rb', or encode "
        "what it gives"
    )
