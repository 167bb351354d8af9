"""Who leaves when: order, cancels, and nothing that is left behind."""

import asyncio
import random

import pytest

from runloop_async import AsyncRunloop
from runloop_async.annotations import override
from runloop_async.errors import (
    APIConnectionError,
    ClientClosedError,
    InternalServerError,
)
from runloop_async.pacing import Concurrency, Governor, Pace, RetryBudget, Shared
from runloop_async.pacing.gate import Gate
from runloop_async.pacing.limits import Limits
from runloop_async.pacing.line import Turn
from runloop_async.resources.benchmark_runs import BenchmarkRuns
from runloop_async.sending.lanes import lanes
from runloop_async.wire.request import Workload
from tests.fakes import FakeClock
from tests.rawserver import RawServer, http_json, then_hang
from tests.sends import attempt, sending
from tests.simulation import (
    GET,
    Bucket,
    Caller,
    Service,
    SimulatedClock,
    now,
    simulated,
)
from tests.turns import settle


def gate_of(most: int, clock: FakeClock | None = None) -> Gate:
    concurrency = Concurrency(most, is_fixed=True)
    return Gate(Governor(concurrency, RetryBudget()), clock or FakeClock())


def turns(gate: Gate, n: int) -> list[Turn]:
    return [gate.join(GET) for _ in range(n)]


async def test_who_comes_first_leaves_first() -> None:
    gate = gate_of(1)
    assert gate.enter(0.0, GET)
    waiting = turns(gate, 3)
    for leaving in range(3):
        gate.leave(0.0)

        assert [turn.done() for turn in waiting] == [n <= leaving for n in range(3)]


async def test_who_is_sent_again_passes_those_who_are_new() -> None:
    gate = gate_of(1)
    assert gate.enter(0.0, GET)
    new = gate.join(GET)
    again = gate.join(GET, again=True)
    second = gate.join(GET, again=True)

    assert not gate.enter(0.0, GET)
    assert not gate.enter(0.0, GET, again=True)
    gate.leave(0.0)

    assert (again.done(), second.done(), new.done()) == (True, False, False)


async def test_a_wait_that_is_cancelled_is_passed_over() -> None:
    gate = gate_of(1)
    assert gate.enter(0.0, GET)
    first, second = turns(gate, 2)
    first.cancel()
    gate.desert(first)

    gate.leave(0.0)

    assert second.done()
    assert gate.governor.concurrency.waiting == 0


async def test_a_turn_that_came_too_late_is_given_to_the_next() -> None:
    gate = gate_of(1)
    assert gate.enter(0.0, GET)
    first, second = turns(gate, 2)
    gate.leave(0.0)
    assert first.done()

    gate.desert(first)

    assert second.done()


async def test_a_turn_that_was_dismissed_gives_nothing_back() -> None:
    gate = gate_of(1)
    assert gate.enter(0.0, GET)
    (turn,) = turns(gate, 1)

    gate.release()
    gate.desert(turn)

    assert turn.result() is None
    assert gate.governor.concurrency.in_flight == 1
    assert gate.governor.concurrency.waiting == 0


async def test_closing_stops_the_timer() -> None:
    gate = gate_of(5)
    gate.governor.own[GET] = Pace(0.0, 10.0, is_limit=True)
    gate.governor.admitted(0.0, GET)
    (turn,) = turns(gate, 1)

    gate.close()
    await settle()

    assert turn.result() is None
    assert gate.governor.concurrency.in_flight == 1


async def test_those_who_wait_for_their_own_route_let_others_pass() -> None:
    clock = FakeClock()
    gate = gate_of(1, clock)
    governor = gate.governor
    assert gate.enter(0.0, "GET /free")
    slow, free = gate.join("GET /slow"), gate.join("GET /free")
    governor.own["GET /slow"] = Pace(0.0, 10.0, is_limit=True)
    governor.own["GET /slow"].admitted(0.0)

    gate.leave(0.0)
    assert (slow.done(), free.done()) == (False, True)
    gate.leave(0.0)
    await settle()  # and the clock goes on

    assert slow.done()


