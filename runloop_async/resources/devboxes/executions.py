"""Commands that run on devboxes."""

from functools import partial
from typing import Final, Unpack

import attrs
from msgspec.structs import replace

from runloop_async.calls.call import Call
from runloop_async.calls.left import left_behind
from runloop_async.calls.longpoll import LEEWAY_S, Hold, held
from runloop_async.calls.polling import COMMAND, PollingConfig, PollingConfigLike
from runloop_async.calls.repeatable import Flow
from runloop_async.calls.resource import Resource
from runloop_async.calls.streaming import EventStream, Status
from runloop_async.calls.tally import Tally, counting
from runloop_async.errors import PollingTimeout
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
from runloop_async.options import CallOptions
from runloop_async.wire.ids import uuid7
from runloop_async.wire.positions import AtOffset
from runloop_async.wire.request import Safety, Workload

_ONE: Final = "/v1/devboxes/{devbox_id}/executions/{execution_id}"
_HOLD_S: Final = 25
"""Seconds that the server holds a question for the state of a command at most."""


class Executions(Resource):
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
                self.retrieve(execution_id, devbox_id=devbox_id), is_completed
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
            PollingTimeout: It did not end by the deadline, of which there is none by
                default; `last_value` is the execution, with the last of its output.
            APIError: It could not be asked for.
        """
        polling = PollingConfig.of(polling_config, COMMAND)
        hold = completion(self, execution_id, devbox_id, last_n)
        return Flow(
            partial(
                held,
                hold,
                is_completed,
                polling,
                what=f"the execution {execution_id} to complete",
            ),
            name=f"wait for {execution_id}",
            first=hold.call,
        )

    def wait_for_status(
        self,
        execution_id: str,
        *,
        devbox_id: str,
        **fields: Unpack[DevboxWaitForCommandParams],
    ) -> Call[DevboxAsyncExecutionDetailView]:
        """Return a command once it is in one of some states, else 408."""
        return self._post(
            "/v1/devboxes/{devbox_id}/executions/{execution_id}/wait_for_status",
            DevboxAsyncExecutionDetailView,
            fields,
            DevboxWaitForCommandParams,
            safety=Safety.SAFE,
            workload=Workload.WAIT,
            timeout_s=_HOLD_S + LEEWAY_S,
            devbox_id=devbox_id,
            execution_id=execution_id,
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


@attrs.frozen
class Run:
    """A command that is started and waited for."""

    executions: Executions
    """All commands."""
    devbox_id: str
    """Where it runs."""
    first: Call[DevboxAsyncExecutionDetailView]
    """Starts it, and waits for its end for a while."""
    polling: PollingConfig
    """How long all of it may take."""
    last_n: int | str | None = None
    """How many of the last lines of its output to return."""

    async def completed(
        self, **options: Unpack[CallOptions]
    ) -> DevboxAsyncExecutionDetailView:
        """Run the command to its end.

        Raises:
            PollingTimeout: It did not end by the deadline, of which there is none by
                default; `last_value` is the execution, with the last of its output.
            APIError: It could not be started or asked for.
        """
        execution_id: str | None = None

        def is_over(execution: DevboxAsyncExecutionDetailView) -> bool:
            nonlocal execution_id
            execution_id = execution.execution_id
            return is_completed(execution)

        sent = Tally()
        try:
            with counting(sent):
                return await held(
                    self._start(),
                    is_over,
                    self.polling,
                    what=f"a command on {self.devbox_id} to complete",
                    then=self._completion,
                    **options,
                )
        except BaseException as error:
            if execution_id is not None:
                left_behind(error, f"the execution {execution_id} may still run")
            elif _may_run(error, is_sent=sent.requests > 0):
                left_behind(error, f"a command on {self.devbox_id} may still run")
            raise

    def _completion(
        self, execution: DevboxAsyncExecutionDetailView
    ) -> Hold[DevboxAsyncExecutionDetailView]:
        return completion(
            self.executions, execution.execution_id, self.devbox_id, self.last_n
        )

    def _start(self) -> Hold[DevboxAsyncExecutionDetailView]:
        request = self.first.request
        # One id for all of its requests, so that the service knows the command again.
        fields = {"command_id": uuid7(), **(request.json or {})}
        asked_s = fields.get("optimistic_timeout")
        return Hold(
            call=attrs.evolve(self.first, request=replace(request, json=fields)),
            most_s=min(asked_s, _HOLD_S) if isinstance(asked_s, int) else _HOLD_S,
            field="optimistic_timeout",
        )


def completion(
    executions: Executions, execution_id: str, devbox_id: str, last_n: int | str | None
) -> Hold[DevboxAsyncExecutionDetailView]:
    """Return a request that the server holds until a command is completed."""
    fields: DevboxWaitForCommandParams = {"statuses": ["completed"]}
    query: ExecutionRetrieveParams = {}
    if last_n is not None:
        fields["last_n"] = query["last_n"] = last_n
    return Hold(
        call=executions.wait_for_status(execution_id, devbox_id=devbox_id, **fields),
        look=executions.retrieve(execution_id, devbox_id=devbox_id, **query),
        most_s=_HOLD_S,
    )


def _may_run(error: BaseException, *, is_sent: bool) -> bool:
    """Tell whether a command may run of which there was no answer."""
    cause = error.__cause__ if isinstance(error, PollingTimeout) else error
    return bool(getattr(cause, "ambiguous", is_sent))


def is_completed(execution: DevboxAsyncExecutionDetailView) -> bool:
    """Tell whether a command has ended."""
    return execution.status == "completed"
