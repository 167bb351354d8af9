"""Refusals, outages and holds that are late, long or of one route alone."""

import asyncio
from functools import partial

import pytest

from runloop_async.annotations import override
from runloop_async.pacing import Concurrency, Governor, RetryBudget, Shared
from runloop_async.pacing.gate import Gate
from runloop_async.pacing.limits import Limits
from tests.fakes import FakeClock
from tests.simulation import GET, Caller, Service, now, simulated

POST = "POST /v1/benchmark_runs"


class Refusing(Service):
    """A service that refuses the requests that come at some times."""

    def __init__(
        self, service_s: float, refused_at: list[float], late_s: float = 0.0
    ) -> None:
        super().__init__(service_s=service_s)
        self._refused_at = refused_at
        self._late_s = late_s

    @override
    async def answer(self, route: str) -> int:
        if self._refused_at and now() >= self._refused_at[0]:
            self._refused_at.pop(0)
            await asyncio.sleep(self._late_s)
            return 429
        return await super().answer(route)


@pytest.mark.parametrize("most", [40, 256])
def test_a_refusal_while_more_is_tried_takes_back_what_the_trial_added(
    most: int,
) -> None:
    concurrency = Concurrency(most)
    concurrency.waiting = 10_000
    clock_s = 0.0

    def run(seconds: float) -> None:
        nonlocal clock_s
        for _ in range(int(seconds / 0.25)):
            clock_s += 0.25
            while concurrency.room_at(clock_s) <= clock_s:
                concurrency.admitted(clock_s)
            for _ in range(concurrency.in_flight):
                concurrency.answered(clock_s, 0.25, is_paced=False)
                concurrency.left()

    run(5)
    sustained = concurrency.limit
    assert sustained > 16
    for _ in range(sustained):
        concurrency.admitted(clock_s)
    concurrency.throttled(clock_s, clock_s)
    for _ in range(sustained):
        concurrency.left()
    run(15)

    sent = clock_s
    for _ in range(concurrency.limit):
        concurrency.admitted(clock_s)
    concurrency.throttled(clock_s, sent)

    assert sustained // 2 <= concurrency.limit <= most


def test_two_refusals_in_a_long_bulk_stop_nothing() -> None:
    caller = Caller(Refusing(1.0, [2.0, 15.0]), limits=Limits())

    simulated(caller.gather(6_000))

    assert len(caller.done) == 6_000
    assert caller.lane.gate.governor.concurrency.limit >= 100


def test_refusals_that_come_late_lose_no_result() -> None:
    caller = Caller(Refusing(0.02, [0.1, 0.11, 0.12, 0.13, 0.14], late_s=2.5))

    async def main() -> None:
        await caller.gather(4_000)
        while now() < 6:
            await caller.gather(20)

    simulated(main())

    assert caller.failures == []
    assert len(caller.done) >= 4_000


@pytest.mark.parametrize("asked_s", [30.0, 3000.0])
def test_only_the_route_waits_for_which_the_server_names_a_time(
    asked_s: float,
) -> None:
    class Quota(Service):
        @override
        async def answer(self, route: str) -> int:
            if route == POST:
                await asyncio.sleep(0.001)
                return 429
            return await super().answer(route)

    service = Quota(service_s=0.02, retry_after=asked_s)
    caller = Caller(service)

    async def main() -> None:
        posts = [asyncio.ensure_future(caller.call(POST)) for _ in range(8)]
        await asyncio.sleep(0.5)
        await caller.gather(1_000, GET)
        assert now() < 5
        for post in posts:
            post.cancel()
        await asyncio.wait(posts)

    simulated(main())

    assert len(caller.done) == 1_000


def test_a_time_that_is_too_long_to_wait_for_holds_nothing_up() -> None:
    governor = Governor(Concurrency(100), RetryBudget(), hold_most_s=10.0)
    for n in range(8):
        governor.admitted(n * 0.01, GET)
        governor.throttled(n * 0.01, GET, sent=n * 0.01, retry_after=3000.0)
        governor.left(n * 0.01)

    assert governor.held == {}
    assert governor.next(1.0, GET) <= 1.0


