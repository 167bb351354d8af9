"""The progress of a call's present attempt, and its counters, log lines and events."""

import asyncio
import inspect
import logging
import math
from collections.abc import Awaitable, Callable, Mapping
from itertools import count
from typing import Any, Final, TypedDict

import msgspec

from runloop_async.annotations import override
from runloop_async.calls.tally import Tally, tallies
from runloop_async.clock import Clock
from runloop_async.errors import APIError, APIStatusError, Phase
from runloop_async.events import Event, Failed, Responded, Retried, Sent, Throttled
from runloop_async.sending.outgoing import Outgoing
from runloop_async.wire.message import Message

_log = logging.getLogger("runloop_async")
_LAST_EVENTS_S: Final = 5.0
"""Seconds that closing a client waits for coroutines of `on_event`."""


class Attempt(Message, msgspec.Struct, kw_only=True, eq=False):
    """A call on its way: what goes out, and how far the present attempt has come."""

    out: Outgoing
    telemetry: "Telemetry"
    tallies: tuple[Tally, ...] = ()
    """What counts it."""
    call: int = 0
    """The number of the call, for events."""
    began_s: float = 0.0
    """When the call began, in seconds of the client's clock."""
    failure: APIError | None = None
    """What the attempt before this one failed with."""
    is_under_way: bool = False
    """Whether an attempt was begun and has not failed."""
    number: int = 0
    """How many attempts were begun, the present one included."""
    charged: int = 0
    """How many of them count as failures of the call."""
    is_retry: bool = False
    """Whether the present attempt follows a failure, and not a throttle alone."""
    is_throttled: bool = False
    """Whether the attempt before this one was throttled."""
    admitted_s: float = 0.0
    """When the present attempt was let through."""
    written_s: float = 0.0
    """When it was handed to a connection."""
    latency_s: float = math.inf
    """Seconds from then to the head of the response."""
    size: int = 0
    """Bytes of the body of the response."""
    phase: Phase = "connect"
    """Where in the request the attempt is."""
    was_sent: bool | None = False
    """Whether the request was handed to a connection; None if that cannot be seen."""
    caller_error: BaseException | None = None
    """What the caller's own code raised while it made the body."""

    @property
    @override
    def about(self) -> str:
        """What goes out."""
        return self.out.about

    @property
    def route(self) -> str:
        """The verb and the path template."""
        return self.out.route

    @property
    def arrived(self) -> bool | None:
        """Whether the request reached the server; None if that cannot be known."""
        if self.phase == "total":  # which is after the headers of the response
            return True
        return False if self.was_sent is False else None

    def begin(self) -> None:
        """Count one more attempt, of which nothing was sent yet."""
        self.number += 1
        self.is_under_way = True

    def mark_sent(self, *, certainly: bool = True) -> None:
        """Note, once, that the request was handed to a connection."""
        self.was_sent = True if certainly else None
        self.phase = "read"
        self.telemetry.sent(self)

    def heard(self) -> None:
        """Note that the head of the response is here."""
        self.phase = "total"
        self.latency_s = self.telemetry.clock.now() - self.written_s

    def fail(self, error: APIError, delay_s: float = 0.0) -> None:
        """Note that the present attempt has failed, and that another will follow."""
        self.telemetry.retried(self, error, delay_s)
        # Its frames refer to this attempt, which would make a reference cycle.
        self.failure = error.with_traceback(None)
        self.is_retry = not (self.is_throttled or self.out.is_patient)
        self.is_under_way = False
        self.phase = "connect"
        self.was_sent = False

    def ended(self) -> bool | None:
        """Note that the call is out of time; tell whether any attempt has arrived.

        An attempt of which nothing was sent counts for nothing.
        """
        if self.is_under_way and self.was_sent is False:
            self.number -= 1
        if isinstance(self.failure, APIStatusError):
            return True
        earlier: bool | None = getattr(self.failure, "sent", False)
        return self.arrived or (earlier if self.arrived is False else None)


class _Facts(TypedDict):
    call: int
    method: str
    route: str
    attempt: int


