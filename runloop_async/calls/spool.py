"""Contents of known size, by way of temporary files where there is no other.

Storage services take no body of unknown size.
"""

import tarfile
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import (
    AbstractAsyncContextManager,
    aclosing,
    asynccontextmanager,
    nullcontext,
)
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeAlias, cast

from runloop_async.calls.disk import in_thread, opened
from runloop_async.calls.sources import Bytes, OnBytes, checked_progress, content_of
from runloop_async.wire.request import Content

Make: TypeAlias = Callable[[], AbstractAsyncContextManager[Content]]
"""Begins a content, and lets go of it at the end."""


def sized(source: Bytes, progress: OnBytes | None) -> Make:
    """Return what makes content of a source, of a size that is known.

    It refuses what `content_of` does.
    """
    content = content_of(source, progress).content
    if content.size is not None:
        return lambda: nullcontext(content)
    unsent = content_of(source).content  # what is only copied is not told of
    return partial(_spooled, partial(_copy, unsent), progress)


def archived(folder: Path, progress: OnBytes | None) -> Make:
    """Return what makes a compressed archive of a folder.

    Raises:
        ValueError: There is no such folder.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder: give the path of one")
    return partial(_spooled, partial(_archive, folder), checked_progress(progress))


@asynccontextmanager
async def _spooled(
    fill: Callable[[BinaryIO], Awaitable[None]], progress: OnBytes | None
) -> AsyncGenerator[Content]:
    create = cast("Callable[[], BinaryIO]", tempfile.TemporaryFile)
    with await opened(create) as file:
        await fill(file)
        await in_thread(partial(file.seek, 0))
        yield content_of(file, progress).content


async def _copy(content: Content, file: BinaryIO) -> None:
    async with aclosing(content.pieces()) as pieces:
        async for piece in pieces:
            await in_thread(partial(file.write, piece))


async def _archive(folder: Path, file: BinaryIO) -> None:
    def write() -> None:
        with tarfile.open(fileobj=file, mode="w:gz") as archive:
            for path in sorted(folder.rglob("*")):
                name = path.relative_to(folder).as_posix()
                archive.add(path, name, recursive=False)

    await in_thread(write)
