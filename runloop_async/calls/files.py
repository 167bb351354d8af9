"""Bodies that are no JSON: read as bytes, piece by piece, or into a file."""

import asyncio
import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

import attrs

from runloop_async.calls.call import Call
from runloop_async.calls.runner import Stream
from runloop_async.wire.request import Workload

_WHOLE_S = 600.0
"""Seconds that a whole file may take while the user has not chosen a time-out."""

Progress = Callable[[int], Any]
"""Is told how many bytes there are so far."""


@attrs.frozen(eq=False)
class Download(Call[bytes]):
    """A file to fetch: `await` it for its bytes, or stream it."""

    def stream(self) -> AbstractAsyncContextManager[Stream]:
        """Open the answer and leave its body to the caller, in constant memory.

        Raises:
            APIError: No attempt was answered with success.
        """
        return self.runner.stream(self)

    async def write_to_file(
        self, path: str | os.PathLike[str], progress: Progress | None = None
    ) -> int:
        """Write the file to a path, in constant memory, and return its size in bytes.

        It is written beside and moved into place when it is whole, so that a file
        under this name is never a part of it.

        Raises:
            APIError: No attempt was answered with success, or the answer broke off.
            OSError: The file cannot be written.
        """
        target = Path(path)
        part = target.with_name(f".{target.name}.{uuid4().hex}.part")
        loop = asyncio.get_running_loop()
        size = 0
        try:
            async with self.stream() as answer:
                with await loop.run_in_executor(None, _create, part) as file:
                    async for chunk in answer.chunks():
                        await loop.run_in_executor(None, file.write, chunk)
                        size += len(chunk)
                        if progress is not None:
                            progress(size)
                    await loop.run_in_executor(None, _flush, file)
            await loop.run_in_executor(None, part.replace, target)
        finally:
            part.unlink(missing_ok=True)
        return size


def download(call: Call[bytes]) -> Download:
    """Make a file to fetch of a call for bytes."""
    request = attrs.evolve(call.request, workload=Workload.TRANSFER, timeout_s=_WHOLE_S)
    return Download(call.runner, request, bytes, call.options)


def _create(path: Path) -> BinaryIO:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    return os.fdopen(os.open(path, flags, 0o600), "wb")


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
