"""How devboxes are made, used and ended."""

from functools import partial
from types import NoneType
from typing import Final, Unpack

import attrs
from msgspec.structs import replace

from runloop_async.calls.already import moved
from runloop_async.calls.call import Call
from runloop_async.calls.deadline import Steps
from runloop_async.calls.files import WHOLE_S
from runloop_async.calls.left import left_behind
from runloop_async.calls.paging import PageCall
from runloop_async.calls.polling import PollingConfig, PollingConfigLike
from runloop_async.calls.repeatable import Flow
from runloop_async.calls.runner import Runner
from runloop_async.calls.streaming import EventStream
from runloop_async.models.devboxes.devboxes import (
    DevboxCreateParams,
    DevboxEvictionEventView,
    DevboxListParams,
    DevboxListView,
    DevboxResourceUsageView,
    DevboxShutdownParams,
    DevboxStatus,
    DevboxUpdateParams,
    DevboxView,
    DevboxWaitForStatusParams,
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
from runloop_async.models.shared import MetadataKeysView, MetadataValuesView
from runloop_async.options import CallOptions
from runloop_async.resources.devboxes.access import Access
from runloop_async.resources.devboxes.disk_snapshots import DiskSnapshots
from runloop_async.resources.devboxes.executions import Commands, Executions
from runloop_async.resources.devboxes.files import Files
from runloop_async.resources.devboxes.logs import DevboxLogs
from runloop_async.resources.devboxes.waits import BOOTING, devbox_in, settled
from runloop_async.wire.request import Safety, Workload

_HOLD_S: Final = 35.0
"""Seconds for a question that the server holds for up to 30."""


class Lifecycle(Commands, Access, Files):
    """Devboxes, and all that can be asked of them."""

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

    def create_and_await_running(
        self,
        *,
        polling_config: PollingConfigLike | None = None,
        **fields: Unpack[DevboxCreateParams],
    ) -> Flow[DevboxView]:
        """Start a devbox and wait until it has booted.

        Raises:
            WaitError: It failed or was shut down; `last_value` is the devbox.
            PollingTimeout: It had not booted by the deadline.
            APIError: It could not be made or asked for; `ambiguous` tells whether it
                may have been made all the same.
        """
        polling = PollingConfig.of(polling_config)
        created = self._post(
            "/v1/devboxes/create_and_await_running",
            DevboxView,
            fields,
            DevboxCreateParams,
            workload=Workload.WAIT,
            timeout_s=WHOLE_S,
        )

        async def work(**options: Unpack[CallOptions]) -> DevboxView:
            step = Steps(self._runner.clock, options)
            devbox = await step(created)
            try:
                if devbox.status not in BOOTING:
                    return settled(devbox, "running")
                return await step(self.await_running(devbox.id, polling_config=polling))
            except BaseException as error:
                left_behind(error, f"the devbox {devbox.id} was created")
                raise

        return Flow(work, name="create a devbox", first=created)

    def await_running(
        self, id: str, *, polling_config: PollingConfigLike | None = None
    ) -> Flow[DevboxView]:
        """Wait until a devbox has booted or resumed.

        Raises:
            WaitError: It failed or was shut down; `last_value` is the devbox.
            PollingTimeout: It had not booted by the deadline.
            APIError: It could not be asked for.
        """
        return self._in(id, "running", BOOTING | {"resuming"}, polling_config)

    def await_suspended(
        self, id: str, *, polling_config: PollingConfigLike | None = None
    ) -> Flow[DevboxView]:
        """Wait until a devbox is suspended.

        Raises:
            WaitError: It failed or was shut down; `last_value` is the devbox.
            PollingTimeout: It was not suspended by the deadline.
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
        polling = PollingConfig.of(polling_config)
        asked = self.wait_for_status(id, statuses=[wanted, "failure", "shutdown"])
        return Flow(
            partial(devbox_in, asked, wanted, passing, polling),
            name=f"wait until {id} is {wanted}",
            first=asked,
        )

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
            PollingTimeout: It was not completed by the deadline.
            APIError: It could not be started or asked for.
        """
        polling = PollingConfig.of(polling_config)
        started = self.execute(devbox_id, **fields)
        last_n = fields.get("last_n")

        async def work(
            **options: Unpack[CallOptions],
        ) -> DevboxAsyncExecutionDetailView:
            step = Steps(self._runner.clock, options)
            execution = await step(started)
            if execution.status == "completed":
                return execution
            return await step(
                self.executions.await_completed(
                    execution.execution_id,
                    devbox_id=devbox_id,
                    polling_config=polling,
                    last_n=last_n,
                )
            )

        return Flow(work, name=f"execute a command on {devbox_id}", first=started)

    def wait_for_command(
        self,
        execution_id: str,
        *,
        devbox_id: str,
        **fields: Unpack[DevboxWaitForCommandParams],
    ) -> Call[DevboxAsyncExecutionDetailView]:
        """Return a command once it is in one of some states, else 408."""
        return self._wait_for_command(execution_id, devbox_id, fields)

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
            timeout_s=_HOLD_S,
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
