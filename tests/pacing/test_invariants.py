"""What must hold of pacing, whatever it is told, in whatever order, however late.

- 1 <= limit <= most, and no fewer requests than none are in flight.
- A rate is a finite number above 0.
- No exception, whatever the times.
- What a trial takes back, it has added.
- A call that waits is admitted, dismissed or cancelled. None waits that may leave.
- Once the service is well, requests leave again within seconds, and the limit is back.

`make invariants` runs 10,000 schedules of each machine.
"""

import asyncio
import math
import os
from collections.abc import Callable, Iterator
from typing import Any

import attrs
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from runloop_async.annotations import override
from runloop_async.pacing import Concurrency, Governor, RetryBudget
from runloop_async.pacing.gate import Gate
from runloop_async.pacing.line import Turn
from tests.fakes import FakeClock

SCHEDULES = settings(
    max_examples=int(os.environ.get("INVARIANTS", "60")),
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
ROUTES = ("GET /a", "GET /b", "POST /c")
MOSTS = (1, 2, 18, 24)
MOMENTS = st.sampled_from([0.0, 1e-4, 0.01, 0.3, 1.0, 2.5, 3.5])
AGES = st.sampled_from([15.0, 40.0, 700.0, 30_000.0])
ASKED = st.sampled_from([None, None, 0.5, 1.0, 3.0, 600.0, 1e6])
LATENCIES = st.sampled_from([0.0, 0.001, 0.1, 5.0, math.inf])
HOLD_MOST_S = 10.0
LITTER = 64
ROUTE = st.sampled_from(ROUTES)
PLACES = st.integers(0, 1000)


@attrs.define(eq=False)
class Sent:
    """A request in flight."""

    at: float
    route: str
    is_retry: bool


class GovernorMachine(RuleBasedStateMachine):
    """A lane's decisions, with requests that are answered late, twice or never."""

    @initialize(most=st.sampled_from(MOSTS), is_fixed=st.booleans())
    def begin(self, most: int, *, is_fixed: bool) -> None:
        self.now = 1000.0
        self.most = most
        concurrency = Concurrency(most, is_fixed=is_fixed)
        self.governor = Governor(concurrency, RetryBudget(), hold_most_s=HOLD_MOST_S)
        self.flying = list[Sent]()
        self.stamp = self.now

    def _admit(self, n: int, route: str, *, is_retry: bool) -> None:
        for _ in range(n):
            if self.governor.next(self.now, route, is_retry=is_retry) > self.now:
                return
            self.stamp = max(self.now, self.stamp + 1e-8)
            self.governor.admitted(self.stamp, route, is_retry=is_retry)
            self.flying.append(Sent(self.stamp, route, is_retry))

    def _answer(self, sent: Sent, latency_s: float) -> None:
        self.governor.answered(
            self.now,
            sent.route,
            sent=sent.at,
            latency_s=latency_s,
            is_retry=sent.is_retry,
        )

    def _leave(self, sent: Sent) -> None:
        self.flying.remove(sent)
        self.governor.left(sent.at, is_retry=sent.is_retry)

    def _some(self, places: list[int]) -> Iterator[Sent]:
        for place in places:
            if self.flying:
                yield self.flying[place % len(self.flying)]

    @rule(n=st.integers(1, 30), route=ROUTE, is_retry=st.booleans())
    def admit(self, n: int, route: str, *, is_retry: bool) -> None:
        self._admit(n, route, is_retry=is_retry)

    @rule(waiting=st.integers(0, 5000))
    def queue(self, waiting: int) -> None:
        self.governor.concurrency.waiting = waiting

    @rule(passed_s=MOMENTS)
    def wait(self, passed_s: float) -> None:
        self.now += passed_s
        self.governor.concurrency.ramp(self.now)

    @rule(passed_s=AGES)
    def sleep(self, passed_s: float) -> None:
        self.wait(passed_s)

    @rule(places=st.lists(PLACES, max_size=20), latency_s=LATENCIES)
    def answer(self, places: list[int], latency_s: float) -> None:
        for sent in self._some(places):
            self._answer(sent, latency_s)
            self._leave(sent)

    @rule(places=st.lists(PLACES, max_size=8), asked_s=ASKED, is_twice=st.booleans())
    def throttle(
        self, places: list[int], asked_s: float | None, *, is_twice: bool
    ) -> None:
        for sent in self._some(places):
            for _ in range(1 + is_twice):
                self.governor.throttled(
                    self.now, sent.route, sent=sent.at, retry_after=asked_s
                )
            self._leave(sent)

    @rule(places=st.lists(PLACES, max_size=20))
    def fail(self, places: list[int]) -> None:
        for sent in self._some(places):
            self.governor.failed(self.now, sent.route, sent=sent.at)
            self._leave(sent)

    @rule(places=st.lists(PLACES, max_size=20))
    def cancel(self, places: list[int]) -> None:
        for sent in self._some(places):
            self._leave(sent)

    @rule(
        seconds=st.integers(1, 10),
        latency_s=st.sampled_from([0.01, 1.0]),
        kept=st.integers(0, 6),
        route=ROUTE,
        is_left_full=st.booleans(),
    )
    def run(
        self,
        seconds: int,
        latency_s: float,
        kept: int,
        route: str,
        *,
        is_left_full: bool,
    ) -> None:
        """Keep the lane full for some seconds, with a few requests never answered."""
        self.governor.concurrency.waiting = 5000
        for _ in range(2 * seconds):
            self._admit(self.most, route, is_retry=False)
            self.wait(0.5)
            for sent in [*self.flying[kept:]]:
                self._answer(sent, latency_s)
                self._leave(sent)
        if is_left_full:
            self._admit(self.most, route, is_retry=False)

    @invariant()
    def holds(self) -> None:
        concurrency = self.governor.concurrency
        assert 1 <= concurrency.limit <= self.most
        assert concurrency.in_flight == len(self.flying)
        for pace in (self.governor.pace, *self.governor.own.values()):
            if pace is not None:
                assert 0 < pace.rate(self.now) < math.inf

    @override
    def teardown(self) -> None:
        """The service is well: all that is in flight succeeds, and load comes back."""
        if not hasattr(self, "governor"):
            return
        for sent in [*self.flying]:
            self._answer(sent, 0.01)
            self._leave(sent)
        self.wait(HOLD_MOST_S)
        concurrency = self.governor.concurrency
        sustained = concurrency.limit
        concurrency.waiting = 5000
        gone = dict.fromkeys(ROUTES, 0)
        for _ in range(40):
            for route in ROUTES:
                # As a gate does: a pace may be just longer than the steps of this loop.
                due_s = self.governor.next(self.now, route, is_retry=False) - self.now
                if 0 < due_s < 0.5:
                    self.wait(due_s)
                self._admit(self.most, route, is_retry=False)
                gone[route] += len(self.flying)
                self.wait(0.1)
                for sent in [*self.flying]:
                    self._answer(sent, 0.01)
                    self._leave(sent)
        self.holds()
        assert min(gone.values()) > 0, "a route does not leave any more"
        assert concurrency.limit >= sustained


@attrs.define(eq=False)
class Waiting:
    """A call at a gate."""

    gate: Gate
    turn: Turn
    route: str
    is_retry: bool


class GateMachine(RuleBasedStateMachine):
    """The queue in front of the governor, with callers that give up."""

    @initialize(most=st.sampled_from([1, 2, 5]))
    def begin(self, most: int) -> None:
        self.loop = asyncio.new_event_loop()
        self.clock = FakeClock(time_s=1000.0)
        self.most = most
        self.timers = list[tuple[float, Callable[[], None]]]()
        budget = RetryBudget()
        self.gates = [
            Gate(Governor(Concurrency(most), budget), self.clock) for _ in range(2)
        ]
        for gate in self.gates:
            gate.share_with(tuple(self.gates))
        self.waiting = list[Waiting]()
        self.flying = list[tuple[Gate, str, float, bool]]()
        self.ended = self.asked = 0

    def _in_loop(self, work: Callable[[], Any]) -> Any:
        async def main() -> Any:
            result = work()
            self._nobody_waits_in_vain()  # before timers let the clock go on
            for _ in range(5):
                await asyncio.sleep(0)
            return result

        return self.loop.run_until_complete(main())

    def _nobody_waits_in_vain(self) -> None:
        if self.gates[0].governor.budget.down_since is not None:
            return
        now = self.clock.now()
        for call in self.waiting:
            if not call.turn.done():
                governor = call.gate.governor
                assert governor.next(now, call.route, is_retry=call.is_retry) > now

    def _collect(self) -> None:
        """Take up what was admitted or dismissed."""
        for call in [*self.waiting]:
            if call.turn.done():
                self.waiting.remove(call)
                if (admitted := call.turn.result()) is None:
                    self.ended += 1
                else:
                    left = (call.gate, call.route, admitted, call.is_retry)
                    self.flying.append(left)

    @rule(
        place=st.integers(0, 1), n=st.integers(1, 6), again=st.booleans(), route=ROUTE
    )
    def call(self, place: int, n: int, *, again: bool, route: str) -> None:
        gate = self.gates[place]
        is_retry = again and route == ROUTES[0]

        def work() -> None:
            for _ in range(n):
                self.asked += 1
                now = self.clock.now()
                if gate.enter(now, route, again=again, is_retry=is_retry):
                    self.flying.append((gate, route, gate.stamp, is_retry))
                else:
                    turn = gate.join(route, again=again, is_retry=is_retry)
                    self.waiting.append(Waiting(gate, turn, route, is_retry))

        self._in_loop(work)
        self._collect()

    @rule(passed_s=st.one_of(MOMENTS, AGES))
    def wait(self, passed_s: float) -> None:
        self.clock.time_s += passed_s
        self._in_loop(lambda: None)
        self._collect()

    @rule(place=PLACES, is_seen=st.booleans())
    def give_up(self, place: int, *, is_seen: bool) -> None:
        if not self.waiting:
            return
        call = self.waiting.pop(place % len(self.waiting))

        def work() -> None:
            if is_seen:  # its time comes, and the caller is cancelled just then
                call.gate.pump()
            call.turn.cancel()
            call.gate.desert(call.turn, is_retry=call.is_retry)
            self.ended += 1

        self._in_loop(work)
        self._collect()

    @rule(
        place=PLACES,
        kind=st.sampled_from(["answered", "throttled", "failed", "cancelled"]),
        asked_s=ASKED,
    )
    def end(self, place: int, kind: str, asked_s: float | None) -> None:
        if not self.flying:
            return
        gate, route, sent, is_retry = self.flying.pop(place % len(self.flying))

        def work() -> None:
            now = self.clock.now()
            if kind == "answered":
                gate.governor.answered(
                    now, route, sent=sent, latency_s=0.01, is_retry=is_retry
                )
            elif kind == "throttled":
                gate.governor.throttled(now, route, sent=sent, retry_after=asked_s)
            elif kind == "failed":
                gate.failed(now, route, sent, OSError("down"))
            gate.leave(sent, is_retry=is_retry)
            self.ended += 1

        self._in_loop(work)
        self._collect()

    @rule(place=st.integers(0, 1), n=st.integers(1, 12), route=ROUTE, asked_s=ASKED)
    def meet_a_limit(
        self, place: int, n: int, route: str, asked_s: float | None
    ) -> None:
        """Have requests of one route turned away, one after another."""
        gate = self.gates[place]

        def work() -> None:
            for _ in range(n):
                now = self.clock.now()
                if not gate.enter(now, route, again=True):
                    return
                sent = gate.stamp
                gate.governor.throttled(now, route, sent=sent, retry_after=asked_s)
                gate.leave(sent)

        self._in_loop(work)
        self._collect()

    @rule(place=st.integers(0, 1))
    def release(self, place: int) -> None:
        self._in_loop(self.gates[place].release)
        self._collect()

    @invariant()
    def holds(self) -> None:
        assert self.asked == self.ended + len(self.waiting) + len(self.flying)
        for gate in self.gates:
            concurrency = gate.governor.concurrency
            assert 1 <= concurrency.limit <= self.most
            assert concurrency.in_flight == sum(each[0] is gate for each in self.flying)
            assert concurrency.waiting == sum(
                each.gate is gate for each in self.waiting
            )
        self._nobody_waits_in_vain()

    @override
    def teardown(self) -> None:
        """The service is well: every call that waits leaves, or is dismissed."""
        if not hasattr(self, "gates"):
            return
        try:
            self._drain()
        finally:
            self.loop.close()

    def _drain(self) -> None:
        for _ in range(2000):
            if not (self.flying or self.waiting):
                break
            if self.flying:
                self.end(0, "answered", None)
            else:
                self.wait(1.0)
        self.holds()
        assert not self.waiting
        assert max(gate.queued for gate in self.gates) <= LITTER


TestGovernor: Any = GovernorMachine.TestCase
TestGovernor.settings = SCHEDULES
TestGate: Any = GateMachine.TestCase
TestGate.settings = SCHEDULES
