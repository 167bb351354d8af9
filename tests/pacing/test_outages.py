"""Failures of the service: what they cost, and how soon all is well again."""

import asyncio
import random
from collections.abc import Mapping

import pytest

from runloop_async.options import RetryPolicy
from runloop_async.pacing import Concurrency, Governor, RetryBudget
from runloop_async.pacing.gate import Gate
from runloop_async.pacing.limits import Limits
from runloop_async.sending.lanes import Lane, lanes
from runloop_async.wire.request import Workload
from runloop_async.wire.retry import Stop, Wait
from tests.fakes import FakeClock
from tests.sends import attempt as attempt_at
from tests.simulation import GET, Caller, Service, SimulatedClock, now, simulated

POST = "POST /v1/benchmark_runs"


class Outage:
    """A service that fails for ten seconds, and users who call again and again."""

    def __init__(self, begin: float = 3.0, end: float = 13.0) -> None:
        self.service = Service(service_s=0.1, fails=lambda at: begin <= at < end)
        self.caller = Caller(self.service)
        self.begin, self.end = begin, end

    async def used(self, until: float) -> None:
        async def user() -> None:
            while now() < until:
                await self.caller.call()

        await asyncio.gather(*(user() for _ in range(200)))

    def requests(self, begin: float, end: float) -> int:
        return sum(1 for at in self.service.times if begin <= at < end)


def test_an_outage_costs_one_request_for_each_call_and_the_budget() -> None:
    outage = Outage()

    simulated(outage.used(18))

    before = outage.requests(2, 3)
    assert outage.requests(3, 13) <= 200 + 100
    assert len(outage.caller.failures) <= 250
    assert outage.requests(16, 17) >= 0.98 * before
    peaks = [outage.requests(13 + n / 4, 13.25 + n / 4) * 4 for n in range(20)]
    assert max(peaks) <= 1.5 * before


def test_after_a_long_outage_calls_fail_that_were_never_sent() -> None:
    outage = Outage(begin=1.0, end=60.0)

    simulated(outage.used(30))

    unsent = [error for error in outage.caller.failures if error is None]
    assert len(unsent) >= 200
    trouble = outage.caller.lane.refusal()
    assert trouble.__cause__ is not None
    assert "503" in repr(trouble.__cause__) or "no" in str(trouble.__cause__)
    assert outage.requests(1, 30) <= 200 + 100 + 30


@pytest.mark.parametrize("seed", range(2))
def test_failures_that_come_and_go_lose_next_to_nothing(seed: int) -> None:
    dice = random.Random(seed)
    service = Service(fails=lambda _: dice.random() < 0.3)
    caller = Caller(service, seed)

    simulated(caller.gather(10_000))

    assert len(caller.failures) <= 10
    assert len(service.times) <= 1.6 * 10_000


def test_calls_that_fail_together_come_back_spread() -> None:
    left = iter(range(500))
    service = Service(service_s=0.02, fails=lambda _: next(left, None) is not None)
    caller = Caller(service, limits=Limits(api=600))

    simulated(caller.gather(500))

    times = caller.retries
    assert len(caller.done) == len(times) == 500
    most = max(sum(1 for at in times if start <= at < start + 0.05) for start in times)
    assert most <= 0.2 * 500


def test_one_call_alone_is_tried_as_often_as_its_policy_says() -> None:
    service = Service(fails=lambda _: True)
    caller = Caller(service, policy=RetryPolicy(max_retries=4))

    simulated(caller.gather(1))

    assert len(caller.failures) == 1
    assert len(service.times) == 5


def down(ways: Mapping[Workload, Lane]) -> None:
    """Let so many fail that the service is taken for down."""
    gate = ways[Workload.API].gate
    while not gate.governor.budget.is_down:
        gate.enter(now(), GET, again=True, is_retry=True)
        gate.failed(now(), GET, now(), OSError("down"))
    for _ in range(gate.governor.concurrency.in_flight):
        gate.leave(-1.0, is_retry=True)


def test_a_stream_that_stays_open_keeps_no_probe_back() -> None:
    async def main() -> None:
        ways = lanes(Limits(api=1_000), SimulatedClock(0))
        wait = ways[Workload.WAIT].gate
        assert wait.enter(now(), GET)  # and it stays
        down(ways)

        admitted = await wait.join(GET)

        assert admitted is not None
        assert 0.05 <= admitted < 1

    simulated(main())


def test_one_probe_at_a_time_is_sent_by_all_lanes_together() -> None:
    async def main() -> None:
        ways = lanes(Limits(api=1_000), SimulatedClock(0))
        down(ways)
        first = await ways[Workload.API].gate.join(GET)
        second = ways[Workload.WAIT].gate.join(GET)
        await asyncio.sleep(2)
        assert first is not None
        assert not second.done()

        ways[Workload.API].gate.leave(first)

        assert second.done()

    simulated(main())


def test_only_a_probe_makes_the_next_one_later() -> None:
    budget = RetryBudget()
    while not budget.is_down:
        budget.admitted(0.0, is_retry=True)
        budget.failed(0.0, 0.0)
    for _ in range(200):  # they were under way when it began
        budget.failed(0.01, 0.0)
    assert budget.next_probe == 0.05

    budget.admitted(0.05, is_retry=False)
    budget.failed(0.06, 0.05)
    budget.left(0.05, is_retry=False)

    assert budget.next_probe == pytest.approx(0.16)


