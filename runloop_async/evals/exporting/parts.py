"""Parts of an export, as Parquet or as lines of JSON."""

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any, BinaryIO, ClassVar, Final, Protocol

import msgspec

from runloop_async.evals.frames import Columns, schema
from runloop_async.evals.rows import Chunk, RunRow

_parquet: Any = import_module("pyarrow.parquet")  # frames says what it needs
_arrow: Any = import_module("pyarrow")
_encoder: Final = msgspec.json.Encoder()


class Part(Protocol):
    """Rows that are not yet in a file."""

    suffix: ClassVar[str]
    """What its file's name ends with."""

    def __init__(self, kind: type[RunRow]) -> None: ...

    def __len__(self) -> int:
        """Return how many rows it has."""
        ...

    def add(self, chunk: Chunk) -> None:
        """Take the rows of a run."""
        ...

    def write(self, file: BinaryIO) -> None:
        """Write them to a file, and begin again."""
        ...

    @staticmethod
    def join(contents: Iterable[bytes], file: BinaryIO) -> None:
        """Write what is in several files to one."""
        ...


class ParquetPart:
    """Rows for a Parquet file, compressed by zstd."""

    suffix: ClassVar = ".parquet"

    def __init__(self, kind: type[RunRow]) -> None:
        self._schema = schema(kind)
        self._columns = Columns(kind)

    def __len__(self) -> int:
        return len(self._columns)

    def add(self, chunk: Chunk) -> None:
        """Take the rows of a run."""
        self._columns.add(chunk)

    def write(self, file: BinaryIO) -> None:
        """Write them to a file, and begin again."""
        with _parquet.ParquetWriter(file, self._schema, compression="zstd") as to:
            to.write_batch(self._columns.take())

    @staticmethod
    def join(contents: Iterable[bytes], file: BinaryIO) -> None:
        """Write what is in several files to one, a row group for each."""
        tables = (_parquet.read_table(_arrow.BufferReader(each)) for each in contents)
        first = next(tables)
        with _parquet.ParquetWriter(file, first.schema, compression="zstd") as to:
            to.write_table(first)
            for table in tables:
                to.write_table(table)


class JsonLinesPart:
    """Rows for a file with a JSON object on each line."""

    suffix: ClassVar = ".jsonl"

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

    def write(self, file: BinaryIO) -> None:
        """Write them to a file, and begin again."""
        file.writelines(self._lines)
        self._lines.clear()
        self._count = 0

    @staticmethod
    def join(contents: Iterable[bytes], file: BinaryIO) -> None:
        """Write what is in several files to one."""
        file.writelines(contents)


PARTS: Final[Mapping[str, type[Part]]] = {
    "parquet": ParquetPart,
    "jsonl": JsonLinesPart,
}
"""The parts of each format."""
