"""Files made on the way: what has to be whole before it can be sent."""

import os
import tarfile
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import IO, BinaryIO, cast

import attrs

from runloop_async.calls.disk import in_thread, opened
from runloop_async.calls.files import OnBytes, content_of
from runloop_async.wire.request import Content


@asynccontextmanager
async def sized(content: Content) -> AsyncGenerator[Content]:
    """Yield content whose size is known, by way of a temporary file if need be.

    Storage services take no body of unknown size.
    """
    if content.size is not None:
        yield content
        return
    with await opened(_temporary) as file:
        async for piece in content.pieces():
            await in_thread(partial(file.write, piece))
        await in_thread(partial(file.seek, 0))
        yield attrs.evolve(content_of(file).content, type=content.type)


@asynccontextmanager
async def archived(folder: Path, progress: OnBytes | None) -> AsyncGenerator[Content]:
    """Yield a folder as a compressed archive, made in a temporary file."""
    with await opened(_temporary) as file:
        await in_thread(partial(_archive, folder, file))
        yield content_of(file, progress).content


def checked_folder(path: str | os.PathLike[str]) -> Path:
    """Return the path of a folder.

    Raises:
        ValueError: It is none.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder: give the path of one")
    return folder


def _temporary() -> BinaryIO:
    file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by its user
    return cast("BinaryIO", file)


def _archive(folder: Path, file: BinaryIO) -> None:
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for path in sorted(folder.rglob("*")):
            archive.add(path, path.relative_to(folder).as_posix(), recursive=False)
    file.seek(0)