class Telemetry:
    """The numbers of a pool, its log lines and events; its clients share it."""

    def __init__(
        self,
        clock: Clock,
        on_event: Callable[[Event], Any] | None = None,
        tally: Tally | None = None,
    ) -> None:
        self.clock = clock
        """Time."""
        self.tally = tally or Tally()
        self.emit = None if on_event is None else _Emitter(on_event)
        """Passes an event on; None if there is no `on_event`."""
        self._own = (self.tally,)
        self._calls = count(1)

    async def settled(self) -> None:
        """Wait for coroutines of `on_event`."""
        if self.emit is not None:
            await self.emit.settled()

    def attempt(self, out: Outgoing, began_s: float = 0.0) -> Attempt:
        """Return a new attempt of a call, with the counters of the present context."""
        others = tallies()
        return Attempt(
            out=out,
            telemetry=self,
            tallies=(self.tally, *others) if others else self._own,
            call=0 if self.emit is None else next(self._calls),
            began_s=began_s,
        )

    def sent(self, attempt: Attempt) -> None:
        """Count a request that was handed to a connection."""
        attempt.written_s = self.clock.now()
        for tally in attempt.tallies:
            tally.requests += 1
            if attempt.number > 1:
                tally.retries += 1
        if self.emit is not None:
            self.emit(Sent(**_facts(attempt)))

    def received(
        self,
        attempt: Attempt,
        status: int,
        headers: Mapping[str, str],
        body_bytes: int = 0,
    ) -> None:
        """Note that a response is here, whatever its status, and how large it is."""
        attempt.size = body_bytes
        for tally in attempt.tallies:
            tally.bytes += body_bytes
        if _log.isEnabledFor(logging.INFO):
            request_id = headers.get("x-request-id") or "without an id"
            self._log(attempt, f"{status}", f"request {request_id}")
        if self.emit is not None:
            elapsed_s = self.clock.now() - attempt.written_s
            self.emit(
                Responded(
                    **_facts(attempt),
                    status=status,
                    latency_s=attempt.latency_s,
                    elapsed_s=elapsed_s,
                    bytes=body_bytes,
                )
            )

    def count_bytes(self, attempt: Attempt, body_bytes: int) -> None:
        """Note that part of a body is here."""
        for tally in attempt.tallies:
            tally.bytes += body_bytes

    def broke(self, attempt: Attempt, error: BaseException) -> None:
        """Note that no whole response will come."""
        if _log.isEnabledFor(logging.INFO):
            self._log(attempt, type(error).__name__, str(error) or "no response")
        if self.emit is not None:
            self.emit(Failed(**_facts(attempt), error=error))

    def retried(self, attempt: Attempt, error: APIError, delay_s: float) -> None:
        """Note that another attempt follows one that has failed."""
        if self.emit is not None:
            self.emit(Retried(**_facts(attempt), error=error, delay_s=delay_s))

    def throttled(self, attempt: Attempt, error: APIStatusError) -> None:
        """Note that the service turned an attempt away."""
        for tally in attempt.tallies:
            tally.throttled += 1
        if self.emit is not None:
            self.emit(
                Throttled(
                    **_facts(attempt),
                    status=error.status_code,
                    retry_after=error.retry_after,
                )
            )

    def _log(self, attempt: Attempt, outcome: str, detail: str) -> None:
        if attempt.was_sent is not False:
            elapsed_ms = (self.clock.now() - attempt.written_s) * 1000
            outcome += f" in {elapsed_ms:.0f} ms"
        _log.info(
            "%s: %s, attempt %d, %s", attempt.route, outcome, attempt.number, detail
        )


def _facts(attempt: Attempt) -> _Facts:
    _, _, path = attempt.route.partition(" ")
    return {
        "call": attempt.call,
        "method": attempt.out.method,
        "route": path,
        "attempt": attempt.number,
    }


class _Emitter:
    """Passes events on to a function of the user's, which disturbs no call."""

    def __init__(self, on_event: Callable[[Event], Any]) -> None:
        self._on_event = on_event
        self._tasks = set[asyncio.Task[None]]()

    def __call__(self, event: Event) -> None:
        try:
            result = self._on_event(event)
            if result is not None and inspect.isawaitable(result):
                task = asyncio.ensure_future(_finished(result, event))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        except (Exception, asyncio.CancelledError):  # noqa: BLE001 - it is logged
            _log.exception("on_event failed on %r", event)

    async def settled(self) -> None:
        """Wait until the coroutines of this event loop have ended."""
        loop = asyncio.get_running_loop()
        pending = {each for each in self._tasks if each.get_loop() is loop}
        pending.discard(asyncio.current_task())
        if pending:
            _, pending = await asyncio.wait(pending, timeout=_LAST_EVENTS_S)
        for each in pending:
            each.cancel()
        if pending:
            _log.warning("on_event was cut short for %d events", len(pending))


async def _finished(result: Awaitable[object], event: Event) -> None:
    try:
        await result
    except Exception:  # noqa: BLE001 - it is logged
        _log.exception("on_event failed on %r", event)
