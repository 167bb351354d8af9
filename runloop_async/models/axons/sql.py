"""The databases of axons."""

from collections.abc import Sequence
from typing import Required, TypedDict

import attrs

from runloop_async.annotations import JsonValue


@attrs.frozen(kw_only=True)
class SqlColumnMetaView:
    """A column of a result."""

    name: str
    """Its name."""
    type: str
    """Type of its cells, in SQLite's words."""


@attrs.frozen(kw_only=True)
class SqlResultMetaView:
    """What a statement did."""

    changes: int
    """Rows that it changed."""
    duration_ms: float
    """Milliseconds that it took."""
    rows_read_limit_reached: bool
    """Whether rows were left out, there being too many."""


@attrs.frozen(kw_only=True)
class SqlQueryResultView:
    """The result of a statement."""

    columns: list[SqlColumnMetaView]
    """The columns."""
    meta: SqlResultMetaView
    """What the statement did."""
    rows: list[JsonValue]
    """The rows.

    Each is a list of cells in the order of the columns, though the document of May 2026
    has it as an object.
    """


@attrs.frozen(kw_only=True)
class SqlStepErrorView:
    """Why a statement failed."""

    message: str
    """What the database says."""


@attrs.frozen(kw_only=True)
class SqlStepResultView:
    """What came of one statement of several."""

    error: SqlStepErrorView | None = None
    """Why it failed, if it did."""
    success: SqlQueryResultView | None = None
    """Its result, if it did not."""


@attrs.frozen(kw_only=True)
class SqlBatchResultView:
    """What came of several statements."""

    results: list[SqlStepResultView]
    """For each statement, in their order."""


class SqlStatementParams(TypedDict, total=False):
    """A statement to execute on an axon's database."""

    sql: Required[str]
    """The statement, in SQLite's language, with `?` for each parameter."""
    params: Sequence[JsonValue]
    """The parameters, in their order."""


class SqlBatchParams(TypedDict):
    """Statements to execute as one."""

    statements: Sequence[SqlStatementParams]
    """The statements."""
