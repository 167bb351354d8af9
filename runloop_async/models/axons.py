"""Axons: logs of events that agents, users and services write and follow."""

from collections.abc import Mapping, Sequence
from typing import Literal, Required, TypeAlias, TypedDict

import attrs

from runloop_async.annotations import JsonValue
from runloop_async.models.shared import MetadataFilterParams

AxonEventOrigin: TypeAlias = (
    Literal["EXTERNAL_EVENT", "AGENT_EVENT", "USER_EVENT", "SYSTEM_EVENT"] | str
)
"""Who an event comes from."""
PublishEventOrigin: TypeAlias = (
    Literal["EXTERNAL_EVENT", "AGENT_EVENT", "USER_EVENT"] | str
)
"""Who an event that you publish comes from."""


@attrs.frozen(kw_only=True)
class AxonView:
    """An axon."""

    id: str
    """Identifier of the axon."""
    created_at_ms: int
    """When it was made, in Unix milliseconds."""
    metadata: dict[str, str]
    """Words of the owner's own to find it by."""
    deleted_at_ms: int | None = None
    """When it was deleted, in Unix milliseconds."""
    name: str | None = None
    """Its name."""


@attrs.frozen(kw_only=True)
class AxonListView:
    """A page of axons."""

    axons: list[AxonView]
    """The axons."""
    has_more: bool
    """Whether another page follows."""
    total_count: int | None = None
    """How many there are on all pages, if counted."""


@attrs.frozen(kw_only=True)
class AxonEventView:
    """An event."""

    axon_id: str
    """The axon that it is on."""
    event_type: str
    """What happened, such as `push`."""
    origin: AxonEventOrigin
    """Who it comes from."""
    payload: str
    """Its content, as JSON text."""
    sequence: int
    """Its number on the axon; later events have greater ones."""
    source: str
    """The system that it comes from, such as `github`."""
    timestamp_ms: int
    """When it was published, in Unix milliseconds."""


@attrs.frozen(kw_only=True)
class AxonEventListView:
    """A page of events."""

    events: list[AxonEventView]
    """The events."""
    has_more: bool
    """Whether another page follows."""
    total_count: int | None = None
    """How many there are on all pages, if counted."""


@attrs.frozen(kw_only=True)
class PublishResultView:
    """Where an event was put."""

    sequence: int
    """Its number on the axon."""
    timestamp_ms: int
    """When it was published, in Unix milliseconds."""


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


class AxonCreateParams(TypedDict, total=False):
    """What an axon is made of."""

    metadata: Mapping[str, str] | None
    """Words of your own to find it by."""
    name: str | None
    """Its name."""


class AxonUpdateParams(TypedDict, total=False):
    """What to change of an axon."""

    metadata: Mapping[str, str] | None
    """Words of your own to find it by; replaces those there were."""


class AxonPublishParams(TypedDict):
    """An event to publish."""

    event_type: str
    """What happened, such as `push`."""
    origin: PublishEventOrigin
    """Who it comes from."""
    payload: str
    """Its content, as JSON text."""
    source: str
    """The system that it comes from, such as `github`."""


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


class AxonListParams(MetadataFilterParams, total=False):
    """Which axons to list."""

    id: str
    """Only the one with this id."""
    name: str
    """Only those whose name has this in it."""
    search: str
    """Only those whose id or name has this in it."""


class AxonSubscribeSseParams(TypedDict, total=False):
    """Where to begin to follow an axon."""

    after_sequence: int
    """Only events whose number is greater; default is all."""