@pytest.mark.parametrize("idle_s", [20.0, 8 * 3600.0])
def test_an_outage_is_forgotten_when_nothing_is_asked_for_a_while(
    idle_s: float,
) -> None:
    service = Service(service_s=0.02, fails=lambda _: True)
    caller = Caller(service)

    async def main() -> None:
        await caller.gather(500)
        assert caller.lane.gate.governor.budget.is_down
        await asyncio.sleep(idle_s)
        caller.failures.clear()
        left = iter([True])  # one more failure, then all is well
        service.fails = lambda _: next(left, False)
        await caller.gather(1_000)

    simulated(main())

    assert caller.failures == []
    assert len(caller.done) == 1_000


def test_patience_begins_with_the_first_call_that_waits() -> None:
    service = Service(service_s=0.02, fails=lambda _: True)
    caller = Caller(service)

    async def main() -> None:
        await caller.gather(500)
        while now() < 40:  # few calls, so that the outage is not forgotten
            await caller.call()
            await asyncio.sleep(1)
        caller.failures.clear()
        back_at = now() + 3
        service.fails = lambda at: at < back_at
        await caller.gather(500)

    simulated(main())

    assert len(caller.failures) <= 20


def test_another_probe_follows_one_that_has_no_answer() -> None:
    budget = RetryBudget()
    while not budget.is_down:
        budget.admitted(0.0, is_retry=True)
        budget.failed(0.0, 0.0)
    budget.admitted(0.05, is_retry=False)

    assert budget.next_probe == pytest.approx(3.05)


def test_a_short_call_is_the_probe_before_a_long_poll() -> None:
    budget = RetryBudget()
    short = Concurrency(10)
    long_polls = Governor(Concurrency(10), budget, short_calls=short)
    while not budget.is_down:
        budget.admitted(0.0, is_retry=True)
        budget.failed(0.0, 0.0)

    assert long_polls.next(1.0, GET) <= 1.0
    short.waiting = 1
    assert 1.0 < long_polls.next(1.0, GET) < 2.0


def test_failures_hours_apart_are_no_outage() -> None:
    budget = RetryBudget()
    for _ in range(200):
        budget.admitted(0.0, is_retry=True)
    for hour in range(20):
        budget.failed(hour * 3600.0, hour * 3600.0)

    assert not budget.is_down


def test_a_route_that_is_always_refused_ends_although_others_succeed() -> None:
    class One(Service):
        @override
        async def answer(self, route: str) -> int:
            return 429 if route == POST else await super().answer(route)

    caller = Caller(One(service_s=0.01))

    async def main() -> None:
        post = asyncio.ensure_future(caller.call(POST))
        while not post.done():
            await caller.gather(5)
            assert now() < 200

    simulated(main())

    assert len(caller.failures) == 1


def test_where_half_of_a_route_is_refused_there_is_an_end_too() -> None:
    service = Service(service_s=0.01)
    doomed = set[int]()

    class Picky(Service):
        @override
        async def answer(self, route: str) -> int:
            if id(asyncio.current_task()) in doomed:
                await asyncio.sleep(0.05)  # meanwhile others succeed
                return 429
            return await super().answer(route)

    caller = Caller(Picky(service_s=service.service_s))

    async def main() -> None:
        one = asyncio.ensure_future(caller.call())
        doomed.add(id(one))
        while not one.done():
            await caller.gather(5)
            assert now() < 1_000

    simulated(main())

    assert len(caller.failures) == 1


