"""Snapshots of the disks of devboxes."""

from collections.abc import Mapping
from typing import Literal, TypeAlias, TypedDict

import attrs

from runloop_async.models.shared import MetadataFilterParams, Open

DevboxSnapshotStatus: TypeAlias = Open[
    Literal["in_progress", "error", "complete", "deleted"]
]
"""How far a snapshot is."""


@attrs.frozen(kw_only=True)
class DevboxSnapshotView:
    """A snapshot."""

    id: str
    """Identifier of the snapshot."""
    create_time_ms: int
    """When it was asked for, in Unix milliseconds."""
    metadata: dict[str, str]
    """Words of the owner's own to find it by."""
    source_devbox_id: str
    """The devbox whose disk it is of."""
    commit_message: str | None = None
    """What it is for."""
    name: str | None = None
    """Its name."""
    size_bytes: int | None = None
    """Bytes that it takes."""
    source_blueprint_id: str | None = None
    """The blueprint that the devbox booted from."""


@attrs.frozen(kw_only=True)
class DevboxSnapshotListView:
    """A page of snapshots."""

    has_more: bool
    """Whether another page follows."""
    snapshots: list[DevboxSnapshotView]
    """The snapshots."""
    total_count: int | None = None
    """How many there are on all pages, if counted."""


@attrs.frozen(kw_only=True)
class DevboxSnapshotAsyncStatusView:
    """How far a snapshot is."""

    status: DevboxSnapshotStatus
    """How far it is."""
    error_message: str | None = None
    """Why it failed."""
    snapshot: DevboxSnapshotView | None = None
    """The snapshot, once it is complete."""


class DevboxSnapshotParams(TypedDict, total=False):
    """What a snapshot is told by."""

    commit_message: str | None
    """What it is for."""
    metadata: Mapping[str, str] | None
    """Words of your own to find it by."""
    name: str | None
    """Its name."""


class DiskSnapshotListParams(MetadataFilterParams, total=False):
    """Which snapshots to list."""

    devbox_id: str
    """Only those of this devbox."""
    source_blueprint_id: str
    """Only those of devboxes that booted from this blueprint."""
