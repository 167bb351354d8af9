"""Devboxes, which are machines in the cloud."""

from contextlib import AbstractAsyncContextManager
from functools import partial
from types import NoneType
from typing import Final, Unpack

import attrs
from msgspec.structs import replace

from runloop_async.calls.already import Already, moved
from runloop_async.calls.call import Call
from runloop_async.calls.files import WHOLE_S, Download, multipart
from runloop_async.calls.longpoll import LEEWAY_S, Hold, held
from runloop_async.calls.paging import PageCall
from runloop_async.calls.polling import (
    BOOT,
    COMMAND,
    PollingConfig,
    PollingConfigLike,
)
from runloop_async.calls.repeatable import Flow
from runloop_async.calls.resource import Resource
from runloop_async.calls.runner import Runner
from runloop_async.calls.sources import OnBytes, Source, content_of
from runloop_async.calls.starting import started
from runloop_async.calls.streaming import EventStream
from runloop_async.models.devboxes.access import (
    DevboxCreateGatewayTokenParams,
    DevboxCreateMcpTokenParams,
    DevboxSSHKeyView,
    GatewayTokenView,
    McpTokenView,
    TunnelConfigParam,
    TunnelView,
)
from runloop_async.models.devboxes.devboxes import (
    DevboxCreateParams,
    DevboxDownloadFileParams,
    DevboxEvictionEventView,
    DevboxListParams,
    DevboxListView,
    DevboxReadFileContentsParams,
    DevboxResourceUsageView,
    DevboxShutdownParams,
    DevboxStatus,
    DevboxUpdateParams,
    DevboxView,
    DevboxWaitForStatusParams,
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
    DevboxWaitForCommandParams,
)
from runloop_async.models.pty import PtyTunnelView
from runloop_async.models.shared import MetadataKeysView, MetadataValuesView
from runloop_async.options import CallOptions
from runloop_async.resources.devboxes.disk_snapshots import DiskSnapshots
from runloop_async.resources.devboxes.executions import Executions, Run
from runloop_async.resources.devboxes.handles import Devbox
from runloop_async.resources.devboxes.logs import DevboxLogs
from runloop_async.resources.devboxes.opening import MARK, opened_box
from runloop_async.resources.devboxes.waits import BOOTING, settled
from runloop_async.values import named_text
from runloop_async.wire.ids import uuid7
from runloop_async.wire.request import Safety, Workload

_HOLD_S: Final = 30
"""Seconds that the server holds a question for the state of a devbox at most."""


