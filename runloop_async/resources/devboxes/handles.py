"""A devbox to work on, from its start to its end."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing
from functools import partial
from typing import Any, Final, Self, TypeAlias, TypeVar, Unpack

import attrs

from runloop_async.calls.call import Call
from runloop_async.calls.deadline import Deadline, Steps
from runloop_async.calls.files import Download
from runloop_async.calls.polling import (
    BOOT,
    COMMAND,
    PollingConfig,
    PollingConfigLike,
)
from runloop_async.calls.repeatable import Flow
from runloop_async.calls.runner import Runner
from runloop_async.calls.sources import OnBytes, Source, told
from runloop_async.calls.starting import started
from runloop_async.calls.streaming import EventStream
from runloop_async.errors import APIError, RunloopError
from runloop_async.models.devboxes.devboxes import (
    DevboxView,
)
from runloop_async.models.devboxes.disk_snapshots import (
    DevboxSnapshotParams,
    DevboxSnapshotView,
)
from runloop_async.models.devboxes.executions import (
    DevboxAsyncExecutionDetailView,
    DevboxExecutionDetailView,
    DevboxSendStdInResult,
    ExecutionUpdateChunk,
)
from runloop_async.options import CallOptions
from runloop_async.resources.devboxes.calls import DevboxCalls
from runloop_async.resources.devboxes.executions import Executions
from runloop_async.resources.devboxes.tunnels import tunnel_address
from runloop_async.values import excerpt, named_text

T = TypeVar("T")
R = TypeVar("R")

_log = logging.getLogger("runloop_async")

_QUIET_S: Final = 5.0
"""Seconds without output after which the stream of a command that has ended is over."""
OnText: TypeAlias = Callable[[str], Any]
"""Is told what a command prints, as it comes; may be a coroutine function."""


class Output:
    """What a command prints, as it comes: `async for` gives its pieces.

    No generator, which a cancellation would end: `asyncio.wait_for(anext(output), 1)`
    may run out of time and be tried again.
    """

    def __init__(self, events: EventStream[ExecutionUpdateChunk]) -> None:
        self._events = events

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        """Return the next piece.

        Raises:
            APIError: The stream broke, or could not be opened.
        """
        return (await anext(self._events)).output

    def with_options(self, **options: Unpack[CallOptions]) -> "Output":
        """Return this with other options than the client's."""
        return Output(self._events.with_options(**options))

    async def aclose(self) -> None:
        """Give the connection back."""
        await self._events.close()


@attrs.frozen(kw_only=True)
class ExecutionResult:
    """How a command ended."""

    execution_id: str
    """Identifier of the execution."""
    exit_code: int | None
    """Its exit code; 0 is success, and None if the service names none."""
    stdout: str
    """All that it printed."""
    stderr: str
    """All that it printed to standard error."""

    @property
    def success(self) -> bool:
        """Whether the exit code is 0."""
        return self.exit_code == 0