async def test_a_route_that_was_never_refused_passes_those_that_were() -> None:
    clock = FakeClock()
    gate = gate_of(20, clock)
    while gate.enter(0.0, GET):
        gate.governor.throttled(0.0, GET, sent=gate.stamp, retry_after=None)
        gate.leave(gate.stamp)
    paced = turns(gate, 3)
    again = gate.join(GET, again=True)

    assert gate.enter(0.0, "GET /free")
    await settle()  # and the clock goes on

    assert not any(turn.cancelled() for turn in (again, *paced))
    stamps = [turn.result() or 0.0 for turn in (again, *paced)]
    assert stamps == sorted(stamps)
    assert stamps[0] > 0.0


async def test_lines_that_are_held_cost_nothing_until_then() -> None:
    n = 500
    gate = gate_of(10)
    looked = list[str]()

    class Counting(Governor):
        @override
        def next(self, now: float, route: str, *, is_retry: bool = False) -> float:
            looked.append(route)
            return super().next(now, route, is_retry=is_retry)

    gate.governor = Counting(gate.governor.concurrency, gate.governor.budget)
    routes = [f"GET /{n}" for n in range(n)]
    gate.governor.held |= dict.fromkeys(routes, 5.0)
    held = [gate.join(route, again=True) for route in routes]
    for _ in range(n):
        assert gate.enter(0.0, GET)
        gate.leave(0.0)
    assert len(looked) <= 4 * n

    await settle()  # the clock goes on
    while not all(turn.done() for turn in held):
        gate.leave(0.0)

    assert len(looked) <= 10 * n


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", ["free", "limited", "flaky"])
def test_cancels_at_any_moment_leave_nothing_behind(kind: str, seed: int) -> None:
    dice = random.Random(seed)
    service = Service(
        Bucket(200 if kind == "limited" else 1e9),
        service_s=0.02,
        retry_after=1.0,
        fails=lambda _: kind == "flaky" and dice.random() < 0.4,
    )
    caller = Caller(service, seed, limits=Limits(api=None if seed % 2 else 20))
    concurrency = caller.lane.gate.governor.concurrency
    budget = caller.lane.gate.governor.budget

    async def main() -> None:
        tasks = [asyncio.ensure_future(caller.call()) for _ in range(600)]
        while any(not task.done() for task in tasks):
            await asyncio.sleep(0.05 * dice.random())
            for task in dice.sample(tasks, 20):
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (concurrency.in_flight, concurrency.waiting) == (0, 0)
        await asyncio.sleep(20)
        before = len(caller.done)
        await caller.gather(100)
        assert len(caller.done) + len(caller.failures) >= before + 100

    simulated(main())

    assert (concurrency.in_flight, concurrency.waiting) == (0, 0)
    assert budget.allows


def test_a_retry_waits_for_no_more_than_those_of_other_lanes() -> None:
    async def main() -> None:
        ways = lanes(Limits(api=500), SimulatedClock(0))
        budget = ways[Workload.API].gate.governor.budget
        gates = [ways[kind].gate for kind in (Workload.API, Workload.DOWNLOAD)]
        while budget.allows:
            assert gates[0].enter(now(), GET, again=True, is_retry=True)
        turn = gates[1].join(GET, again=True, is_retry=True)
        for left in range(gates[0].governor.concurrency.in_flight, 0, -1):
            assert not turn.done(), left
            gates[0].leave(now(), is_retry=True)

        assert turn.done()

    simulated(main())


async def test_closing_ends_the_waits_of_calls_that_were_never_sent() -> None:
    async with RawServer(then_hang()) as server:
        client = AsyncRunloop(
            base_url=server.url, bearer_token="key", limits=Limits(api=1)
        )
        calls = [client.benchmark_runs.retrieve("bmr_1") for _ in range(3)]
        tasks = [asyncio.ensure_future(call) for call in calls]
        await server.has_got(1)

        await client.aclose()

        ends = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(end) for end in ends] == [ClientClosedError] * 3


