"""A devbox to work on, from its start to its end."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing
from functools import partial
from typing import Any, Final, Self, TypeAlias, Unpack

import attrs

from runloop_async.calls.call import Call
from runloop_async.calls.files import Download
from runloop_async.calls.left import left_behind
from runloop_async.calls.polling import PollingConfigLike
from runloop_async.calls.sources import OnBytes, Source, told
from runloop_async.calls.streaming import EventStream
from runloop_async.errors import APIError, RunloopError
from runloop_async.models.devboxes.devboxes import DevboxView
from runloop_async.models.devboxes.disk_snapshots import (
    DevboxSnapshotParams,
    DevboxSnapshotView,
)
from runloop_async.models.devboxes.executions import (
    DevboxAsyncExecutionDetailView,
    DevboxExecutionDetailView,
    ExecutionUpdateChunk,
)
from runloop_async.resources.devboxes.lifecycle import Lifecycle
from runloop_async.resources.devboxes.tunnels import tunnel_address
from runloop_async.values import excerpt
from runloop_async.wire.response import Response

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
    """A command that was started on a devbox."""

    _devboxes: Lifecycle = attrs.field(repr=False)
    devbox_id: str
    """The devbox."""
    id: str
    """Identifier of the execution."""

    async def result(
        self,
        *,
        stdout: OnText | None = None,
        stderr: OnText | None = None,
        polling_config: PollingConfigLike | None = None,
    ) -> ExecutionResult:
        """Wait for its end.

        Args:
            stdout: Is told what it prints, as it comes.
            stderr: Is told what it prints to standard error.
            polling_config: How long to wait.

        Raises:
            PollingTimeout: It did not end by the deadline.
            APIError: It could not be asked for.
        """
        executions = self._devboxes.executions
        wait = executions.await_completed(
            self.id, devbox_id=self.devbox_id, polling_config=polling_config
        )
        waiting = asyncio.ensure_future(wait)
        tellers = [
            _Teller(on_text, pieces())
            for on_text, pieces in ((stdout, self.stdout), (stderr, self.stderr))
            if on_text is not None
        ]
        telling = [asyncio.ensure_future(each.tell()) for each in tellers]
        try:  # no TaskGroup, which would raise a group of what is raised here
            await _first_failure(waiting, telling)
            await _last_words(tellers, telling)
        finally:
            for work in (waiting, *telling):
                work.cancel()
            await asyncio.gather(waiting, *telling, return_exceptions=True)
        return await self.whole(waiting.result())

    def stdout(self) -> Output:
        """Yield what it prints, as it comes, from the beginning."""
        executions = self._devboxes.executions
        return Output(
            executions.stream_stdout_updates(self.id, devbox_id=self.devbox_id)
        )

    def stderr(self) -> Output:
        """Yield what it prints to standard error, as it comes, from the beginning."""
        executions = self._devboxes.executions
        return Output(
            executions.stream_stderr_updates(self.id, devbox_id=self.devbox_id)
        )

    async def kill(self) -> None:
        """End it."""
        await self._devboxes.executions.kill(self.id, devbox_id=self.devbox_id)

    async def send_std_in(self, text: str) -> None:
        """Send it a text; it must have been started with `attach_stdin`.

        Raises:
            RunloopError: It does not take it.
        """
        executions = self._devboxes.executions
        sent = await executions.send_std_in(
            self.id, devbox_id=self.devbox_id, text=text
        )
        _check_taken(sent.success, self.id)

    async def close_std_in(self) -> None:
        """Tell it that no more text comes.

        Raises:
            RunloopError: It does not take it.
        """
        executions = self._devboxes.executions
        sent = await executions.send_std_in(
            self.id, devbox_id=self.devbox_id, signal="EOF"
        )
        _check_taken(sent.success, self.id)

    async def whole(self, ended: DevboxAsyncExecutionDetailView) -> ExecutionResult:
        """Return its result, with all of the output, of which `ended` may lack some."""
        stdout, stderr = ended.stdout or "", ended.stderr or ""
        try:
            if ended.stdout_truncated:
                stdout = "".join([text async for text in self.stdout()])
            if ended.stderr_truncated:
                stderr = "".join([text async for text in self.stderr()])
        except APIError as error:
            error.add_note(
                f"the execution {self.id} ended with the exit code {ended.exit_status}"
            )
            raise
        return ExecutionResult(
            execution_id=self.id,
            exit_code=ended.exit_status,
            stdout=stdout,
            stderr=stderr,
        )


@attrs.frozen(eq=False)
class Devbox:
    """A devbox to work on."""

    _devboxes: Lifecycle = attrs.field(repr=False)
    _base_url: str = attrs.field(repr=False)
    id: str
    """The devbox."""

    async def exec(
        self,
        command: str,
        *,
        shell_name: str | None = None,
        stdout: OnText | None = None,
        stderr: OnText | None = None,
        polling_config: PollingConfigLike | None = None,
    ) -> ExecutionResult:
        """Run a command to its end, whatever its exit code.

        Args:
            command: The command.
            shell_name: A shell that keeps its directory and variables between commands.
            stdout: Is told what the command prints, as it comes.
            stderr: Is told what it prints to standard error.
            polling_config: How long to wait.

        Raises:
            PollingTimeout: It did not end by the deadline.
            APIError: It could not be started, or asked for.
        """
        if stdout is not None or stderr is not None:
            execution = await self.start(command, shell_name=shell_name)
            return await execution.result(
                stdout=stdout, stderr=stderr, polling_config=polling_config
            )
        ended = await self._devboxes.execute_and_await_completion(
            self.id,
            command=command,
            shell_name=shell_name,
            polling_config=polling_config,
        )
        execution = Execution(self._devboxes, self.id, ended.execution_id)
        return await execution.whole(ended)

    async def start(
        self, command: str, *, shell_name: str | None = None, attach_stdin: bool = False
    ) -> Execution:
        """Start a command, and return without waiting for its end.

        Args:
            command: The command.
            shell_name: A shell that keeps its directory and variables between commands.
            attach_stdin: Whether to be able to send it text.
        """
        started = await self._devboxes.execute_async(
            self.id, command=command, shell_name=shell_name, attach_stdin=attach_stdin
        )
        return Execution(self._devboxes, self.id, started.execution_id)

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
        return attrs.evolve(call, read=partial(_written, call.read, path))

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

    async def snapshot(
        self,
        *,
        polling_config: PollingConfigLike | None = None,
        **fields: Unpack[DevboxSnapshotParams],
    ) -> DevboxSnapshotView:
        """Take a snapshot of the disk, and wait until it is complete.

        Raises:
            WaitError: It failed.
            PollingTimeout: It was not complete by the deadline.
        """
        begun = await self._devboxes.snapshot_disk_async(self.id, **fields)
        try:
            done = await self._devboxes.disk_snapshots.await_completed(
                begun.id, polling_config=polling_config
            )
        except BaseException as error:
            left_behind(error, f"the snapshot {begun.id} was begun")
            raise
        return done.snapshot or begun

    async def suspend(
        self, polling_config: PollingConfigLike | None = None
    ) -> DevboxView:
        """Suspend the devbox, and wait until it is."""
        await self._devboxes.suspend(self.id)
        return await self._devboxes.await_suspended(
            self.id, polling_config=polling_config
        )

    async def resume(
        self, polling_config: PollingConfigLike | None = None
    ) -> DevboxView:
        """Resume the devbox, and wait until it runs."""
        await self._devboxes.resume(self.id)
        return await self._devboxes.await_running(
            self.id, polling_config=polling_config
        )

    async def tunnel_url(self, port: int) -> str:
        """Return the URL of a port of the devbox; it gets a tunnel if it has none."""
        tunnel = (await self.info()).tunnel
        if tunnel is None:
            tunnel = await self._devboxes.enable_tunnel(self.id)
        return tunnel_address(self._base_url, tunnel.tunnel_key, port)

    async def shutdown(self) -> None:
        """Shut the devbox down for good."""
        await self._devboxes.shutdown(self.id)


class _Teller:
    """Tells a function of the user's what a command prints."""

    def __init__(self, on_text: OnText, pieces: Output) -> None:
        self._on_text = on_text
        self._pieces = pieces
        self.told = 0
        """How many pieces there were so far."""

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
                self.told += 1
                await told(self._on_text, text)


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
    tellers: "list[_Teller]", telling: "list[asyncio.Task[None]]"
) -> None:
    """Let all be told that a command which has ended has printed.

    A stream that stays open and has nothing more for a while is over.
    """
    while telling:
        before = [each.told for each in tellers]
        done, _ = await asyncio.wait(telling, timeout=_QUIET_S)
        for work in done:
            work.result()
        if len(done) == len(telling) or before == [each.told for each in tellers]:
            return


def _written(
    read: Callable[[Response], DevboxExecutionDetailView],
    path: str,
    response: Response,
) -> DevboxExecutionDetailView:
    done = read(response)
    if done.exit_status:
        raise RunloopError(
            f"{path} was not written: exit code {done.exit_status}, "
            f"{excerpt(done.stderr) or 'which says nothing'}"
        )
    return done


def _check_taken(success: bool, execution_id: str) -> None:
    if not success:
        raise RunloopError(
            f"the execution {execution_id} takes no input: start it with "
            "attach_stdin=True"
        )