@attrs.frozen(eq=False)
class Execution:
    """A command that was started on a devbox.

    Its methods return calls and flows, so they take options: see `Call.with_options`.
    """

    _executions: Executions = attrs.field(repr=False)
    _runner: Runner = attrs.field(repr=False)
    devbox_id: str
    """The devbox."""
    id: str
    """Identifier of the execution."""

    def result(
        self,
        *,
        stdout: OnText | None = None,
        stderr: OnText | None = None,
        polling_config: PollingConfigLike | None = None,
    ) -> Flow[ExecutionResult]:
        """Wait for its end.

        Args:
            stdout: Is called with what it prints, as it comes; may be a coroutine
                function.
            stderr: The same for standard error.
            polling_config: How long to wait; by default there is no limit.

        Raises:
            PollingTimeout: It did not end by the deadline, of which there is none by
                default; `last_value` is the execution, with the last of its
                output.
            APIError: It could not be asked for.
        """
        polling = PollingConfig.of(polling_config, COMMAND)
        waiting = self._executions.await_completed(
            self.id, devbox_id=self.devbox_id, polling_config=polling
        )

        async def work(**options: Unpack[CallOptions]) -> ExecutionResult:
            step = Steps(self._runner.clock, options, polling.deadline_s)
            tellers = [
                _Teller(on_text, pieces().with_options(**_unbound(options)))
                for on_text, pieces in ((stdout, self.stdout), (stderr, self.stderr))
                if on_text is not None
            ]
            ended = await _told(step(waiting), tellers, step.deadline)
            return await _whole(self, ended, step)

        return Flow(work, name=waiting.name, first=waiting)

    def stdout(self) -> Output:
        """Follow what it prints, as it comes, from the beginning."""
        return Output(
            self._executions.stream_stdout_updates(self.id, devbox_id=self.devbox_id)
        )

    def stderr(self) -> Output:
        """Follow what it prints to standard error, as it comes, from the beginning."""
        return Output(
            self._executions.stream_stderr_updates(self.id, devbox_id=self.devbox_id)
        )

    def info(self) -> Call[DevboxAsyncExecutionDetailView]:
        """Return the execution as it is now."""
        return self._executions.retrieve(self.id, devbox_id=self.devbox_id)

    def kill(self) -> Call[DevboxAsyncExecutionDetailView]:
        """End it."""
        return self._executions.kill(self.id, devbox_id=self.devbox_id)

    def send_std_in(self, text: str) -> Call[DevboxSendStdInResult]:
        """Send it a text; it must have been started with `attach_stdin`.

        Raises:
            RunloopError: It does not take it.
        """
        return self._sent(
            self._executions.send_std_in(self.id, devbox_id=self.devbox_id, text=text)
        )

    def close_std_in(self) -> Call[DevboxSendStdInResult]:
        """Tell it that no more text comes.

        Raises:
            RunloopError: It does not take it.
        """
        return self._sent(
            self._executions.send_std_in(
                self.id, devbox_id=self.devbox_id, signal="EOF"
            )
        )

    def _sent(self, call: Call[DevboxSendStdInResult]) -> Call[DevboxSendStdInResult]:
        return _mapped(call, partial(_taken, self.id))


