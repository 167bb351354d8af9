"""Connections follow the latency of the service."""

import asyncio
import math
import sys

import pytest

from runloop_async.annotations import override
from runloop_async.pacing import Concurrency, Governor, RetryBudget
from runloop_async.pacing.gate import Gate
from runloop_async.pacing.limits import Limits
from tests.fakes import FakeClock
from tests.simulation import GET, Caller, Service, simulated


@pytest.mark.parametrize(
    ("service_s", "least", "most"),
    [(0.001, 10, 100), (0.02, 100, 250), (0.2, 500, 1000)],
)
def test_a_slow_service_gets_many_and_a_quick_one_few(
    service_s: float, least: int, most: int
) -> None:
    caller = Caller(Service(service_s=service_s))

    simulated(caller.gather(6_000))

    assert least <= caller.lane.gate.governor.concurrency.limit <= most


def test_a_far_service_costs_few_round_trips() -> None:
    caller = Caller(Service(service_s=0.2))

    simulated(caller.gather(10_000))

    assert max(caller.done) <= 3.0


def test_a_burst_that_holds_up_the_event_loop_is_no_slow_service() -> None:
    """All calls of a gather begin in one turn, which takes its time."""
    clock = FakeClock()
    gate = Gate(Governor(Concurrency(1000), RetryBudget()), clock)
    entered = 0
    for _ in range(1_000):
        clock.time_s += 0.0001
        entered += gate.enter(clock.now(), GET)

    assert entered == 10


def test_before_any_response_time_brings_one_more_at_a_time() -> None:
    concurrency = Concurrency(1000)
    for _ in range(10):
        concurrency.admitted(0.0)

    limits = list[int]()
    for now in (0.001, 0.003, 0.004, 0.5, 0.503):
        concurrency.ramp(now)
        limits.append(concurrency.limit)

    assert limits == [10, 11, 11, 12, 13]
    assert concurrency.room_at(0.503) == -math.inf


def test_a_service_that_queues_gets_no_more() -> None:
    workers = asyncio.Semaphore(20)

    class Queueing(Service):
        @override
        async def answer(self, route: str) -> int:
            async with workers:
                return await super().answer(route)

    caller = Caller(Queueing(service_s=0.1))

    simulated(caller.gather(1_000))

    assert caller.lane.gate.governor.concurrency.limit <= 150


def test_what_is_not_needed_is_given_up() -> None:
    caller = Caller(Service(service_s=0.2))
    concurrency = caller.lane.gate.governor.concurrency

    async def main() -> None:
        await caller.gather(6_000)
        grown = concurrency.limit
        await asyncio.sleep(20)
        for _ in range(20):
            await caller.gather(50)
        assert concurrency.limit == max(100, grown - 1_000)

    simulated(main())


def test_where_there_is_no_limit_on_files_there_is_one_on_connections(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "resource", None)

    caller = Caller(Service(service_s=2.0))
    simulated(caller.gather(6_000))

    assert caller.lane.gate.governor.concurrency.limit == 1_000


def test_a_number_that_is_set_is_kept() -> None:
    service = Service(service_s=0.1)
    caller = Caller(service, limits=Limits(api=20))

    simulated(caller.gather(200))

    assert caller.lane.gate.governor.concurrency.limit == 20
    assert len(service.times) == 200
    assert max(caller.done) == pytest.approx(1.0)


def test_a_rate_that_is_set_is_kept() -> None:
    service = Service()
    caller = Caller(service, limits=Limits(rate=100))

    simulated(caller.gather(1_000))

    assert max(caller.done) == pytest.approx(10, rel=0.02)
    busiest = max(
        sum(1 for at in service.times if start <= at < start + 1) for start in range(10)
    )
    assert busiest <= 103
