"""Bodies that are no JSON: downloads and uploads, in constant memory."""

import asyncio
import os
import stat
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeAlias
from uuid import uuid4

import attrs

from runloop_async.calls.call import Call
from runloop_async.calls.disk import opened, writing
from runloop_async.calls.runner import Stream
from runloop_async.values import header, named_text
from runloop_async.wire.request import Content

WHOLE_S: Final = 600.0
"""Seconds that a whole file may take while the user has not chosen a timeout."""

OnBytes: TypeAlias = Callable[[int], Any]
"""Is told how many bytes there are so far."""
Bytes: TypeAlias = (
    bytes | bytearray | memoryview | os.PathLike[str] | BinaryIO | AsyncIterable[bytes]
)
Source: TypeAlias = Bytes | tuple[str, Bytes] | tuple[str, Bytes, str]
"""A file to send: its content, or its name, content and media type."""

_KIND: Final = "application/octet-stream"
_PIECE: Final = 256 * 1024
"""Bytes that are read and sent at a time."""


@attrs.frozen
class Part:
    """A file to send."""

    content: Content
    name: str = "upload"


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


def content_of(source: Source, progress: OnBytes | None = None) -> Part:
    """Return what there is to send of a source.

    Args:
        source: A path, bytes, a file open for reading bytes, an async iterator of
            bytes, or a tuple of a name, one of these and maybe a media type.
        progress: Is told how many bytes have been sent so far.

    Raises:
        TypeError: It is none of these.
        OSError: There is no such file.
        ValueError: It is not a regular file.
    """
    checked_progress(progress)
    if isinstance(source, tuple):
        name, inner, *rest = source
        name = named_text("the file's name", name)
        content = _content(inner, progress)
        if rest:
            _, media_type = header("Content-Type", rest[0])
            content = attrs.evolve(content, type=media_type)
        return Part(content, name)
    name = Path(source).name if isinstance(source, os.PathLike) else "upload"
    return Part(_content(source, progress), name)


def _content(source: Bytes, progress: OnBytes | None) -> Content:
    if isinstance(source, bytes | bytearray | memoryview):
        view = memoryview(source).cast("B")
        pieces: Callable[[], AsyncIterator[bytes]] = partial(_of_bytes, view)
        size, can_repeat = view.nbytes, True
    elif isinstance(source, os.PathLike):
        path = Path(source)
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ValueError(f"{path} is not a file: give the path of one")
        size, can_repeat, pieces = status.st_size, True, partial(_of_path, path)
    elif isinstance(source, AsyncIterable):
        return _only_once(source, progress)
    elif hasattr(source, "read") and not _can_seek(source):
        return _only_once(_of_file(source), progress)
    elif hasattr(source, "read"):
        begin = source.tell()
        size, can_repeat = source.seek(0, os.SEEK_END) - begin, True
        source.seek(begin)
        pieces = partial(_of_file, source, begin)
    else:
        raise TypeError(
            f"cannot send a {type(source).__name__}: give a pathlib.Path for a file, "
            "bytes (text.encode() for text), a file open for reading bytes, or an "
            "async iterator of bytes"
        )
    return Content(
        pieces=lambda: _counted(pieces(), size, progress),
        type=_KIND,
        size=size,
        can_repeat=can_repeat,
    )


def _only_once(source: AsyncIterable[bytes], progress: OnBytes | None) -> Content:
    once = iter((source,))
    return Content(
        pieces=lambda: _counted(_of_iterable(once), None, progress),
        type=_KIND,
        size=None,
        can_repeat=False,
    )


async def _of_bytes(view: memoryview) -> AsyncGenerator[bytes]:
    for start in range(0, view.nbytes, _PIECE):
        yield bytes(view[start : start + _PIECE])


async def _of_path(path: Path) -> AsyncGenerator[bytes]:
    with await opened(lambda: path.open("rb")) as file:
        async for piece in _of_file(file, 0):
            yield piece


