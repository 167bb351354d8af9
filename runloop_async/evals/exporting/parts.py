"""Parts of an export, as Parquet or as lines of JSON."""

import os
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from runloop_async.evals.frames import Columns, schema
from runloop_async.evals.rows import Chunk, RunRow

_parquet: Any = import_module("pyarrow.parquet")  # frames says what it needs
_encoder: Final = msgspec.json.Encoder()


class Part(Protocol):
    """Rows that are not yet in a file."""

    suffix: str
    """What its file's name ends with."""

    def __len__(self) -> int:
        """Return how many rows it has."""
        ...

    def add(self, chunk: Chunk) -> None:
        """Take the rows of a run."""
        ...

    def write(self, path: Path) -> None:
        """Write them to a file, sync it, and begin again."""
        ...


class ParquetPart:
    """Rows for a Parquet file, compressed by zstd."""

    suffix = ".parquet"

    def __init__(self, kind: type[RunRow]) -> None:
        self._schema = schema(kind)
        self._columns = Columns(kind)

    def __len__(self) -> int:
        return len(self._columns)

    def add(self, chunk: Chunk) -> None:
        """Take the rows of a run."""
        self._columns.add(chunk)

    def write(self, path: Path) -> None:
        """Write them to a file, sync it, and begin again."""
        with path.open("wb") as file:
            with _parquet.ParquetWriter(file, self._schema, compression="zstd") as to:
                to.write_batch(self._columns.take())
            file.flush()
            os.fsync(file.fileno())


class JsonLinesPart:
    """Rows for a file with a JSON object on each line."""

    suffix = ".jsonl"

    def __init__(self, kind: type[RunRow]) -> None:
        del kind
        self._lines = list[bytes]()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, chunk: Chunk) -> None:
        """Take the rows of a run."""
        names = [*chunk]
        rows = [
            dict(zip(names, values, strict=True))
            for values in zip(*chunk.values(), strict=True)
        ]
        self._lines.append(_encoder.encode_lines(rows))
        self._count += len(rows)

    def write(self, path: Path) -> None:
        """Write them to a file, sync it, and begin again."""
        with path.open("wb") as file:
            file.writelines(self._lines)
            file.flush()
            os.fsync(file.fileno())
        self._lines.clear()
        self._count = 0


PARTS: Final[Mapping[str, Callable[[type[RunRow]], Part]]] = {
    "parquet": ParquetPart,
    "jsonl": JsonLinesPart,
}
"""What makes the parts of each format."""