def test_those_who_gave_up_leave_the_queue_behind_a_head_that_waits() -> None:
    caller = Caller(Service(service_s=100.0), limits=Limits(api=1))
    gate = caller.lane.gate

    async def main() -> None:
        calls = [asyncio.ensure_future(caller.call()) for _ in range(5_000)]
        await asyncio.sleep(0.1)
        for call in calls[2:]:
            call.cancel()
        await asyncio.sleep(0.1)
        assert gate.queued <= 100
        assert gate.governor.concurrency.waiting == 1
        for call in calls:
            call.cancel()
        await asyncio.wait(calls)

    simulated(main())


async def test_those_who_gave_up_leave_the_lines_of_their_routes_too() -> None:
    clock = FakeClock()
    gate = Gate(Governor(Concurrency(1, is_fixed=True), RetryBudget()), clock)
    assert gate.enter(0.0, GET)
    again = [gate.join(GET, again=True) for _ in range(100)]
    other = [gate.join(POST, again=True) for _ in range(2)]

    for turn in [*other, *again]:
        turn.cancel()
        gate.desert(turn)

    assert gate.queued <= 2 + 64
    last = gate.join(POST, again=True)
    gate.leave(0.0)
    assert last.done()


def test_what_is_remembered_of_routes_is_bounded() -> None:
    governor = Governor(Concurrency(10), RetryBudget())
    governor.admitted(0.0, GET)
    governor.throttled(0.0, GET, sent=0.0, retry_after=None)
    for n in range(3_000):
        route = f"GET /v1/things/{n}"
        governor.admitted(1.0, route)
        governor.answered(1.0, route, sent=1.0, latency_s=0.01)
        governor.left(1.0)

    for kept in (governor._by_route, governor._succeeded):  # pyright: ignore[reportPrivateUsage]
        assert len(kept) <= 1_025


def test_a_lane_that_shares_nothing_has_no_files_to_lose() -> None:
    lane = Concurrency(5, is_fixed=True)

    lane.no_files(0.0)

    assert lane.room_at(0.0) <= 0.0


def test_a_bound_far_below_what_is_in_flight_grows_without_room() -> None:
    shared = Shared(10)
    lane = Concurrency(20, is_fixed=True, shared=shared)
    for _ in range(10):
        lane.admitted(0.0)
    shared.size = 5  # as after several refusals, most of which are still in flight

    assert lane.room_at(1.5) == pytest.approx(2.5)
    assert shared.size == 6


def test_a_system_without_files_is_asked_for_no_more_connections_than_now() -> None:
    shared = Shared(100)
    lane = Concurrency(100, is_fixed=True, shared=shared)
    for _ in range(60):
        lane.admitted(0.0)

    lane.no_files(0.0)
    for _ in range(60):
        lane.left()

    assert shared.size == 59
    for _ in range(59):
        assert lane.room_at(0.1) <= 0.1
        lane.admitted(0.1)
    assert lane.room_at(0.1) == pytest.approx(1.0)
    assert lane.room_at(1.0) <= 1.0
    assert shared.size == 66
    for _ in range(12):
        lane.left()
    for second in range(2, 12):
        for _ in range(70):
            if lane.room_at(float(second)) <= second:
                lane.admitted(float(second))
    assert shared.size == 100


def test_what_fails_in_pacing_costs_no_call(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caller = Caller(Service(service_s=0.01, bound=partial(Service)().bound))

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    for name in ("answered", "throttled"):
        monkeypatch.setattr(Concurrency, name, broken)

    simulated(caller.gather(1_000))

    assert len(caller.done) == 1_000
    assert len(caplog.records) == 1
    assert "fixed bounds" in caplog.text
    assert 10 <= caller.lane.gate.governor.concurrency.limit <= 20


def test_only_so_many_routes_are_remembered() -> None:
    governor = Governor(Concurrency(10), RetryBudget())
    for number in range(5000):
        route, at = f"GET /v1/own/{number}", 100.0 + number
        governor.admitted(at, route, is_retry=False)
        governor.throttled(at + 0.5, route, sent=at, retry_after=10.0)

    assert 0 < len(governor.held) < 2000
