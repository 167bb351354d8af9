"""The way of an attempt through the gate of its workload, and what the gate learns."""

import math
from collections.abc import Callable, Mapping

from aiohttp import ClientSession

from runloop_async.clock import Clock
from runloop_async.errors import APIConnectionError, APIError, APIStatusError
from runloop_async.events import Event, GateChanged
from runloop_async.pacing import Concurrency, Governor, RetryBudget, Shared
from runloop_async.pacing.gate import Gate, Turn
from runloop_async.pacing.limits import Limits, Permits
from runloop_async.pacing.permits import LocalPermits
from runloop_async.sending.outgoing import Attempt
from runloop_async.sending.stats import LaneStats
from runloop_async.wire.request import Workload
from runloop_async.wire.retry import Stop, Wait, is_throttle, is_transient

_MOST = 1000
"""Most short calls at once, where the number is found."""
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

    def turn(
        self, route: str, *, again: bool = False, is_retry: bool = False
    ) -> Turn | None:
        """Let an attempt leave, or return what it has to wait for."""
        gate = self.gate
        if gate.enter(self._clock.now(), route, again=again, is_retry=is_retry):
            return None
        return gate.join(route, again=again, is_retry=is_retry)

    def admitted(self, attempt: Attempt, at_s: float, waited_s: float) -> None:
        """Note that an attempt leaves."""
        self.gate.waits.append(waited_s)
        attempt.admitted_s = at_s

    async def enter(self, attempt: Attempt) -> bool:
        """Wait until an attempt may leave; tell whether it may at all.

        It may not where the service is down or the client was closed meanwhile.
        """
        gate, is_retry, now = self.gate, attempt.is_retry, self._clock.now()
        if is_retry and gate.governor.budget.is_down:
            return False
        again = attempt.number > 0
        turn = self.turn(attempt.route, again=again, is_retry=is_retry)
        if turn is None:
            self.admitted(attempt, gate.stamp, 0.0)
            return True
        try:
            admitted_s = await turn
        except BaseException:
            gate.desert(turn, is_retry=is_retry)
            raise
        if admitted_s is None:
            return False
        self.admitted(attempt, admitted_s, admitted_s - now)
        return True

    def leave(self, attempt: Attempt) -> None:
        """Give the slot back."""
        self.gate.leave(attempt.admitted_s, is_retry=attempt.is_retry)

    def succeeded(self, attempt: Attempt, latency_s: float | None = None) -> None:
        """Note that the service did its work, before the attempt leaves."""
        self.gate.governor.answered(
            self._clock.now(),
            attempt.route,
            sent=attempt.admitted_s,
            latency_s=attempt.latency_s if latency_s is None else latency_s,
            size=attempt.size,
            is_retry=attempt.is_retry,
        )
        if self._emit is not None:
            self._tell(self._emit)

    def failed(self, attempt: Attempt, error: APIError) -> None:
        """Note a failure, before the attempt leaves."""
        now, sent = self._clock.now(), attempt.admitted_s
        governor = self.gate.governor
        if is_throttle(error):
            attempt.turned_away(error)
            # Where others get through, being turned away is no failure of this call.
            attempt.charged += governor.last_success_at <= sent
            asked_s = error.retry_after if isinstance(error, APIStatusError) else None
            governor.throttled(now, attempt.route, sent=sent, retry_after=asked_s)
        else:
            attempt.is_throttled = False
            attempt.charged += 1
            if not is_transient(error):
                self.succeeded(attempt, math.inf)
                return
            self.gate.failed(now, attempt.route, sent, error)
        if self._emit is not None:
            self._tell(self._emit)

    def confirm(self, verdict: Wait | Stop, attempt: Attempt) -> Wait | Stop:
        """Return a verdict, or `Stop` where the service is down, so that it is in vain.

        A wait goes on, and so does what was throttled.
        """
        if isinstance(verdict, Stop) or not self.gate.governor.budget.is_down:
            return verdict
        if attempt.is_throttled or attempt.is_patient:
            return verdict
        return Stop(exhausted=True)

    def refusal(self) -> APIError:
        """Return the error for a call that was never sent."""
        error = APIConnectionError(
            "nothing was sent, since the service is down", phase="connect", sent=False
        )
        error.__cause__ = self.gate.trouble
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
        )

    def _now(self) -> GateChanged:
        governor = self.gate.governor
        pace = governor.pace
        return GateChanged(
            lane=self.gate.name,
            concurrency=governor.concurrency.limit,
            rate=pace.rate(self._clock.now())
            if pace is not None and pace.is_binding
            else None,
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


def _differs(new: float, old: float) -> bool:
    return abs(new - old) > _NOTABLE * old


def lanes(
    limits: Limits,
    clock: Clock,
    session: ClientSession | None = None,
    emit: Callable[[Event], None] | None = None,
) -> Mapping[Workload, Lane]:
    """Return a lane for each workload.

    A caller's session may have fewer connections than the lanes have slots. Then all
    lanes share as many slots as there are connections, and long polls and transfers
    take a quarter each: waiting for a connection must count for no timeout, and short
    calls must not wait for long ones.
    """
    api = _connections() if limits.api is None else limits.api
    wait, transfer = limits.wait, limits.transfer
    places = _places(session)
    shared = None
    if places is not None and api + wait + transfer > places:
        shared = Shared(places)
        quarter = max(1, places // 4)
        wait, transfer = min(wait, quarter), min(transfer, quarter)
    budget = RetryBudget()
    gates = {
        workload: Gate(
            Governor(Concurrency(most, is_fixed=is_fixed, shared=shared), budget),
            clock,
            permits,
            name=workload.value,
        )
        for workload, most, is_fixed, permits in (
            (Workload.API, api, limits.api is not None, _permits(limits.rate, clock)),
            (Workload.WAIT, wait, True, None),
            (Workload.TRANSFER, transfer, True, None),
        )
    }
    for gate in gates.values():
        gate.share_with(tuple(gates.values()))
    return {workload: Lane(gate, clock, emit) for workload, gate in gates.items()}


def _permits(rate: float | Permits | None, clock: Clock) -> Permits | None:
    return LocalPermits(rate, clock) if isinstance(rate, int | float) else rate


def _connections() -> int:
    """Return how many connections are of use, and the process may open."""
    try:
        import resource  # noqa: PLC0415 - only where there is one
    except ImportError:
        return _MOST
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Some are the program's own, and those that close take their time.
    return _MOST if files < 0 else max(1, min(_MOST, files * 3 // 4))


def _places(session: ClientSession | None) -> int | None:
    """Return how many connections to one server a session may have, None for any."""
    if session is None or session.connector is None:
        return None
    bounds = (session.connector.limit, session.connector.limit_per_host)
    return min((bound for bound in bounds if bound), default=None)
