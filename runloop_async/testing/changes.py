"""Wake whoever waits for something to happen in the world."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import attrs

from runloop_async.testing.world import World


@attrs.define(eq=False)
class Changes:
    """Whoever waits, and for what."""

    _world: World
    _waiting: dict["asyncio.Future[None]", Callable[[], bool]] = attrs.field(
        init=False, factory=dict["asyncio.Future[None]", Callable[[], bool]]
    )
    _loop: asyncio.AbstractEventLoop | None = attrs.field(init=False, default=None)
    _timer: asyncio.TimerHandle | None = attrs.field(init=False, default=None)
    _is_due: bool = attrs.field(init=False, default=False)

    async def wait(self, is_there: Callable[[], bool]) -> None:
        """Wait until something is there; asked after each change of the world."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._is_due = loop, False
        self._world.on_change = self.tell
        woken: asyncio.Future[None] = loop.create_future()
        self._waiting[woken] = is_there
        self._set_timer()
        try:
            await woken
        finally:
            self._waiting.pop(woken, None)

    def tell(self) -> None:
        """Say that something has changed; from any thread."""
        if self._waiting and not self._is_due and self._loop is not None:
            self._is_due = True
            self._loop.call_soon_threadsafe(self._look)

    def _look(self) -> None:
        self._is_due = False
        with self._world.lock:
            found = [each for each, is_there in self._waiting.items() if is_there()]
        for woken in found:
            with suppress(asyncio.InvalidStateError):  # it was cancelled
                woken.set_result(None)
            del self._waiting[woken]
        self._set_timer()

    def _set_timer(self) -> None:
        """Have the world settle when the next thing in it is due."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due_s = self._world.due_in_s() if self._waiting else None
        if due_s is not None and self._loop is not None:
            self._timer = self._loop.call_later(due_s, self._settle)

    def _settle(self) -> None:
        self._world.settle()
        self.tell()
