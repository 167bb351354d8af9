"""Commands that run on devboxes."""

from functools import partial
from typing import Final, Unpack

from runloop_async.calls.call import Call
from runloop_async.calls.longpoll import held
from runloop_async.calls.polling import PollingConfig, PollingConfigLike
from runloop_async.calls.repeatable import Flow
from runloop_async.calls.resource import Resource
from runloop_async.calls.streaming import EventStream, Status
from runloop_async.models.devboxes.executions import (
    DevboxAsyncExecutionDetailView,
    DevboxSendStdInResult,
    DevboxWaitForCommandParams,
    ExecutionKillParams,
    ExecutionRetrieveParams,
    ExecutionSendStdInParams,
    ExecutionStreamParams,
    ExecutionUpdateChunk,
)
from runloop_async.wire.positions import AtOffset
from runloop_async.wire.request import Safety, Workload

_ONE: Final = "/v1/devboxes/{devbox_id}/executions/{execution_id}"
_HOLD_S: Final = 25
"""Seconds that the server holds a question for the state of a command at most."""


class Commands(Resource):
    """What can be asked of a command by two ways."""

    def _wait_for_command(
        self, execution_id: str, devbox_id: str, fields: DevboxWaitForCommandParams
    ) -> Call[DevboxAsyncExecutionDetailView]:
        return self._post(
            "/v1/devboxes/{devbox_id}/executions/{execution_id}/wait_for_status",
            DevboxAsyncExecutionDetailView,
            fields,
            DevboxWaitForCommandParams,
            safety=Safety.SAFE,
            workload=Workload.WAIT,
            timeout_s=_HOLD_S + 5.0,
            devbox_id=devbox_id,
            execution_id=execution_id,
        )


class Executions(Commands):
    """Commands that run on devboxes."""

    def stream_stdout_updates(
        self,
        execution_id: str,
        *,
        devbox_id: str,
        **query: Unpack[ExecutionStreamParams],
    ) -> EventStream[ExecutionUpdateChunk]:
        """Follow what a command writes to standard output, until it is completed.

        After a cut the stream goes on where it was.
        """
        return self._follow("stdout", execution_id, devbox_id, query)

    def stream_stderr_updates(
        self,
        execution_id: str,
        *,
        devbox_id: str,
        **query: Unpack[ExecutionStreamParams],
    ) -> EventStream[ExecutionUpdateChunk]:
        """Follow what a command writes to standard error, until it is completed.

        After a cut the stream goes on where it was.
        """
        return self._follow("stderr", execution_id, devbox_id, query)

    def _follow(
        self,
        output: str,
        execution_id: str,
        devbox_id: str,
        query: ExecutionStreamParams,
    ) -> EventStream[ExecutionUpdateChunk]:
        return self._stream(
            _ONE + f"/stream_{output}_updates",
            ExecutionUpdateChunk,
            query,
            ExecutionStreamParams,
            position=AtOffset,
            status=Status(
                self.retrieve(execution_id, devbox_id=devbox_id), _is_completed
            ),
            devbox_id=devbox_id,
            execution_id=execution_id,
        )

    def await_completed(
        self,
        execution_id: str,
        *,
        devbox_id: str,
        polling_config: PollingConfigLike | None = None,
        last_n: int | str | None = None,
    ) -> Flow[DevboxAsyncExecutionDetailView]:
        """Wait until a command is completed.

        Raises:
            PollingTimeout: It was not completed by the deadline.
            APIError: It could not be asked for.
        """
        polling = PollingConfig.of(polling_config)
        fields: DevboxWaitForCommandParams = {"statuses": ["completed"]}
        if last_n is not None:
            fields["last_n"] = last_n
        asked = self._wait_for_command(execution_id, devbox_id, fields)
        return Flow(
            partial(
                held,
                asked,
                _is_completed,
                polling,
                hold_s=_HOLD_S,
                what=f"the end of the execution {execution_id}",
            ),
            name=f"wait for {execution_id}",
            first=asked,
        )

    def retrieve(
        self,
        execution_id: str,
        *,
        devbox_id: str,
        **query: Unpack[ExecutionRetrieveParams],
    ) -> Call[DevboxAsyncExecutionDetailView]:
        """Return a command as it is now."""
        return self._get(
            "/v1/devboxes/{devbox_id}/executions/{execution_id}",
            DevboxAsyncExecutionDetailView,
            query,
            ExecutionRetrieveParams,
            devbox_id=devbox_id,
            execution_id=execution_id,
        )

    def kill(
        self,
        execution_id: str,
        *,
        devbox_id: str,
        **fields: Unpack[ExecutionKillParams],
    ) -> Call[DevboxAsyncExecutionDetailView]:
        """End a command."""
        return self._post(
            "/v1/devboxes/{devbox_id}/executions/{execution_id}/kill",
            DevboxAsyncExecutionDetailView,
            fields,
            ExecutionKillParams,
            safety=Safety.SAFE,
            devbox_id=devbox_id,
            execution_id=execution_id,
        )

    def send_std_in(
        self,
        execution_id: str,
        *,
        devbox_id: str,
        **fields: Unpack[ExecutionSendStdInParams],
    ) -> Call[DevboxSendStdInResult]:
        """Send a command that was started with `attach_stdin` some text or a signal."""
        return self._post(
            "/v1/devboxes/{devbox_id}/executions/{execution_id}/send_std_in",
            DevboxSendStdInResult,
            fields,
            ExecutionSendStdInParams,
            devbox_id=devbox_id,
            execution_id=execution_id,
        )


def _is_completed(execution: DevboxAsyncExecutionDetailView) -> bool:
    return execution.status == "completed"