@attrs.frozen(eq=False)
class Devbox:
    """A devbox to work on.

    Its methods return calls and flows, so they take options: see `Call.with_options`.
    """

    _devboxes: DevboxCalls = attrs.field(repr=False)
    _runner: Runner = attrs.field(repr=False)
    id: str
    """The devbox."""

    def exec(
        self,
        command: str,
        *,
        shell_name: str | None = None,
        stdout: OnText | None = None,
        stderr: OnText | None = None,
        polling_config: PollingConfigLike | None = None,
    ) -> Flow[ExecutionResult]:
        """Run a command to its end, whatever its exit code.

        Args:
            command: The command.
            shell_name: A shell that keeps its directory and variables between commands.
            stdout: Is called with what the command prints, as it comes; may be a
                coroutine function.
            stderr: The same for standard error.
            polling_config: How long to wait; by default there is no limit.

        Raises:
            PollingTimeout: It did not end by the deadline, of which there is none by
                default; `last_value` is the execution, with the last of its
                output. The command goes on.
            APIError: It could not be started, or asked for.
        """
        polling = PollingConfig.of(polling_config, COMMAND)
        if stdout is not None or stderr is not None:
            return started(
                self.start(command, shell_name=shell_name),
                lambda execution: execution.result(
                    stdout=stdout, stderr=stderr, polling_config=polling
                ),
                polling,
                name=f"execute a command on {self.id}",
                what=f"a command on {self.id}",
                left=lambda execution: f"the execution {execution.id} may still run",
            )
        running = self._devboxes.execute_and_await_completion(
            self.id, command=command, shell_name=shell_name, polling_config=polling
        )

        async def work(**options: Unpack[CallOptions]) -> ExecutionResult:
            step = Steps(self._runner.clock, options, polling.deadline_s)
            ended = await running.with_options(**options)
            return await _whole(self.execution(ended.execution_id), ended, step)

        return Flow(work, name=running.name, first=running)

    def start(
        self, command: str, *, shell_name: str | None = None, attach_stdin: bool = False
    ) -> Call[Execution]:
        """Start a command, and return without waiting for its end.

        Args:
            command: The command.
            shell_name: A shell that keeps its directory and variables between commands.
            attach_stdin: Whether to be able to send it text.
        """
        call = self._devboxes.execute_async(
            self.id, command=command, shell_name=shell_name, attach_stdin=attach_stdin
        )
        return _mapped(call, lambda begun: self.execution(begun.execution_id))

    def execution(self, id: str) -> Execution:
        """Return a command that was started already; nothing is sent."""
        return Execution(
            self._devboxes.executions, self._runner, self.id, named_text("id", id)
        )

    def read(self, path: str) -> Call[str]:
        """Return the text of a file."""
        return self._devboxes.read_file_contents(self.id, file_path=path)

    def write(self, path: str, contents: str) -> Call[DevboxExecutionDetailView]:
        """Write a text to a file.

        Raises:
            RunloopError: The devbox could not write it.
        """
        call = self._devboxes.write_file_contents(
            self.id, file_path=path, contents=contents
        )
        return _mapped(call, partial(_written, path))

    def upload(
        self, path: str, file: Source, progress: OnBytes | None = None
    ) -> Call[None]:
        """Write a file, of any size; see `devboxes.upload_file`."""
        return self._devboxes.upload_file(
            self.id, path=path, file=file, progress=progress
        )

    def download(self, path: str) -> Download:
        """Fetch a file, of any size: `await` it, or `write_to_file`."""
        return self._devboxes.download_file(self.id, path=path)

    def info(self) -> Call[DevboxView]:
        """Return the devbox as it is now."""
        return self._devboxes.retrieve(self.id)

    def snapshot(
        self,
        *,
        polling_config: PollingConfigLike | None = None,
        **fields: Unpack[DevboxSnapshotParams],
    ) -> Flow[DevboxSnapshotView]:
        """Take a snapshot of the disk, and wait until it is complete.

        Raises:
            WaitError: It failed.
            PollingTimeout: It was not complete by the deadline, by default after 10
                minutes; `last_value` is its status.
        """
        polling = PollingConfig.of(polling_config, BOOT)
        return started(
            self._devboxes.snapshot_disk_async(self.id, **fields),
            partial(self._snapshot, polling),
            polling,
            name=f"take a snapshot of {self.id}",
            what=f"a snapshot of {self.id}",
            left=lambda begun: f"the snapshot {begun.id} was begun",
        )

    def _snapshot(
        self, polling: PollingConfig, begun: DevboxSnapshotView
    ) -> Flow[DevboxSnapshotView]:
        """Wait until a snapshot is complete."""
        waiting = self._devboxes.disk_snapshots.await_completed(
            begun.id, polling_config=polling
        )

        async def work(**options: Unpack[CallOptions]) -> DevboxSnapshotView:
            return (await waiting.with_options(**options)).snapshot or begun

        return Flow(work, name=waiting.name, first=waiting)

    def suspend(
        self, polling_config: PollingConfigLike | None = None
    ) -> Flow[DevboxView]:
        """Suspend the devbox, and wait until it is.

        Raises:
            WaitError: It failed or was shut down; `last_value` is the devbox.
            PollingTimeout: It was not suspended by the deadline, by default after 10
                minutes; `last_value` is the devbox.
        """
        polling = PollingConfig.of(polling_config, BOOT)
        return started(
            self._devboxes.suspend(self.id),
            lambda _: self._devboxes.await_suspended(self.id, polling_config=polling),
            polling,
            name=f"suspend {self.id}",
            what=f"{self.id} to suspend",
        )

    def resume(
        self, polling_config: PollingConfigLike | None = None
    ) -> Flow[DevboxView]:
        """Resume the devbox, and wait until it runs.

        Raises:
            WaitError: It failed or was shut down; `last_value` is the devbox.
            PollingTimeout: It did not run by the deadline, by default after 10
                minutes; `last_value` is the devbox.
        """
        polling = PollingConfig.of(polling_config, BOOT)
        return started(
            self._devboxes.resume(self.id),
            lambda _: self._devboxes.await_running(self.id, polling_config=polling),
            polling,
            name=f"resume {self.id}",
            what=f"{self.id} to resume",
        )

    def tunnel_url(self, port: int) -> Flow[str]:
        """Return the URL of a port of the devbox; it gets a tunnel if it has none."""

        async def work(**options: Unpack[CallOptions]) -> str:
            step = Steps(self._runner.clock, options)
            tunnel = (await step(self.info())).tunnel
            if tunnel is None:
                tunnel = await step(self._devboxes.enable_tunnel(self.id))
            return tunnel_address(self._runner.base_url, tunnel.tunnel_key, port)

        return Flow(work, name=f"find the tunnel of {self.id}")

    def shutdown(self) -> Call[DevboxView]:
        """Shut the devbox down for good."""
        return self._devboxes.shutdown(self.id)


