"""An attempt passes the gate of its workload, and the gate learns from its outcome."""

import errno
import math
from collections.abc import Callable, Mapping
from typing import Final

from aiohttp import ClientSession

from runloop_async.clock import Clock
from runloop_async.errors import (
    APIConnectionError,
    APIError,
    APIStatusError,
    PermitsError,
)
from runloop_async.events import Event, GateChanged
from runloop_async.pacing import Concurrency, Governor, RetryBudget, Shared
from runloop_async.pacing.gate import Gate
from runloop_async.pacing.limits import Limits, Permits
from runloop_async.pacing.permits import LocalPermits
from runloop_async.sending.attempt import Attempt
from runloop_async.sending.stats import LaneStats
from runloop_async.wire.request import Workload
from runloop_async.wire.retry import Stop, Wait, is_throttle, is_transient

_MOST = 1000
"""Most short calls at once, where the number is found."""
_UNBOUNDED = 1_000_000
"""Connections, where the system sets no bound."""
_PARTS: Final = {
    Workload.WAIT: 4,
    Workload.STREAM: 4,
    Workload.DOWNLOAD: 8,
    Workload.UPLOAD: 8,
}
"""The part of too few connections that a lane may take."""
_SLOW_S = 30.0
"""Seconds that a call may wait for a slot of the long lanes until the log says so."""
_SPARED = 20
"""The most refusals of a call that do not count as failures."""
_NO_FILES = frozenset({errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL})
"""The process or the machine has no file, or no port, left for a connection."""
_NOTABLE = 0.1
"""Changes that are told of are larger than this part."""


