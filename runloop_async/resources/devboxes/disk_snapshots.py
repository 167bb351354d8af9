"""Snapshots of the disks of devboxes."""

from functools import partial
from types import NoneType
from typing import Unpack

from runloop_async.calls.already import gone
from runloop_async.calls.call import Call
from runloop_async.calls.paging import PageCall
from runloop_async.calls.polling import (
    BOOT,
    PollingConfig,
    PollingConfigLike,
    poll,
    question,
)
from runloop_async.calls.repeatable import Flow
from runloop_async.calls.resource import Resource
from runloop_async.errors import WaitError
from runloop_async.models.devboxes.disk_snapshots import (
    DevboxSnapshotAsyncStatusView,
    DevboxSnapshotListView,
    DevboxSnapshotParams,
    DevboxSnapshotView,
    DiskSnapshotListParams,
)
from runloop_async.models.shared import MetadataKeysView, MetadataValuesView
from runloop_async.options import CallOptions
from runloop_async.values import excerpt
from runloop_async.wire.request import Safety


class DiskSnapshots(Resource):
    """Snapshots of the disks of devboxes."""

    def await_completed(
        self, id: str, *, polling_config: PollingConfigLike | None = None
    ) -> Flow[DevboxSnapshotAsyncStatusView]:
        """Wait until a snapshot is complete.

        Raises:
            WaitError: It failed or was deleted; `last_value` is its status.
            PollingTimeout: It was not complete by the deadline, by default after 10
                minutes; `last_value` is its status.
            APIError: It could not be asked for.
        """
        polling = PollingConfig.of(polling_config, BOOT)
        return Flow(
            partial(_completed, self.query_status(id), polling),
            name=f"wait for {id}",
        )

    def update(
        self, id: str, **fields: Unpack[DevboxSnapshotParams]
    ) -> Call[DevboxSnapshotView]:
        """Change a snapshot; what is left out stays as it is."""
        return self._post(
            "/v1/devboxes/disk_snapshots/{id}",
            DevboxSnapshotView,
            fields,
            DevboxSnapshotParams,
            safety=Safety.SAFE,
            id=id,
        )

    def list(
        self, **query: Unpack[DiskSnapshotListParams]
    ) -> PageCall[DevboxSnapshotView]:
        """List the account's snapshots."""
        return self._list(
            "/v1/devboxes/disk_snapshots",
            DevboxSnapshotListView,
            lambda page: page.snapshots,
            query,
            DiskSnapshotListParams,
        )

    def list_public(
        self, **query: Unpack[DiskSnapshotListParams]
    ) -> PageCall[DevboxSnapshotView]:
        """List the snapshots that everyone can use."""
        return self._list(
            "/v1/devboxes/disk_snapshots/list_public",
            DevboxSnapshotListView,
            lambda page: page.snapshots,
            query,
            DiskSnapshotListParams,
        )

    def delete(self, id: str) -> Call[None]:
        """Delete a snapshot."""
        return self._set(
            "/v1/devboxes/disk_snapshots/{id}/delete",
            NoneType,
            gone(partial(self.query_status, id), "deleted"),
            id=id,
        )

    def query_status(self, id: str) -> Call[DevboxSnapshotAsyncStatusView]:
        """Return how far a snapshot is."""
        return self._get(
            "/v1/devboxes/disk_snapshots/{id}/status",
            DevboxSnapshotAsyncStatusView,
            id=id,
        )

    def metadata_keys(self) -> Call[MetadataKeysView]:
        """Return the metadata keys that snapshots have."""
        return self._get("/v1/devboxes/disk_snapshots/metadata/keys", MetadataKeysView)

    def metadata_values(self, key: str) -> Call[MetadataValuesView]:
        """Return the values that snapshots have under a metadata key."""
        return self._get(
            "/v1/devboxes/disk_snapshots/metadata/keys/{key}/values",
            MetadataValuesView,
            key=key,
        )

    def public_metadata_keys(self) -> Call[MetadataKeysView]:
        """Return the metadata keys that public snapshots have."""
        return self._get(
            "/v1/devboxes/disk_snapshots/public/metadata/keys", MetadataKeysView
        )

    def public_metadata_values(self, key: str) -> Call[MetadataValuesView]:
        """Return the values that public snapshots have under a key."""
        return self._get(
            "/v1/devboxes/disk_snapshots/public/metadata/keys/{key}/values",
            MetadataValuesView,
            key=key,
        )


async def _completed(
    call: Call[DevboxSnapshotAsyncStatusView],
    polling: PollingConfig,
    **options: Unpack[CallOptions],
) -> DevboxSnapshotAsyncStatusView:
    status = await poll(
        lambda left_s: question(call, left_s, options),
        lambda snapshot: snapshot.status != "in_progress",
        runner=call.runner,
        polling=polling,
        options=options,
        what=f"{call.request.path} to end",
    )
    if status.status != "complete":
        why = f": {excerpt(status.error_message)}" if status.error_message else ""
        raise WaitError(
            f"the snapshot is {excerpt(status.status)}{why}", last_value=status
        )
    return status
