"""Open a devbox for a block of code, and shut it down at the end."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import attrs

from runloop_async.calls.call import Call
from runloop_async.calls.deadline import Deadline
from runloop_async.calls.held import GRACE_S, Held, ended, made, reported
from runloop_async.calls.polling import PollingConfigLike
from runloop_async.calls.runner import Runner
from runloop_async.errors import ConflictError, NotFoundError
from runloop_async.models.devboxes.devboxes import DevboxView
from runloop_async.resources.devboxes.calls import DevboxCalls
from runloop_async.resources.devboxes.handles import Devbox

MARK: Final = "runloop_async_open"
"""The metadata key of a devbox that `open` has made; its value is new each time."""
_SNAPSHOT_S: Final = 600.0
"""Seconds that a shutdown waits for a snapshot that is being taken."""
_PAUSE_S: Final = 1.0
_PAGE: Final = 1000
"""How many of the newest devboxes are looked through for one."""
_LOOKS: Final = 3
"""How many times: a devbox that was just created may not be listed yet."""


@asynccontextmanager
async def opened_box(
    devboxes: DevboxCalls,
    runner: Runner,
    created: Call[DevboxView],
    mark: str,
    polling_config: PollingConfigLike | None,
) -> AsyncGenerator[Devbox]:
    """Create a devbox, yield it once it runs, and shut it down at the end.

    Args:
        devboxes: All devboxes.
        runner: Whatever sends the calls.
        created: Creates it.
        mark: What its metadata have under `MARK`.
        polling_config: How long to wait until it has booted.
    """
    held = Held(
        find=partial(_found, devboxes, runner, mark),
        end=lambda devbox: _Shutdown(devboxes, runner, devbox.id).soon(devbox),
        what=lambda devbox: (
            f"a devbox with the metadata {MARK}={mark}"
            if devbox is None
            else f"the devbox {devbox.id}"
        ),
        still="may still run",
    )
    devbox = await made(created, held)
    shutdown = _Shutdown(devboxes, runner, devbox.id)
    held = attrs.evolve(held, end=shutdown.soon)
    try:
        await devboxes.await_running(devbox.id, polling_config=polling_config)
        yield Devbox(devboxes, runner, devbox.id)
        await shutdown.done()
    except BaseException as error:
        await reported(partial(ended, devbox, held, error), error)
        raise


class _Shutdown:
    """The end of a devbox, which waits for a snapshot that is being taken."""

    def __init__(self, devboxes: DevboxCalls, runner: Runner, id: str) -> None:
        self._devboxes = devboxes
        self._runner = runner
        self._id = id
        self._deadline: Deadline | None = None
        self._doing: asyncio.Task[None] | None = None

    async def soon(self, _: object) -> None:
        """Shut it down, and wait for a snapshot no longer than an error may take."""
        self._deadline = Deadline(self._runner.clock, GRACE_S)
        await self.done()

    async def done(self) -> None:
        """Shut it down, or wait for the shutdown that is under way.

        A cancellation leaves that to whoever asks next.

        Raises:
            ConflictError: A snapshot is still being taken.
            APIError: It could not be shut down.
        """
        if self._doing is None or self._doing.cancelled():
            self._doing = asyncio.ensure_future(self._shut_down())
        await asyncio.wait([self._doing])
        self._doing.result()

    async def _shut_down(self) -> None:
        if self._deadline is None:
            self._deadline = Deadline(self._runner.clock, _SNAPSHOT_S)
        while True:
            try:
                await self._devboxes.shutdown(self._id)
            except NotFoundError:
                return
            except ConflictError:
                if self._deadline.left_s() <= 0:
                    raise
            else:
                return
            await self._runner.pause(_PAUSE_S)


async def _found(devboxes: DevboxCalls, runner: Runner, mark: str) -> DevboxView | None:
    """Return the devbox that has a mark, if there is one."""
    for number in range(_LOOKS):
        if number:
            await runner.pause(_PAUSE_S)
        page = await devboxes.list(limit=_PAGE)
        for devbox in page.items:
            if devbox.metadata.get(MARK) == mark:
                return devbox
    return None
