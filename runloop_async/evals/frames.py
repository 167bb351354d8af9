"""Rows as a table of pyarrow, from which pandas, polars and duckdb read."""

from collections.abc import AsyncIterable, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from operator import attrgetter
from typing import Any, Final, TypeVar, get_args

import attrs

from runloop_async.evals.errors import needs
from runloop_async.evals.rows import Chunk, RunRow

try:
    import pyarrow as pa
except ImportError as error:
    raise needs("frames", "pyarrow", "frames") from error

RowT = TypeVar("RowT", bound=RunRow)

_BATCH: Final = 10_000
"""Rows that are turned into columns at a time."""
_VERSION: Final = b"1"
_TYPES: Final[dict[type, pa.DataType]] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    datetime: pa.timestamp("ms", tz="UTC"),
}


def schema(kind: type[RunRow]) -> pa.Schema:
    """Return the schema of a class of rows: the same for every table."""
    attrs.resolve_types(kind)
    fields = [_field(each.name, each.type) for each in attrs.fields(kind)]
    return pa.schema(fields, metadata={b"runloop_async.rows": _VERSION})


def _field(name: str, annotation: Any) -> "pa.Field[Any]":
    parts = get_args(annotation) or (annotation,)
    kind = next(part for part in parts if part is not type(None))
    known = str if issubclass(kind, StrEnum) else kind
    return pa.field(name, _TYPES[known], nullable=len(parts) > 1)


async def to_table(
    rows: AsyncIterable[RowT] | Iterable[RowT], kind: type[RowT] | None = None
) -> pa.Table:
    """Return rows as a table.

        table = await to_table(evals.scenarios(client, benchmark_id="bmd_1"))
        table.to_pandas(); polars.from_arrow(table); duckdb.sql("from table")

    Args:
        rows: Rows of one class.
        kind: Their class; of an iterable of your own, by default that of the first.

    Raises:
        ValueError: There are no rows to tell the class by.
        TypeError: The rows are of several classes.
        IncompleteError: Some runs could not be read.
    """
    builder = TableBuilder(kind or getattr(rows, "kind", None))
    if isinstance(rows, AsyncIterable):
        async for row in rows:
            builder.add(row)
    else:
        for row in rows:
            builder.add(row)
    return builder.table()


class Columns:
    """Rows as columns: plain lists, which cost the garbage collector nothing."""

    def __init__(self, kind: type[RunRow]) -> None:
        self._schema: Any = schema(kind)  # pyarrow is typed in part alone
        self._columns: list[list[Any]] = [[] for _ in self._schema.names]
        self._values = attrgetter(*self._schema.names)

    def __len__(self) -> int:
        return len(self._columns[0])

    def add(self, chunk: Chunk) -> None:
        """Take the rows of a run."""
        for name, column in zip(self._schema.names, self._columns, strict=True):
            column.extend(chunk[name])

    def add_rows(self, rows: Sequence[RunRow]) -> None:
        """Take rows."""
        for column, values in zip(
            self._columns, zip(*map(self._values, rows), strict=True), strict=False
        ):
            column.extend(values)

    def take(self) -> pa.RecordBatch:
        """Return what there is, and begin again."""
        arrays: list[Any] = [
            pa.array(column, field.type)
            for column, field in zip(self._columns, self._schema, strict=True)
        ]
        for column in self._columns:
            column.clear()
        record_batch: Any = pa.RecordBatch
        made: pa.RecordBatch = record_batch.from_arrays(arrays, schema=self._schema)
        return made


class TableBuilder:
    """Turns rows into a table, some at a time, so that they need not all be kept."""

    def __init__(self, kind: type[RunRow] | None = None) -> None:
        self._kind = kind
        self._rows = list[RunRow]()
        self._batches = list[pa.RecordBatch]()

    def add(self, row: RunRow) -> None:
        """Take a row."""
        if self._kind is None:
            self._kind = type(row)
        if type(row) is not self._kind:
            raise TypeError(
                f"rows of one table must be of one class: after {self._kind.__name__} "
                f"came {type(row).__name__}"
            )
        self._rows.append(row)
        if len(self._rows) >= _BATCH:
            self._take(self._kind)

    def table(self) -> pa.Table:
        """Return the table of all rows so far."""
        if self._kind is None:
            raise ValueError(
                "there are no rows: say kind= of which class they would be"
            )
        self._take(self._kind)
        return pa.Table.from_batches(self._batches, schema(self._kind))

    def _take(self, kind: type[RunRow]) -> None:
        columns = Columns(kind)
        columns.add_rows(self._rows)
        self._batches.append(columns.take())
        self._rows.clear()
