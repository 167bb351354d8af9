"""What a devbox to work on asks of `client.devboxes`.

A protocol, since `client.devboxes` makes such handles, and no file imports itself.
"""
# ruff: noqa: D102 - the methods are described where they are made

from typing import Protocol, Unpack

from runloop_async.calls.call import Call
from runloop_async.calls.files import Download
from runloop_async.calls.paging import PageCall
from runloop_async.calls.polling import (
    PollingConfigLike,
)
from runloop_async.calls.repeatable import Flow
from runloop_async.calls.sources import OnBytes, Source
from runloop_async.models.devboxes.access import TunnelConfigParam, TunnelView
from runloop_async.models.devboxes.devboxes import (
    DevboxDownloadFileParams,
    DevboxListParams,
    DevboxReadFileContentsParams,
    DevboxShutdownParams,
    DevboxView,
    DevboxWriteFileContentsParams,
)
from runloop_async.models.devboxes.disk_snapshots import (
    DevboxSnapshotParams,
    DevboxSnapshotView,
)
from runloop_async.models.devboxes.executions import (
    DevboxAsyncExecutionDetailView,
    DevboxExecuteAsyncParams,
    DevboxExecuteParams,
    DevboxExecutionDetailView,
)
from runloop_async.resources.devboxes.disk_snapshots import DiskSnapshots
from runloop_async.resources.devboxes.executions import Executions


class DevboxCalls(Protocol):
    """What handles use of `client.devboxes`."""

    executions: Executions
    disk_snapshots: DiskSnapshots

    def execute_async(
        self, id: str, **fields: Unpack[DevboxExecuteAsyncParams]
    ) -> Call[DevboxAsyncExecutionDetailView]: ...

    def execute_and_await_completion(
        self,
        devbox_id: str,
        *,
        polling_config: PollingConfigLike | None = None,
        **fields: Unpack[DevboxExecuteParams],
    ) -> Flow[DevboxAsyncExecutionDetailView]: ...

    def read_file_contents(
        self, id: str, **fields: Unpack[DevboxReadFileContentsParams]
    ) -> Call[str]: ...

    def write_file_contents(
        self, id: str, **fields: Unpack[DevboxWriteFileContentsParams]
    ) -> Call[DevboxExecutionDetailView]: ...

    def upload_file(
        self,
        id: str,
        *,
        path: str,
        file: Source | None = None,
        progress: OnBytes | None = None,
    ) -> Call[None]: ...

    def download_file(
        self, id: str, **fields: Unpack[DevboxDownloadFileParams]
    ) -> Download: ...

    def retrieve(self, id: str) -> Call[DevboxView]: ...

    def list(self, **query: Unpack[DevboxListParams]) -> PageCall[DevboxView]: ...

    def snapshot_disk_async(
        self, id: str, **fields: Unpack[DevboxSnapshotParams]
    ) -> Call[DevboxSnapshotView]: ...

    def suspend(self, id: str) -> Call[DevboxView]: ...

    def resume(self, id: str) -> Call[DevboxView]: ...

    def await_running(
        self, id: str, *, polling_config: PollingConfigLike | None = None
    ) -> Flow[DevboxView]: ...

    def await_suspended(
        self, id: str, *, polling_config: PollingConfigLike | None = None
    ) -> Flow[DevboxView]: ...

    def enable_tunnel(
        self, id: str, **fields: Unpack[TunnelConfigParam]
    ) -> Call[TunnelView]: ...

    def shutdown(
        self, id: str, **fields: Unpack[DevboxShutdownParams]
    ) -> Call[DevboxView]: ...