async def _whole(
    execution: Execution, ended: DevboxAsyncExecutionDetailView, step: Steps
) -> ExecutionResult:
    """Return the result of a command, with output that `ended` may lack."""
    stdout, stderr = ended.stdout or "", ended.stderr or ""
    try:
        if ended.stdout_truncated:
            stdout = "".join([text async for text in step(execution.stdout())])
        if ended.stderr_truncated:
            stderr = "".join([text async for text in step(execution.stderr())])
    except APIError as error:
        error.add_note(
            f"the execution {execution.id} ended with the exit code {ended.exit_status}"
        )
        raise
    return ExecutionResult(
        execution_id=execution.id,
        exit_code=ended.exit_status,
        stdout=stdout,
        stderr=stderr,
    )


async def _told(
    waiting: Flow[DevboxAsyncExecutionDetailView],
    tellers: "list[_Teller]",
    deadline: Deadline,
) -> DevboxAsyncExecutionDetailView:
    """Wait for the end of a command, and tell of its output meanwhile."""
    ending = asyncio.ensure_future(waiting)
    telling = [asyncio.ensure_future(each.tell()) for each in tellers]
    try:  # no TaskGroup, which would raise a group of what is raised here
        await _first_failure(ending, telling)
        await _last_words(tellers, telling, deadline)
    finally:
        for work in (ending, *telling):
            work.cancel()
        await asyncio.gather(ending, *telling, return_exceptions=True)
    return ending.result()


class _Teller:
    """Tells a function of the user's what a command prints."""

    def __init__(self, on_text: OnText, pieces: Output) -> None:
        self._on_text = on_text
        self._pieces = pieces
        self.told = 0
        """How many pieces there were so far."""
        self.is_busy = False
        """Whether the function has not returned yet."""

    async def tell(self) -> None:
        """Tell of each piece, until there are no more.

        A stream that breaks is logged: it must not lose the result of the command.
        """
        async with aclosing(self._pieces) as pieces:
            while True:
                try:
                    text = await anext(pieces, None)
                except APIError as error:
                    _log.warning("what a command prints is told no further: %s", error)
                    return
                if text is None:
                    return
                self.told, self.is_busy = self.told + 1, True
                await told(self._on_text, text)
                self.is_busy = False


def _unbound(options: CallOptions) -> CallOptions:
    """Return options for what ends together with the wait, which has a deadline."""
    rest = options.copy()
    rest.pop("deadline", None)
    return rest


async def _first_failure(
    waiting: "asyncio.Future[Any]", telling: "list[asyncio.Task[None]]"
) -> None:
    """Wait until a command has ended, or something fails."""
    pending = {waiting, *telling}
    while not waiting.done():
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        for work in (waiting, *telling):  # in this order
            if work in done:
                work.result()


async def _last_words(
    tellers: "list[_Teller]",
    telling: "list[asyncio.Task[None]]",
    deadline: Deadline,
) -> None:
    """After a command has ended, tell of the rest of its output.

    A stream that stays open and has nothing more for a while is over. So is the telling
    at the deadline: the result of the command is there.
    """
    while telling:
        before = [(each.told, each.is_busy) for each in tellers]
        most_s = max(min(_QUIET_S, deadline.left_s()), 0.0)
        done, pending = await asyncio.wait(telling, timeout=most_s)
        for work in done:
            work.result()
        # A function that was busy at the beginning has had no whole window to be told.
        is_quiet = before == [(each.told, False) for each in tellers]
        if pending and deadline.left_s() <= 0:
            _log.warning("output is told no further: the deadline has passed")
            return
        if is_quiet or not pending:
            return


def _written(path: str, done: DevboxExecutionDetailView) -> DevboxExecutionDetailView:
    if done.exit_status:
        raise RunloopError(
            f"{path} was not written: exit code {done.exit_status}, "
            f"{excerpt(done.stderr) or 'which says nothing'}"
        )
    return done


def _taken(execution_id: str, sent: DevboxSendStdInResult) -> DevboxSendStdInResult:
    if not sent.success:
        raise RunloopError(
            f"the execution {execution_id} takes no input: start it with "
            "attach_stdin=True"
        )
    return sent


def _mapped(call: Call[T], function: Callable[[T], R]) -> Call[R]:
    """Return a call whose result is that of a function of the result of another."""
    read = call.read
    return Call(
        call.runner,
        call.request,
        lambda response: function(read(response)),
        call.options,
        unsent=call.unsent,
    )
