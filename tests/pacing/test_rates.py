"""Rates that services allow are found, kept and shared; in simulated time."""

import asyncio
from collections.abc import Callable

import pytest

from runloop_async.options import RetryPolicy
from runloop_async.pacing.limits import Limits
from tests.simulation import (
    GET,
    Bound,
    Bucket,
    Caller,
    Service,
    Window,
    now,
    simulated,
)

BOUNDS = [Bucket, Window]


async def thirty_seconds(service: Service, rate: int) -> Caller:
    """Make as many calls at once as the service allows in half a minute."""
    caller = Caller(service)
    await caller.gather(30 * rate)
    return caller


@pytest.mark.parametrize("retry_after", [1.0, None])
@pytest.mark.parametrize("rate", [100, 300])
@pytest.mark.parametrize("bound", BOUNDS)
def test_all_that_is_allowed_is_used_and_little_is_refused(
    bound: Callable[[float], Bound], rate: int, retry_after: float | None
) -> None:
    service = Service(bound(rate), retry_after=retry_after)

    caller = simulated(thirty_seconds(service, rate))

    assert caller.failures == []
    assert len(caller.done) == 30 * rate
    assert caller.goodput() >= 0.95 * rate
    assert service.rejected <= 0.02
    assert caller.early == 0


@pytest.mark.parametrize("bound", BOUNDS)
def test_a_slow_service_makes_no_difference(bound: Callable[[float], Bound]) -> None:
    service = Service(bound(100), service_s=0.2, retry_after=1.0)

    caller = simulated(thirty_seconds(service, 100))

    assert caller.failures == []
    assert caller.goodput() >= 0.94 * 100
    assert service.rejected <= 0.025


@pytest.mark.parametrize(("service_s", "whole"), [(0.04, 0.85), (0.2, 0.95)])
def test_a_bound_on_concurrency_is_found(service_s: float, whole: float) -> None:
    async def calls(n: int) -> None:
        await caller.gather(n)

    service = Service(service_s=service_s, at_once=40)
    caller = Caller(service)
    best = 40 / service_s

    simulated(calls(int(8 * best)))

    assert caller.failures == []
    assert len(caller.done) / max(caller.done) >= whole * best
    assert service.rejected <= 0.02


async def changed(
    caller: Caller, limit: Bucket | Window, rate: float, *, calls: int, until: float
) -> None:
    """Make more calls than there is time for, and change the limit after 8 s."""
    work = asyncio.ensure_future(caller.gather(calls))
    await asyncio.sleep(8)
    limit.rate = rate
    await asyncio.sleep(until - 8)
    work.cancel()


@pytest.mark.parametrize("bound", BOUNDS)
def test_a_rate_that_halves_is_obeyed_at_once(
    bound: Callable[[float], Bucket | Window],
) -> None:
    limit = bound(300)
    service = Service(limit)
    caller = Caller(service)

    simulated(changed(caller, limit, 150, calls=6_000, until=26))

    since = [at for at in service.throttled if at >= 8]
    assert len(since) <= 0.05 * sum(1 for at in service.times if at >= 8)
    settled = [at for at in caller.done if 14 <= at < 26]
    assert len(settled) >= 0.95 * 150 * 12


@pytest.mark.parametrize("bound", BOUNDS)
def test_a_rate_that_doubles_is_found(
    bound: Callable[[float], Bucket | Window],
) -> None:
    limit = bound(150)
    caller = Caller(Service(limit))

    simulated(changed(caller, limit, 300, calls=10_000, until=36))

    assert sum(1 for at in caller.done if 30 <= at < 35) >= 0.9 * 1_500


async def together(callers: list[Caller], rate: int, seconds: int) -> list[int]:
    """Let clients with one key begin one after another; count what each gets."""
    calls = 2 * rate * seconds // len(callers)  # more than there is time for
    work = [asyncio.ensure_future(each.gather(calls)) for each in callers]
    await asyncio.sleep(seconds)
    for task in work:
        task.cancel()
    return [sum(1 for at in each.done if at > 3) for each in callers]


@pytest.mark.parametrize(("bound", "least"), [(Bucket, 0.35), (Window, 0.25)])
def test_two_clients_with_one_key_share_its_rate(
    bound: Callable[[float], Bound], least: float
) -> None:
    service = Service(bound(300), retry_after=1.0)
    callers = [Caller(service, seed) for seed in range(2)]

    got = simulated(together(callers, 300, 25))

    assert min(got) >= least * sum(got)
    assert sum(got) >= 0.95 * 300 * 22
    assert service.rejected <= 0.02