def test_after_a_long_outage_the_waits_of_all_lanes_end() -> None:
    async def main() -> None:
        ways = lanes(Limits(api=1_000), SimulatedClock(0))
        down(ways)
        turns = [
            ways[kind].gate.join(GET) for kind in (Workload.WAIT, Workload.DOWNLOAD)
        ]
        gate = ways[Workload.API].gate
        while now() < 20:
            probe = await gate.join(GET)
            if probe is None:
                break
            gate.failed(now(), GET, probe, OSError("still down"))
            gate.leave(probe)

        assert [turn.result() for turn in turns] == [None, None]

    simulated(main())


def test_a_throttle_is_the_sign_of_a_service_that_works() -> None:
    async def main() -> None:
        ways = lanes(Limits(api=1_000), SimulatedClock(0))
        down(ways)
        gate = ways[Workload.API].gate
        probe = await gate.join(GET)
        assert probe is not None

        gate.governor.throttled(now(), GET, sent=probe, retry_after=None)

        assert not gate.governor.budget.is_down

    simulated(main())


def test_who_never_had_a_response_begins_with_one_and_grows_with_time() -> None:
    service = Service(service_s=5, fails=lambda at: at < 5)
    caller = Caller(service, limits=Limits(api=50))

    async def main() -> None:
        await caller.gather(300)
        await asyncio.sleep(max(0.0, 6 - now()))
        assert caller.done == []
        await caller.gather(100)

    simulated(main())

    assert len(caller.done) == 100
    # Three rounds of five seconds: one alone, and twice fifty.
    assert max(caller.done) <= 6 + 3 * 5 + 2


def test_a_fixed_number_at_once_is_reached_again_after_an_outage() -> None:
    service = Service(service_s=0.02, fails=lambda at: at < 5)
    caller = Caller(service, limits=Limits(api=50))

    async def main() -> None:
        await caller.gather(300)
        await asyncio.sleep(max(0.0, 6 - now()))
        await caller.gather(2_000)

    simulated(main())

    assert caller.lane.gate.governor.concurrency.limit == 50


@pytest.mark.parametrize("kind", ["is_patient", "is_throttled", ""])
def test_in_an_outage_waits_go_on_and_so_does_what_was_throttled(kind: str) -> None:
    lane = lanes(Limits(), SimulatedClock(0))[Workload.API]
    attempt = attempt_at("http://127.0.0.1")
    if kind == "is_patient":
        attempt.out.is_patient = True
    attempt.is_throttled = kind == "is_throttled"
    lane.gate.governor.budget.down_since = 1.0

    verdict = lane.confirm(Wait(2.0), attempt)

    assert verdict == (Wait(2.0) if kind else Stop(exhausted=True))


def test_each_call_waits_as_long_in_an_outage_whenever_it_was_made() -> None:
    outage = Outage(begin=0.0, end=100.0)
    waits = list[float]()

    async def late() -> None:
        began = now()
        await outage.caller.call()
        if outage.caller.failures[-1] is None:  # it was never sent
            waits.append(now() - began)

    async def all_of_them() -> None:
        users = asyncio.ensure_future(outage.used(40.0))
        await asyncio.sleep(2)
        calls = list[asyncio.Task[None]]()
        for _ in range(60):
            calls.append(asyncio.ensure_future(late()))
            await asyncio.sleep(0.25)
        await asyncio.gather(*calls)
        users.cancel()

    simulated(all_of_them())

    assert len(waits) > 20
    assert min(waits) >= 15.0


async def test_what_is_sent_again_waits_as_long_in_an_outage() -> None:
    clock = FakeClock()
    gate = Gate(Governor(Concurrency(1), RetryBudget()), clock)
    budget = gate.governor.budget
    assert gate.enter(0.0, GET)
    gate.governor.held["GET /held"] = 1e6
    old = [gate.join(GET, again=True), gate.join(GET), gate.join("GET /held")]
    gave_up = gate.join("GET /held")
    gave_up.cancel()
    gate.desert(gave_up)
    budget.down_since, clock.time_s = 1.0, 10.0
    young = [gate.join(GET, again=True), gate.join(GET), gate.join("GET /held")]

    clock.time_s = 20.0
    gate.failed(20.0, GET, 0.0, OSError("down"))

    assert [turn.done() for turn in old] == [True] * 3
    assert not any(turn.done() for turn in young)
    assert gate.governor.concurrency.waiting == 3
    gate.close()


async def test_a_line_that_was_ended_while_it_was_held_is_forgotten() -> None:
    clock = FakeClock()
    gate = Gate(Governor(Concurrency(1), RetryBudget()), clock)
    gate.governor.held[GET] = 5.0
    ended = gate.join(GET, again=True)
    gate.release()
    assert gate.enter(0.0, "GET /free")
    free = gate.join("GET /free", again=True)

    clock.time_s = 6.0
    gate.leave(0.0)
    gate.pump()

    assert ended.result() is None
    assert free.done()
    assert gate.queued == 0


async def test_calls_that_were_held_keep_their_age_among_others() -> None:
    clock = FakeClock()
    gate = Gate(Governor(Concurrency(20, is_fixed=True), RetryBudget()), clock)
    while gate.enter(clock.now(), GET):
        gate.governor.throttled(0.0, GET, sent=gate.stamp, retry_after=None)
        gate.leave(gate.stamp)
    while gate.enter(clock.now(), POST):
        gate.governor.throttled(0.0, POST, sent=gate.stamp, retry_after=None)
        gate.leave(gate.stamp)
    gate.governor.held[POST] = 0.002
    old = gate.join(POST)
    clock.time_s = 0.001
    young = gate.join(GET)
    clock.time_s = 0.003  # both wait for the pace, which they share, from here on
    gate.pump()

    gate.release_older(0.0005, None)

    assert (old.done(), young.done()) == (True, False)
    gate.close()
