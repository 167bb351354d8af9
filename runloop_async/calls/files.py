"""Bodies that are no JSON: downloads and uploads, in constant memory."""

import os
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Any, Final
from uuid import uuid4

import attrs

from runloop_async.calls.call import Call
from runloop_async.calls.disk import writing
from runloop_async.calls.runner import Stream
from runloop_async.calls.sources import OnBytes, Part, checked_progress, told
from runloop_async.values import named_text
from runloop_async.wire.request import Content

WHOLE_S: Final = 600.0
"""Seconds that a whole file may take while the user has not chosen a timeout."""


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
        about = f'name="file"; filename="{_quoted(file.name)}"'
        head += _part_head(boundary, about, file.content.type, file.headers)
        tail = b"\r\n" + tail
        inner = file.content.size
        size = None if inner is None else len(head) + inner + len(tail)
    return Content(
        pieces=lambda: _framed(head, None if file is None else file.content, tail),
        type=f"multipart/form-data; boundary={boundary}",
        size=size,
        can_repeat=file is None or file.content.can_repeat,
    )


def _part_head(
    boundary: str,
    about: str,
    kind: str | None = None,
    headers: tuple[tuple[str, str], ...] = (),
) -> bytes:
    lines = [f"--{boundary}", f"Content-Disposition: form-data; {about}"]
    lines += [f"Content-Type: {kind}"] if kind else []
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "", ""]).encode()


def _quoted(name: str) -> str:
    """Return a file's name as it is written in a form: as browsers do it."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


async def _framed(
    head: bytes, content: Content | None, tail: bytes
) -> AsyncGenerator[bytes]:
    if content is not None:
        async with aclosing(content.pieces()) as pieces:
            # The first piece goes with the head: a source that cannot be read is then
            # noticed before anything is sent.
            yield head + await anext(pieces, b"")
            async for piece in pieces:
                yield piece
    else:
        yield head
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
                    await told(on_bytes, size)
        return size