def test_who_comes_later_catches_up_in_a_fixed_window() -> None:
    service = Service(Window(200))
    callers = [Caller(service, seed) for seed in range(2)]

    async def main() -> None:
        first = asyncio.ensure_future(callers[0].gather(9_000))
        await asyncio.sleep(0.3)
        second = asyncio.ensure_future(callers[1].gather(9_000))
        await asyncio.sleep(40)
        first.cancel()
        second.cancel()

    simulated(main())

    later = [sum(1 for at in each.done if at > 25) for each in callers]
    assert min(later) >= 0.25 * sum(later)


@pytest.mark.parametrize("bound", BOUNDS)
def test_twelve_clients_that_begin_at_once(bound: Callable[[float], Bound]) -> None:
    service = Service(bound(300), retry_after=1.0)
    callers = [Caller(service, seed) for seed in range(12)]

    got = simulated(together(callers, 300, 30))

    assert sum(got) >= 0.95 * 300 * 27
    assert service.rejected <= 0.05


@pytest.mark.parametrize("retry_after", [1.0, None])
def test_calls_that_are_throttled_together_come_back_spread(
    retry_after: float | None,
) -> None:
    service = Service(Nothing(500), retry_after=retry_after)
    caller = Caller(service, limits=Limits(api=600))

    simulated(caller.gather(500))

    assert len(caller.done) == len(caller.retries) == 500
    assert most_within(0.05, caller.retries) <= 0.2 * 500
    assert caller.early == 0


class Nothing:
    """Refuses a number of requests, and no more after them."""

    def __init__(self, refused: int) -> None:
        self._left = refused

    def allows(self, now: float) -> bool:
        self._left -= 1
        return self._left < 0 <= now


def most_within(width_s: float, times: list[float]) -> int:
    return max(
        sum(1 for at in times if start <= at < start + width_s) for start in times
    )


def test_a_route_with_a_limit_of_its_own_holds_up_no_other() -> None:
    service = Service(service_s=0.05, retry_after=1.0, bounds={"LIST": Bucket(20)})
    caller = Caller(service)
    ended = dict[str, float]()

    async def one(number: int) -> None:
        route = "LIST" if number % 25 == 0 else GET
        await caller.call(route)
        ended[route] = now()

    async def main() -> None:
        await asyncio.gather(*(one(number) for number in range(10_000)))

    simulated(main())

    assert caller.failures == []
    assert ended[GET] <= 7  # 9,600 calls take 5 s at best with a hundred at once
    assert ended["LIST"] <= 1.1 * 400 / 20


def test_routes_with_one_limit_share_it() -> None:
    service = Service(Bucket(300), retry_after=1.0)
    caller = Caller(service)

    async def main() -> None:
        await asyncio.gather(*(caller.call(f"GET {n % 5}") for n in range(6_000)))

    simulated(main())

    assert caller.failures == []
    assert caller.goodput() >= 0.95 * 300
    assert service.rejected <= 0.02


def test_a_limit_that_was_not_met_for_long_is_forgotten() -> None:
    service = Service(Nothing(1), retry_after=1.0, bounds={"LIST": Nothing(30)})
    caller = Caller(service)
    governor = caller.lane.gate.governor

    async def main() -> None:
        await caller.gather(500)
        await asyncio.gather(*(caller.call("LIST") for _ in range(20)))
        await asyncio.sleep(700)
        await caller.gather(2)
        await caller.call("LIST")

    simulated(main())

    assert governor.pace is None
    assert governor.own == {}


def test_a_service_that_refuses_everything_ends_each_call() -> None:
    service = Service(Nothing(10**9))
    caller = Caller(service, policy=RetryPolicy(max_retries=3))

    simulated(caller.gather(20))

    assert len(caller.failures) == 20
    assert len(service.times) == 20 * 4


def test_a_quota_of_a_minute_is_outlasted() -> None:
    service = Service(Minute(200), retry_after=None)
    caller = Caller(service, policy=RetryPolicy(max_retries=10))

    simulated(caller.gather(500))

    assert caller.failures == []
    assert service.rejected <= 0.25


class Minute:
    """So many requests in each minute."""

    def __init__(self, quota: int) -> None:
        self._quota = quota
        self._used = dict[int, int]()

    def allows(self, now: float) -> bool:
        minute = int(now / 60)
        self._used[minute] = self._used.get(minute, 0) + 1
        return self._used[minute] <= self._quota


def test_a_hold_that_the_server_names_is_kept_by_all() -> None:
    service = Service(Nothing(1), retry_after=5.5)
    caller = Caller(service)

    async def main() -> None:
        await caller.gather(1)
        await caller.gather(5)

    simulated(main())

    assert min(caller.done) >= 5.5