async def test_in_a_long_outage_a_call_says_that_nothing_was_sent() -> None:
    clock = FakeClock()
    async with (
        RawServer(http_json({}, status=503)) as server,
        sending(server.url, clock=clock, limits=Limits(api=20)) as runner,
    ):
        reads = BenchmarkRuns(runner)
        ends = await asyncio.gather(
            *(reads.retrieve("bmr_1") for _ in range(400)), return_exceptions=True
        )

    unsent = [end for end in ends if isinstance(end, APIConnectionError)]
    assert unsent
    assert {(end.sent, end.attempts, end.route) for end in unsent} == {
        (False, 0, "/v1/benchmark_runs/{id}")
    }
    assert isinstance(unsent[0].__cause__, InternalServerError)
    assert len(server.requests) <= 20 * 2 + 100 + 40


def test_a_timer_for_later_gives_way_to_one_for_sooner() -> None:
    caller = Caller(Service(), limits=Limits(api=5))
    gate = caller.lane.gate

    async def main() -> None:
        gate.governor.own["slow"] = Pace(0.0, 10.0, is_limit=True)
        gate.governor.held["slow"] = 5.5
        gate.governor.own["quick"] = Pace(0.0, 10.0, is_limit=True)
        gate.governor.own["quick"].admitted(0.0)
        await asyncio.gather(caller.call("slow"), caller.call("quick"))

    simulated(main())

    quick, slow = caller.done
    assert (quick < 1, slow > 5.5) == (True, True)


class Blocks:
    """Permits in blocks of five, each valid a second after the one before."""

    block = 5

    def __init__(self, error: Exception | None = None) -> None:
        self.reserved = 0
        self._error = error

    async def reserve(self, n: int, /) -> float:
        self.reserved += n
        await asyncio.sleep(0.01)
        if self._error is not None and self.reserved > 5:
            raise self._error
        return self.reserved / 5 - now()


def test_permits_of_others_are_waited_for() -> None:
    permits = Blocks()
    caller = Caller(Service(), limits=Limits(rate=permits))

    simulated(caller.gather(20))

    assert permits.reserved == 20
    assert 4.0 <= max(caller.done) <= 4.1
    for second in range(1, 5):
        assert sum(1 for at in caller.done if at < second) <= 5 * (second - 1)


def test_permits_that_nobody_waits_for_are_left_alone() -> None:
    lane = lanes(Limits(rate=Blocks()), SimulatedClock(0))[Workload.API]

    lane.gate.close()

    assert lane.gate.governor.concurrency.waiting == 0


def test_permits_under_way_are_given_up_with_the_client() -> None:
    permits = Blocks()

    async def main() -> None:
        lane = lanes(Limits(rate=permits), SimulatedClock(0))[Workload.API]
        waiting = asyncio.ensure_future(lane.enter(attempt("http://localhost")))
        await asyncio.sleep(0)
        lane.gate.close()
        assert not await waiting
        await asyncio.sleep(0)
        assert len(asyncio.all_tasks()) == 1

    simulated(main())


async def test_places_in_common_are_not_for_short_calls_alone() -> None:
    clock, shared, budget = FakeClock(), Shared(8), RetryBudget()
    short = Concurrency(8, is_fixed=True, shared=shared)
    long = Concurrency(2, is_fixed=True, shared=shared)
    gates = [
        Gate(Governor(short, budget), clock),
        Gate(Governor(long, budget, short_calls=short), clock),
    ]
    for gate in gates:
        gate.share_with(gates)
    for _ in range(8):
        assert gates[0].enter(0.0, GET)
    before = [gates[0].join(GET) for _ in range(100)]
    late = gates[1].join(GET)

    gates[0].leave(0.0)

    assert late.done()
    assert not any(turn.done() for turn in before)
