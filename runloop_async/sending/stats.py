"""What a client counts of its requests, and tells of them."""

import logging
from collections.abc import Callable
from itertools import count
from typing import Any

import attrs

from runloop_async.calls.tally import Tally, tallies
from runloop_async.events import Event

_log = logging.getLogger("runloop_async")


class Telemetry:
    """The numbers of a pool, and who is told of events; its clients share it."""

    def __init__(
        self,
        on_event: Callable[[Event], Any] | None = None,
        tally: Tally | None = None,
    ) -> None:
        self.tally = tally or Tally()
        self.emit = None if on_event is None else _guarded(on_event)
        """Tells of an event; None where nobody wants to know."""
        self._own = (self.tally,)
        self._calls = count(1)

    def tallies(self) -> tuple[Tally, ...]:
        """Return what counts the requests of a call that is made now."""
        others = tallies()
        return (self.tally, *others) if others else self._own

    def next_call(self) -> int:
        """Return the number of a new call; 0 where nobody wants to know."""
        return 0 if self.emit is None else next(self._calls)


def _guarded(on_event: Callable[[Event], Any]) -> Callable[[Event], None]:
    """Return a function of the user's that disturbs no call."""

    def emit(event: Event) -> None:
        try:
            on_event(event)
        except Exception:  # noqa: BLE001 - it is logged
            _log.exception("on_event failed on %r", event)

    return emit


@attrs.frozen(kw_only=True)
class LaneStats:
    """What one workload is allowed, and what it does, at one moment."""

    in_flight: int
    """Requests under way."""
    waiting: int
    """Calls that wait until they may be sent."""
    concurrency: int
    """How many requests may be under way."""
    rate: float | None
    """How many may be sent a second; None where no limit was met."""
    wait_p50_s: float
    """How long the last thousand calls waited until they were sent: the median."""
    wait_p95_s: float
    """The same: what 19 of 20 calls did not exceed."""


@attrs.frozen(kw_only=True)
class Stats:
    """The numbers of a client, and of all that share its pool, at one moment."""

    requests: int
    """Attempts that were sent, retries included."""
    retries: int
    """Attempts after the first of a call."""
    throttled: int
    """Attempts that the service turned away."""
    bytes: int
    """Bytes of the bodies of responses, decompressed."""
    connections: int | None
    """Open connections; None where they are those of a session of yours."""
    is_down: bool
    """Whether the service is taken for down, and only probed."""
    api: LaneStats
    """Short calls."""
    wait: LaneStats
    """Long polls and streams."""
    transfer: LaneStats
    """Uploads and downloads."""

    @property
    def in_flight(self) -> int:
        """Requests under way, of any workload."""
        return self.api.in_flight + self.wait.in_flight + self.transfer.in_flight

    @property
    def waiting(self) -> int:
        """Calls that wait until they may be sent, of any workload."""
        return self.api.waiting + self.wait.waiting + self.transfer.waiting
