"""Where an export is kept: in a folder, or in a bucket of an object store."""

import fcntl
import io
import os
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol, Self, TypeAlias

from runloop_async.errors import RunloopError
from runloop_async.evals.errors import ExportError

Content: TypeAlias = Callable[[BinaryIO], None]
"""Writes what is to be in a file."""

_READERS: Final = 16
"""Objects that are read at a time: each costs a round trip, and little else."""


class Store(Protocol):
    """Files with names such as `data/part-000001.parquet`, and a journal."""

    name: str
    """Where it is."""

    def __enter__(self) -> Self:
        """Make it, if it is not there, and take its lock, if it can have one."""
        ...

    def __exit__(self, *_: object) -> None:
        """Give the lock back."""
        ...

    def read(self, name: str) -> bytes | None:
        """Return what is in a file; None if there is none."""
        ...

    def write(self, name: str, content: Content) -> None:
        """Write a file: whole and for good, or not at all."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        ...

    def parts(self) -> list[str]:
        """Return the names of the files in `data`."""
        ...

    def journal(self) -> list[tuple[str, bytes]]:
        """Return the lines of the journal, and where each is."""
        ...

    def append(self, line: bytes) -> None:
        """Add a line to the journal: whole and for good, or not at all."""
        ...

    def forget(self) -> None:
        """Remove the journal."""
        ...


class Folder:
    """A folder on a disk, which one process at a time may write to."""

    def __init__(self, path: Path) -> None:
        self.name = os.fspath(path)
        self._path = path
        self._tmp = path / "tmp"
        self._data = path / "data"
        self._journal = path / "journal.jsonl"
        self._lock = -1

    def __enter__(self) -> Self:
        self._tmp.mkdir(parents=True, exist_ok=True)
        self._data.mkdir(exist_ok=True)
        self._lock = _locked(self._path / "lock")
        for stray in self._tmp.iterdir():
            stray.unlink()
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._lock)  # which gives the lock back, as a kill does

    def read(self, name: str) -> bytes | None:
        """Return what is in a file; None if there is none."""
        try:
            return (self._path / name).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, name: str, content: Content) -> None:
        """Write a file under `tmp`, sync it, and move it to where it belongs."""
        target = self._path / name
        written = self._tmp / target.name
        with written.open("wb") as file:
            content(file)
            file.flush()
            os.fsync(file.fileno())
        in_place(written, target)

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        (self._path / name).unlink(missing_ok=True)

    def parts(self) -> list[str]:
        """Return the names of the files in `data`."""
        return [f"data/{each.name}" for each in self._data.iterdir()]

    def journal(self) -> list[tuple[str, bytes]]:
        """Return the lines of the journal; cut off a torn last one."""
        try:
            content = self._journal.read_bytes()
        except FileNotFoundError:
            return []
        whole, _, torn = content.rpartition(b"\n")
        if torn:
            os.truncate(self._journal, len(whole) + 1 if whole else 0)
        return [
            (f"line {number} of {self._journal}", line)
            for number, line in enumerate(whole.splitlines(), start=1)
        ]

    def append(self, line: bytes) -> None:
        """Add a line to the journal, and sync it."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        with os.fdopen(os.open(self._journal, flags, 0o666), "wb") as file:
            file.write(line + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def forget(self) -> None:
        """Remove the journal."""
        self._journal.unlink(missing_ok=True)


class Bucket:
    """A folder of a `pyarrow.fs.FileSystem`, such as a bucket of S3.

    An object is written whole or not at all, and cannot be added to: so each line of
    the journal is an object. There is no lock: see to it that one process at a time
    exports there.
    """

    def __init__(self, files: Any, path: str) -> None:
        self.name = path
        self._files = files
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing: there is no lock."""

    def read(self, name: str) -> bytes | None:
        """Return what is in an object; None if there is none."""
        try:
            with self._files.open_input_stream(f"{self.name}/{name}") as stream:
                content: bytes = stream.read()
                return content
        except FileNotFoundError:
            return None

    def write(self, name: str, content: Content) -> None:
        """Write an object, and see that all of it is there."""
        buffer, path = io.BytesIO(), f"{self.name}/{name}"
        content(buffer)
        with self._files.open_output_stream(path) as stream:
            stream.write(buffer.getbuffer())
        size = self._files.get_file_info(path).size
        if size != buffer.tell():
            raise OSError(f"{path} has {size} of {buffer.tell()} bytes")

    def remove(self, name: str) -> None:
        """Remove an object, if it is there."""
        with suppress(FileNotFoundError):
            self._files.delete_file(f"{self.name}/{name}")

    def parts(self) -> list[str]:
        """Return the names of the objects in `data`."""
        return [*self._listed("data")]

    def journal(self) -> list[tuple[str, bytes]]:
        """Return the lines of the journal."""
        for folder in ("data", "journal"):
            self._files.create_dir(f"{self.name}/{folder}", recursive=True)
        names = sorted(self._listed("journal"))
        self._count = len(names)
        with ThreadPoolExecutor(_READERS) as pool:
            lines = [line or b"" for line in pool.map(self.read, names)]
        wheres = [f"{self.name}/{name}" for name in names]
        return [*zip(wheres, lines, strict=True)]

    def append(self, line: bytes) -> None:
        """Add a line to the journal."""
        name = f"journal/{self._count:06}.json"
        self.write(name, bytes_of(line))
        self._count += 1

    def forget(self) -> None:
        """Remove the journal."""
        for name in sorted(self._listed("journal")):
            self.remove(name)

    def _listed(self, folder: str) -> Iterator[str]:
        from pyarrow.fs import FileSelector  # noqa: PLC0415 - for buckets alone

        there = FileSelector(f"{self.name}/{folder}", allow_not_found=True)
        for each in self._files.get_file_info(there):
            if each.is_file:
                yield f"{folder}/{each.base_name}"


def in_place(written: Path, target: Path) -> None:
    """Move a file that was written and synced to where it belongs, for good."""
    written.replace(target)
    _sync(target.parent)


@contextmanager
def explained(where: str) -> Generator[None]:
    """Say what could not be written where."""
    try:
        yield
    except RunloopError:  # a timeout of the API is an OSError too
        raise
    except OSError as error:
        why = error.strerror or str(error)
        raise ExportError(f"cannot export to {where}: {why}") from error


def bytes_of(content: bytes) -> Content:
    """Return what writes these bytes."""

    def write(file: BinaryIO) -> None:
        file.write(content)

    return write


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _locked(path: Path) -> int:
    """Take the lock of a folder; it is given back when the process ends, however."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(descriptor, 20).decode() or "?"
        os.close(descriptor)
        raise ExportError(
            f"process {holder} is exporting to {path.parent}: wait for it, or export "
            "to another folder"
        ) from None
    os.truncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}".encode(), 0)
    return descriptor


def store_at(folder: str | os.PathLike[str], filesystem: Any = None) -> Store:
    """Return where an export is to be kept.

    Args:
        folder: A folder, or the URI of one, such as `s3://bucket/nightly`.
        filesystem: A `pyarrow.fs.FileSystem` that the folder is in.

    Raises:
        TypeError: The file system is none.
        ValueError: The folder is a file, or the URI names no known file system.
    """
    text = os.fspath(folder)
    if not text.strip():
        raise ValueError("folder is empty")
    if filesystem is None and "://" not in text:
        target = Path(text)
        if target.exists() and not target.is_dir():
            raise ValueError(f"{target} is a file: give a folder")
        return Folder(target)
    from pyarrow import fs  # noqa: PLC0415 - for buckets alone

    kind: Any = fs.FileSystem
    if filesystem is None:
        filesystem, text = kind.from_uri(text)
    elif not isinstance(filesystem, kind):
        raise TypeError(
            "filesystem must be a pyarrow.fs.FileSystem, not "
            f"{type(filesystem).__name__}"
        )
    if isinstance(filesystem, fs.LocalFileSystem):
        return store_at(text)
    return Bucket(filesystem, text.rstrip("/"))