async def _of_file(file: Any, begin: int | None = None) -> AsyncGenerator[bytes]:
    loop = asyncio.get_running_loop()
    if begin is not None:  # else it is a pipe
        await loop.run_in_executor(None, file.seek, begin)
    while piece := await loop.run_in_executor(None, file.read, _PIECE):
        if not isinstance(piece, bytes):
            raise TypeError("the file gives text: open it for reading bytes, as 'rb'")
        yield piece


def _can_seek(file: Any) -> bool:
    """Tell whether a file can be read again; a pipe, such as stdin, cannot."""
    return hasattr(file, "seek") and (not hasattr(file, "seekable") or file.seekable())


async def _of_iterable(once: Any) -> AsyncGenerator[bytes]:
    source = next(once, None)
    if source is None:
        raise ValueError("an async iterator can be sent only once: make a new one")
    async for piece in source:
        yield piece


async def _counted(
    pieces: AsyncIterator[bytes], size: int | None, progress: OnBytes | None
) -> AsyncGenerator[bytes]:
    """Yield the pieces, tell of progress, and see that they are as many as was said."""
    sent = 0
    async for piece in pieces:
        sent += len(piece)
        if size is not None and sent > size:
            break
        yield piece
        if progress is not None:
            progress(sent)
    if size is not None and sent != size:
        raise ValueError(f"the file changed while it was sent: it had {size} bytes")


def multipart(fields: dict[str, str], file: Part | None) -> Content:
    """Return a form of text fields and a file, as `multipart/form-data`."""
    boundary = uuid4().hex
    fields = {name: named_text(name, text) for name, text in fields.items()}
    head = b"".join(
        _part_head(boundary, f'name="{name}"') + text.encode() + b"\r\n"
        for name, text in fields.items()
    )
    tail = f"--{boundary}--\r\n".encode()
    size: int | None = len(head) + len(tail)
    if file is not None:
        told = f'name="file"; filename="{_quoted(file.name)}"'
        head += _part_head(boundary, told, file.content.type)
        tail = b"\r\n" + tail
        inner = file.content.size
        size = None if inner is None else len(head) + inner + len(tail)
    return Content(
        pieces=lambda: _framed(head, None if file is None else file.content, tail),
        type=f"multipart/form-data; boundary={boundary}",
        size=size,
        can_repeat=file is None or file.content.can_repeat,
    )


def _part_head(boundary: str, told: str, kind: str | None = None) -> bytes:
    lines = [f"--{boundary}", f"Content-Disposition: form-data; {told}"]
    lines += [f"Content-Type: {kind}"] if kind else []
    return "\r\n".join([*lines, "", ""]).encode()


def _quoted(name: str) -> str:
    """Return a file's name as it is written in a form: as browsers do it."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


async def _framed(
    head: bytes, content: Content | None, tail: bytes
) -> AsyncGenerator[bytes]:
    yield head
    if content is not None:
        async for piece in content.pieces():
            yield piece
    yield tail


@attrs.define(eq=False, repr=False)
class Download(Call[bytes]):
    """A file to fetch: `await` it for its bytes, or stream it."""

    def stream(self) -> AbstractAsyncContextManager[Stream]:
        """Open the response and leave its body to the caller, in constant memory.

        Raises:
            APIError: No attempt succeeded.
        """
        self._begun()
        call: Any = self  # pyright would bind `read`, which is a field
        return self.runner.stream(call)

    async def write_to_file(
        self, path: str | os.PathLike[str], progress: OnBytes | None = None
    ) -> int:
        """Write the file to a path, in constant memory, and return its size in bytes.

        Downloads to a temporary file in the same directory, then renames it: a file
        under this name is never a part of one. A file that is replaced keeps its mode,
        a new one follows the umask. A symbolic link is followed; pipes and devices,
        such as `/dev/stdout`, are written to as the bytes arrive.

        Raises:
            APIError: No attempt succeeded, or the response broke off.
            OSError: The file cannot be written.
        """
        on_bytes, size = checked_progress(progress), 0
        async with writing(path) as write, self.stream() as response:
            async for chunk in response.chunks():
                await write(chunk)
                size += len(chunk)
                if on_bytes is not None:
                    on_bytes(size)
        return size