class Lane:
    """The requests of one workload: first come first served, and no timeout.

    A long poll or a transfer takes no slot from a short call.
    """

    def __init__(
        self, gate: Gate, clock: Clock, emit: Callable[[Event], None] | None = None
    ) -> None:
        self.gate = gate
        self._clock = clock
        self._emit = emit
        self._told = self._now()

    async def enter(self, attempt: Attempt) -> bool:
        """Wait until an attempt may leave; tell whether it may at all.

        It may not where the service is down or the client was closed meanwhile.
        """
        gate, is_retry, now = self.gate, attempt.is_retry, self._clock.now()
        if is_retry and gate.governor.budget.is_down:
            return False
        again, route = attempt.number > 0, attempt.route
        if gate.enter(now, route, again=again, is_retry=is_retry):
            attempt.admitted_s = gate.stamp
            gate.waits.append(0.0)
            return True
        turn = gate.join(route, again=again, is_retry=is_retry)
        try:
            admitted_s = await turn
        except BaseException:
            gate.desert(turn, is_retry=is_retry)
            raise
        if admitted_s is None:
            return False
        attempt.admitted_s = admitted_s
        gate.waits.append(admitted_s - now)
        return True

    def leave(self, attempt: Attempt) -> None:
        """Give the slot back."""
        self.gate.leave(attempt.admitted_s, is_retry=attempt.is_retry)

    def succeeded(self, attempt: Attempt) -> None:
        """Note that the service did its work, before the attempt leaves."""
        self._answered(attempt, attempt.latency_s, self._clock.now())

    def served(self, attempt: Attempt) -> None:
        """Note that the service did its work, and give the slot back."""
        gate, now = self.gate, self._clock.now()
        admitted_s, is_retry = attempt.admitted_s, attempt.is_retry
        try:
            gate.governor.answered(
                now,
                attempt.out.route,
                admitted_s,
                attempt.latency_s,
                attempt.size,
                is_retry=is_retry,
            )
            if self._emit is not None:
                self._tell(self._emit)
        finally:
            gate.leave(admitted_s, is_retry=is_retry, now=now)

    def failed(self, attempt: Attempt, error: APIError) -> None:
        """Note a failure, before the attempt leaves."""
        attempt.is_throttled = is_throttle(error) or _is_short_of_files(error)
        attempt.charged += not (attempt.is_throttled and self._is_spared(attempt))
        if isinstance(error, APIStatusError) and attempt.is_throttled:
            attempt.telemetry.throttled(attempt, error)
        self._learn(attempt, error)

    def _is_spared(self, attempt: Attempt) -> bool:
        """Tell whether a refusal is no failure of a call, since others get through.

        A route may be refused for ever while others are not, so only its own successes
        count, and there is an end to it.
        """
        if attempt.number - attempt.charged > _SPARED:
            return False
        governor = self.gate.governor
        return governor.succeeded_since(attempt.route, attempt.admitted_s)

    def _learn(self, attempt: Attempt, error: APIError) -> None:
        now, sent = self._clock.now(), attempt.admitted_s
        governor = self.gate.governor
        if is_throttle(error):
            asked_s = error.retry_after if isinstance(error, APIStatusError) else None
            governor.throttled(now, attempt.route, sent=sent, retry_after=asked_s)
        elif _is_short_of_files(error):
            governor.concurrency.no_files(now)
        elif not is_transient(error):
            self._answered(attempt, math.inf, now)
            return
        else:
            self.gate.failed(now, attempt.route, sent, error)
        if self._emit is not None:
            self._tell(self._emit)

    def _answered(self, attempt: Attempt, latency_s: float, now: float) -> None:
        self.gate.governor.answered(
            now,
            attempt.out.route,
            attempt.admitted_s,
            latency_s,
            attempt.size,
            is_retry=attempt.is_retry,
        )
        if self._emit is not None:
            self._tell(self._emit)

    def confirm(self, verdict: Wait | Stop, attempt: Attempt) -> Wait | Stop:
        """Return a verdict, or `Stop` where the service is down, so that it is in vain.

        A wait goes on, and so does what was throttled.
        """
        if isinstance(verdict, Stop) or not self.gate.governor.budget.is_down:
            return verdict
        if attempt.is_throttled or attempt.out.is_patient:
            return verdict
        return Stop(exhausted=True)

    def refusal(self) -> APIError:
        """Return the error for a call that was never sent."""
        trouble = self.gate.trouble
        error: APIError
        if isinstance(trouble, PermitsError):
            error = PermitsError(trouble.message)
            error.__cause__ = trouble.__cause__
            return error
        error = APIConnectionError(
            "nothing was sent, since the service is down", phase="connect", sent=False
        )
        error.__cause__ = trouble
        return error

    def stats(self) -> LaneStats:
        """Return what the lane is allowed, and does."""
        concurrency, allowed = self.gate.governor.concurrency, self._now()
        waits = sorted(self.gate.waits) or [0.0]
        return LaneStats(
            in_flight=concurrency.in_flight,
            waiting=concurrency.waiting,
            concurrency=allowed.concurrency,
            rate=allowed.rate,
            wait_p50_s=waits[len(waits) // 2],
            wait_p95_s=waits[len(waits) * 19 // 20],
            longest_wait_s=self.gate.waited(self._clock.now()),
        )

    def _now(self) -> GateChanged:
        governor = self.gate.governor
        return GateChanged(
            lane=self.gate.name,
            concurrency=governor.concurrency.limit,
            rate=None if governor.pace is None else governor.rate(self._clock.now()),
            is_down=governor.budget.is_down,
        )

    def _tell(self, emit: Callable[[Event], None]) -> None:
        """Tell of a change, unless it is a small one."""
        now, told = self._now(), self._told
        if (
            now.is_down is not told.is_down
            or _differs(now.concurrency, told.concurrency)
            or _differs(now.rate or 0.0, told.rate or 0.0)
        ):
            self._told = now
            emit(now)


def _is_short_of_files(error: APIError) -> bool:
    """Tell whether the system refused to open one more connection."""
    if not isinstance(error, APIConnectionError) or error.sent is not False:
        return False
    return getattr(error.__cause__, "errno", None) in _NO_FILES


def _differs(new: float, old: float) -> bool:
    return abs(new - old) > _NOTABLE * old


def lanes(
    limits: Limits,
    clock: Clock,
    session: ClientSession | None = None,
    emit: Callable[[Event], None] | None = None,
    *,
    hold_most_s: float = 600.0,
) -> Mapping[Workload, Lane]:
    """Return a lane for each workload.

    A caller's session may have fewer connections than the lanes have slots, and so may
    the process have files. Then all lanes share as many slots as there are connections,
    and the others leave a quarter at least to short calls: waiting for a connection
    must count for no timeout, and short calls must not wait for long ones.

    Args:
        limits: The bounds that the client was given.
        clock: Time and chance.
        session: The caller's session, if there is one.
        emit: Takes events, if somebody wants them.
        hold_most_s: The longest wait that the server may ask for.
    """
    places = _places(session)
    api = min(_MOST, places) if limits.api is None else limits.api
    shared, budget = Shared(places), RetryBudget()
    short_calls = Concurrency(api, is_fixed=limits.api is not None, shared=shared)
    gates = {
        Workload.API: Gate(
            Governor(short_calls, budget, hold_most_s=hold_most_s),
            clock,
            _permits(limits.rate, clock),
            name=Workload.API.value,
        )
    }
    for workload, most in _long(limits, api, places).items():
        governor = Governor(
            Concurrency(most, is_fixed=True, shared=shared),
            budget,
            short_calls=short_calls,
            hold_most_s=hold_most_s,
        )
        gates[workload] = Gate(governor, clock, name=workload.value, slow_s=_SLOW_S)
    for gate in gates.values():
        gate.share_with(tuple(gates.values()))
    return {workload: Lane(gate, clock, emit) for workload, gate in gates.items()}


def _long(limits: Limits, api: int, places: int) -> Mapping[Workload, int]:
    """Return how many requests of each lane but that of short calls there may be."""
    long = {
        Workload.WAIT: limits.wait,
        Workload.STREAM: limits.stream,
        Workload.DOWNLOAD: limits.transfer,
        Workload.UPLOAD: limits.transfer,
    }
    if api + sum(long.values()) > places:
        for workload, part in _PARTS.items():
            long[workload] = min(long[workload], max(1, places // part))
    return long


def _permits(rate: float | Permits | None, clock: Clock) -> Permits | None:
    return LocalPermits(rate, clock) if isinstance(rate, int | float) else rate


def _places(session: ClientSession | None) -> int:
    """Return how many connections there may be: by the session and the process."""
    bounds = [_files()]
    if session is not None and session.connector is not None:
        bounds += [session.connector.limit, session.connector.limit_per_host]
    return max(1, min(bound for bound in bounds if bound))


def _files() -> int:
    """Return how many connections the process may open."""
    try:
        import resource  # noqa: PLC0415 - only where there is one
    except ImportError:
        return _UNBOUNDED
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Some are the program's own, and those that close take their time.
    return _UNBOUNDED if files < 0 else max(1, files * 3 // 4)