class Devboxes(Resource):
    """Devboxes: machines in the cloud."""

    disk_snapshots: DiskSnapshots
    """Snapshots of the disks of devboxes."""
    executions: Executions
    """Commands that run on devboxes."""
    logs: DevboxLogs
    """The logs of devboxes."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner)
        self.disk_snapshots = DiskSnapshots(runner)
        self.executions = Executions(runner)
        self.logs = DevboxLogs(runner)

    def open(
        self,
        *,
        polling_config: PollingConfigLike | None = None,
        **fields: Unpack[DevboxCreateParams],
    ) -> AbstractAsyncContextManager[Devbox]:
        """Start a devbox to work on, which is shut down at the end of the block.

            async with client.devboxes.open(blueprint_name="python") as box:
                done = await box.exec("pytest -q")

        It is shut down however the block ends, also when it is cancelled, and once no
        snapshot of it is being taken. An error of the block goes before one of the
        shutdown, of which it has a note. If the answer to its creation is lost, it is
        looked for by its metadata, and shut down. What may still run is named in the
        error; a cancellation, which cannot carry notes, is logged as a warning.

        Raises:
            WaitError: It failed or was shut down while it booted.
            PollingTimeout: It had not booted by the deadline, by default after 10
                minutes; `last_value` is the devbox.
            APIError: It could not be made or asked for; `ambiguous` tells whether it
                may have been made all the same.
        """
        polling, mark = PollingConfig.of(polling_config, BOOT), uuid7()
        marked: DevboxCreateParams = {**fields}
        marked["metadata"] = {**(fields.get("metadata") or {}), MARK: mark}
        created = self.create(**marked)
        return opened_box(self, self._runner, created, mark, polling)

    def box(self, id: str) -> Devbox:
        """Return a devbox to work on that is there already; nothing is sent."""
        return Devbox(self, self._runner, named_text("id", id))

    def create_and_await_running(
        self,
        *,
        polling_config: PollingConfigLike | None = None,
        **fields: Unpack[DevboxCreateParams],
    ) -> Flow[DevboxView]:
        """Start a devbox and wait until it has booted.

        Raises:
            WaitError: It failed or was shut down; `last_value` is the devbox.
            PollingTimeout: It had not booted by the deadline, by default after 10
                minutes; `last_value` is the devbox.
            APIError: It could not be made or asked for; `ambiguous` tells whether it
                may have been made all the same.
        """
        polling = PollingConfig.of(polling_config, BOOT)
        created = self._post(
            "/v1/devboxes/create_and_await_running",
            DevboxView,
            fields,
            DevboxCreateParams,
            workload=Workload.WAIT,
            timeout_s=WHOLE_S,
        )
        return started(
            created,
            partial(self._booted, polling),
            polling,
            name="create a devbox",
            what="a devbox",
            left=lambda devbox: f"the devbox {devbox.id} was created",
        )

    def _booted(self, polling: PollingConfig, devbox: DevboxView) -> Flow[DevboxView]:
        """Wait until a devbox has booted, if the service has not done so already."""

        async def work(**options: Unpack[CallOptions]) -> DevboxView:
            if devbox.status not in BOOTING:
                return settled(devbox, "running")
            waiting = self.await_running(devbox.id, polling_config=polling)
            return await waiting.with_options(**options)

        return Flow(work, name=f"wait until {devbox.id} has booted")

    def await_running(
        self, id: str, *, polling_config: PollingConfigLike | None = None
    ) -> Flow[DevboxView]:
        """Wait until a devbox has booted or resumed.

        Raises:
            WaitError: It failed or was shut down; `last_value` is the devbox.
            PollingTimeout: It had not booted by the deadline, by default after 10
                minutes; `last_value` is the devbox.
            APIError: It could not be asked for.
        """
        return self._in(id, "running", BOOTING | {"resuming"}, polling_config)

    def await_suspended(
        self, id: str, *, polling_config: PollingConfigLike | None = None
    ) -> Flow[DevboxView]:
        """Wait until a devbox is suspended.

        Raises:
            WaitError: It failed or was shut down; `last_value` is the devbox.
            PollingTimeout: It was not suspended by the deadline, by default after 10
                minutes; `last_value` is the devbox.
            APIError: It could not be asked for.
        """
        return self._in(
            id, "suspended", frozenset({"running", "suspending"}), polling_config
        )

    def _in(
        self,
        id: str,
        wanted: DevboxStatus,
        passing: frozenset[str],
        polling_config: PollingConfigLike | None,
    ) -> Flow[DevboxView]:
        polling = PollingConfig.of(polling_config, BOOT)
        look = self.retrieve(id)
        asked = self.wait_for_status(id, statuses=[wanted, "failure", "shutdown"])
        hold = Hold(call=asked, look=look, most_s=_HOLD_S)

        async def work(**options: Unpack[CallOptions]) -> DevboxView:
            devbox = await held(
                hold,
                lambda devbox: devbox.status not in passing,
                polling,
                what=f"the devbox {id} to be {wanted}",
                **options,
            )
            return settled(devbox, wanted)

        return Flow(work, name=f"wait until {id} is {wanted}", first=asked)

    def execute(
        self, id: str, **fields: Unpack[DevboxExecuteParams]
    ) -> Call[DevboxAsyncExecutionDetailView]:
        """Run a command, and wait for its end for up to `optimistic_timeout` seconds.

        Unless you give a `command_id`, one is made each time the call is awaited. By
        it the service knows the command again, so that a request which is sent again
        does not start it twice. If the call fails, `error.ambiguous` says whether the
        command may be running; awaiting the call again starts another.
        """
        call = self._post(
            "/v1/devboxes/{id}/execute",
            DevboxAsyncExecutionDetailView,
            fields,
            DevboxExecuteParams,
            safety=Safety.KEYED,
            workload=Workload.WAIT,
            timeout_s=WHOLE_S,
            id=id,
        )
        keyed = replace(call.request, key_field="command_id")
        return attrs.evolve(call, request=keyed)

    def execute_and_await_completion(
        self,
        devbox_id: str,
        *,
        polling_config: PollingConfigLike | None = None,
        **fields: Unpack[DevboxExecuteParams],
    ) -> Flow[DevboxAsyncExecutionDetailView]:
        """Run a command and wait until it is completed, whatever its exit code.

        Raises:
            PollingTimeout: It did not end by the deadline, of which there is none by
                default; `last_value` is the execution, with the last of its output. The
                command goes on.
            APIError: It could not be started or asked for.
        """
        polling = PollingConfig.of(polling_config, COMMAND)
        first = self.execute(devbox_id, **fields)
        run = Run(
            self.executions, devbox_id, first, polling, last_n=fields.get("last_n")
        )
        return Flow(
            run.completed, name=f"execute a command on {devbox_id}", first=first
        )

    def wait_for_command(
        self,
        execution_id: str,
        *,
        devbox_id: str,
        **fields: Unpack[DevboxWaitForCommandParams],
    ) -> Call[DevboxAsyncExecutionDetailView]:
        """Return a command once it is in one of some states, else 408."""
        return self.executions.wait_for_status(
            execution_id, devbox_id=devbox_id, **fields
        )

    def watch_evictions(self) -> EventStream[DevboxEvictionEventView]:
        """Follow which of the account's devboxes will be taken away.

        The API has no way to resume this: a cut is an error, since events may be
        missing after it. List the devboxes, then, and watch anew.
        """
        return self._stream("/v1/devboxes/evictions/watch", DevboxEvictionEventView)

    def create(self, **fields: Unpack[DevboxCreateParams]) -> Call[DevboxView]:
        """Start a devbox; the response comes before it has booted."""
        return self._post("/v1/devboxes", DevboxView, fields, DevboxCreateParams)

    def retrieve(self, id: str) -> Call[DevboxView]:
        """Return one devbox."""
        return self._get("/v1/devboxes/{id}", DevboxView, id=id)

    def update(self, id: str, **fields: Unpack[DevboxUpdateParams]) -> Call[DevboxView]:
        """Change a devbox; what is left out stays as it is."""
        return self._post(
            "/v1/devboxes/{id}",
            DevboxView,
            fields,
            DevboxUpdateParams,
            safety=Safety.SAFE,
            id=id,
        )

    def list(self, **query: Unpack[DevboxListParams]) -> PageCall[DevboxView]:
        """List the account's devboxes."""
        return self._list(
            "/v1/devboxes",
            DevboxListView,
            lambda page: page.devboxes,
            query,
            DevboxListParams,
        )

    def shutdown(
        self, id: str, **fields: Unpack[DevboxShutdownParams]
    ) -> Call[DevboxView]:
        """Shut a devbox down for good."""
        return self._post(
            "/v1/devboxes/{id}/shutdown",
            DevboxView,
            fields,
            DevboxShutdownParams,
            safety=Safety.SAFE,
            id=id,
        )

    def suspend(self, id: str) -> Call[DevboxView]:
        """Have a devbox keep its disk and give its machine back."""
        return self._set(
            "/v1/devboxes/{id}/suspend",
            DevboxView,
            moved(partial(self.retrieve, id), "suspending", "suspended"),
            id=id,
        )

    def resume(self, id: str) -> Call[DevboxView]:
        """Start a suspended devbox again."""
        return self._set(
            "/v1/devboxes/{id}/resume",
            DevboxView,
            moved(partial(self.retrieve, id), "resuming", "running"),
            id=id,
        )

    def keep_alive(self, id: str) -> Call[None]:
        """Put off the end of an idle devbox."""
        return self._post(
            "/v1/devboxes/{id}/keep_alive", NoneType, safety=Safety.SAFE, id=id
        )

    def retrieve_resource_usage(self, id: str) -> Call[DevboxResourceUsageView]:
        """Return what a devbox has used."""
        return self._get("/v1/devboxes/{id}/usage", DevboxResourceUsageView, id=id)

    def snapshot_disk(
        self, id: str, **fields: Unpack[DevboxSnapshotParams]
    ) -> Call[DevboxSnapshotView]:
        """Take a snapshot of the disk; the response comes when it is complete."""
        return self._post(
            "/v1/devboxes/{id}/snapshot_disk",
            DevboxSnapshotView,
            fields,
            DevboxSnapshotParams,
            timeout_s=WHOLE_S,
            workload=Workload.WAIT,
            id=id,
        )

    def snapshot_disk_async(
        self, id: str, **fields: Unpack[DevboxSnapshotParams]
    ) -> Call[DevboxSnapshotView]:
        """Begin a snapshot of the disk; the response comes at once."""
        return self._post(
            "/v1/devboxes/{id}/snapshot_disk_async",
            DevboxSnapshotView,
            fields,
            DevboxSnapshotParams,
            id=id,
        )

    def execute_async(
        self, id: str, **fields: Unpack[DevboxExecuteAsyncParams]
    ) -> Call[DevboxAsyncExecutionDetailView]:
        """Start a command; the response comes at once."""
        return self._post(
            "/v1/devboxes/{id}/execute_async",
            DevboxAsyncExecutionDetailView,
            fields,
            DevboxExecuteAsyncParams,
            id=id,
        )

    def execute_sync(
        self, id: str, **fields: Unpack[DevboxExecuteAsyncParams]
    ) -> Call[DevboxExecutionDetailView]:
        """Run a command to its end; deprecated by the service: see `execute`."""
        return self._post(
            "/v1/devboxes/{id}/execute_sync",
            DevboxExecutionDetailView,
            fields,
            DevboxExecuteAsyncParams,
            timeout_s=WHOLE_S,
            workload=Workload.WAIT,
            id=id,
        )

    def wait_for_status(
        self, id: str, **fields: Unpack[DevboxWaitForStatusParams]
    ) -> Call[DevboxView]:
        """Return a devbox once it is in one of some states, else 408."""
        return self._post(
            "/v1/devboxes/{id}/wait_for_status",
            DevboxView,
            fields,
            DevboxWaitForStatusParams,
            safety=Safety.SAFE,
            workload=Workload.WAIT,
            timeout_s=_HOLD_S + LEEWAY_S,
            id=id,
        )

    def metadata_keys(self) -> Call[MetadataKeysView]:
        """Return the metadata keys that devboxes have."""
        return self._get("/v1/devboxes/metadata/keys", MetadataKeysView)

    def metadata_values(self, key: str) -> Call[MetadataValuesView]:
        """Return the values that devboxes have under a metadata key."""
        return self._get(
            "/v1/devboxes/metadata/keys/{key}/values", MetadataValuesView, key=key
        )

    def upload_file(
        self,
        id: str,
        *,
        path: str,
        file: Source | None = None,
        progress: OnBytes | None = None,
    ) -> Call[None]:
        """Write a file, of any size, in constant memory.

        Args:
            id: The devbox.
            path: Path of the file on the devbox.
            file: What to write: a `pathlib.Path`, bytes, a file open for reading bytes,
                an async iterator of bytes, or a tuple of a name, one of these, and
                maybe a media type and headers. An open file is sent from where it
                stands, and stays there. A pipe or an iterator can be sent only once.
            progress: Is told how many bytes have been sent so far; may be a coroutine
                function.

        Raises:
            TypeError: The file is none of these.
            ValueError: It is closed, stands at its end, or was sent before and cannot
                be read again.
            OSError: There is no such file.
        """
        content = multipart(
            {"path": path}, None if file is None else content_of(file, progress)
        )
        return self._upload("/v1/devboxes/{id}/upload_file", NoneType, content, id=id)

    def download_file(
        self, id: str, **fields: Unpack[DevboxDownloadFileParams]
    ) -> Download:
        """Fetch a file."""
        return self._file(
            "/v1/devboxes/{id}/download_file",
            fields,
            DevboxDownloadFileParams,
            accept="application/octet-stream",
            id=id,
        )

    def read_file_contents(
        self, id: str, **fields: Unpack[DevboxReadFileContentsParams]
    ) -> Call[str]:
        """Return the text of a file."""
        return self._post(
            "/v1/devboxes/{id}/read_file_contents",
            str,
            fields,
            DevboxReadFileContentsParams,
            safety=Safety.SAFE,
            accept="text/plain",
            timeout_s=WHOLE_S,
            id=id,
        )

    def write_file_contents(
        self, id: str, **fields: Unpack[DevboxWriteFileContentsParams]
    ) -> Call[DevboxExecutionDetailView]:
        """Write a text file; for more than 100 MB, see `upload_file`."""
        return self._post(
            "/v1/devboxes/{id}/write_file_contents",
            DevboxExecutionDetailView,
            fields,
            DevboxWriteFileContentsParams,
            safety=Safety.SAFE,
            timeout_s=WHOLE_S,
            id=id,
        )

    def create_gateway_token(
        self, id: str, **fields: Unpack[DevboxCreateGatewayTokenParams]
    ) -> Call[GatewayTokenView]:
        """Make a key to a gateway, for use on the devbox."""
        return self._post(
            "/v1/devboxes/{id}/create_gateway_token",
            GatewayTokenView,
            fields,
            DevboxCreateGatewayTokenParams,
            id=id,
        )

    def create_mcp_token(
        self, id: str, **fields: Unpack[DevboxCreateMcpTokenParams]
    ) -> Call[McpTokenView]:
        """Make a key to an MCP server, for use on the devbox."""
        return self._post(
            "/v1/devboxes/{id}/create_mcp_token",
            McpTokenView,
            fields,
            DevboxCreateMcpTokenParams,
            id=id,
        )

    def create_pty_tunnel(self, id: str) -> Call[PtyTunnelView]:
        """Open the way to the devbox's terminals."""
        return self._post(
            "/v1/devboxes/{id}/create_pty_tunnel",
            PtyTunnelView,
            safety=Safety.SAFE,
            id=id,
        )

    def create_ssh_key(self, id: str) -> Call[DevboxSSHKeyView]:
        """Make a way to log in by SSH."""
        return self._post("/v1/devboxes/{id}/create_ssh_key", DevboxSSHKeyView, id=id)

    def enable_tunnel(
        self, id: str, **fields: Unpack[TunnelConfigParam]
    ) -> Call[TunnelView]:
        """Make the ports of a devbox reachable from outside."""
        return self._set(
            "/v1/devboxes/{id}/enable_tunnel",
            TunnelView,
            Already(
                look=partial(self.retrieve, id),
                is_so=lambda devbox: devbox.tunnel is not None,
                result=lambda devbox: devbox.tunnel,
            ),
            fields,
            TunnelConfigParam,
            id=id,
        )

    def remove_tunnel(self, id: str) -> Call[None]:
        """Close the way to the ports of a devbox."""
        return self._post(
            "/v1/devboxes/{id}/remove_tunnel", NoneType, safety=Safety.SAFE, id=id
        )
