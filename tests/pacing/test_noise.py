"""Refusals by chance are told from those of a limit, and do not sink the rate."""

import asyncio
import random

import attrs
import pytest

from runloop_async.pacing.noise import Cause, Noise
from tests.simulation import Bucket, Caller, Service, now, simulated


@attrs.define
class Chance:
    """A part of all requests is refused, whatever the rate."""

    share: float
    _dice: random.Random = attrs.field(factory=lambda: random.Random(1))

    def allows(self, now: float) -> bool:
        return now >= 0 and self._dice.random() >= self.share


@attrs.define
class Both:
    """A limit for some seconds, then refusals by chance; or the other way round."""

    share: float
    is_limit_first: bool = True
    _bucket: Bucket = attrs.field(factory=lambda: Bucket(200))
    _chance: Chance = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._chance = Chance(self.share, random.Random(3))

    def allows(self, now: float) -> bool:
        is_limit = (now < 8) is self.is_limit_first
        return (self._bucket if is_limit else self._chance).allows(now)


async def gathered(service: Service, calls: int) -> Caller:
    caller = Caller(service)
    await caller.gather(calls)
    return caller


@pytest.mark.parametrize("retry_after", [None, 0.1, 1.0])
@pytest.mark.parametrize("service_s", [0.002, 0.1])
@pytest.mark.parametrize("share", [0.005, 0.02, 0.05, 0.1])
def test_refusals_by_chance_cost_little(
    share: float, service_s: float, retry_after: float | None
) -> None:
    service = Service(Chance(share), service_s=service_s, retry_after=retry_after)

    caller = simulated(gathered(service, 5000))

    assert caller.failures == []
    assert caller.early == 0
    assert len(caller.done) == 5000
    # A rate that gives way to each would end up at some ten a second.
    assert max(caller.done) <= 60


def test_what_is_borne_is_no_limit_on_concurrency_either() -> None:
    service = Service(Chance(0.05), service_s=0.1)

    caller = simulated(gathered(service, 10_000))

    assert caller.lane.gate.governor.concurrency.limit >= 100
    pace = caller.lane.gate.governor.pace
    assert pace is not None
    assert pace.is_noise
    assert not pace.is_binding


def test_a_limit_that_goes_over_into_chance_is_tried_again() -> None:
    caller = simulated(gathered(Service(Both(0.05), service_s=0.01), 8000))

    assert caller.failures == []
    assert max(caller.done) <= 90


def test_a_limit_in_the_place_of_chance_is_seen_soon() -> None:
    service = Service(Both(0.05, is_limit_first=False), service_s=0.05)

    async def used() -> Caller:
        caller = Caller(service)

        async def user() -> None:
            while now() < 25:
                await caller.call()

        await asyncio.gather(*(user() for _ in range(100)))
        return caller

    caller = simulated(used())

    late = [at for at in service.throttled if at > 12]
    sent = [at for at in service.times if at > 12]
    assert len(late) <= 0.03 * len(sent)
    assert len([at for at in caller.done if 12 < at < 24]) >= 0.9 * 200 * 12


def told(noise: Noise, begin: float, refusals: str) -> None:
    """Tell of responses, `x` for a refusal, each 10 ms after the one before."""
    for place, each in enumerate(refusals):
        at = begin + place / 100
        noise.requests += 1
        noise.answered(at, at, is_refusal=each == "x")


def test_a_flood_that_is_refused_is_a_limit() -> None:
    noise = Noise()

    told(noise, 0.0, "xxxx")

    assert noise.cause is Cause.LIMIT


def test_what_came_before_a_trial_tells_nothing_in_it() -> None:
    noise = Noise()
    told(noise, 0.0, ".........x" * 4)
    assert noise.cause is Cause.TRIED

    for _ in range(100):
        noise.answered(0.5, 0.1, is_refusal=True)

    assert noise.cause is Cause.TRIED


def test_a_trial_in_which_all_is_refused_is_over() -> None:
    noise = Noise()
    told(noise, 0.0, ".........x" * 4)

    told(noise, 0.5, "x" * 20)

    assert noise.cause is Cause.LIMIT


def test_a_trial_that_refuses_nothing_shows_a_limit() -> None:
    noise = Noise()
    told(noise, 0.0, ".........x" * 4)

    told(noise, 0.5, "." * 400)

    assert noise.cause is Cause.LIMIT


def test_a_trial_ends_also_where_little_is_sent() -> None:
    noise = Noise()
    told(noise, 0.0, ".........x" * 4)

    for second in range(1, 40):
        noise.answered(float(second), second - 0.01, is_refusal=second % 5 == 0)

    assert noise.cause is Cause.NOISE


def test_noise_is_borne_as_long_as_it_is_no_more() -> None:
    noise = Noise()
    told(noise, 0.0, ".........x" * 4)
    told(noise, 0.5, ".........x" * 20)
    assert noise.cause is Cause.NOISE

    told(noise, 3.0, ".........x" * 300)
    assert noise.cause is Cause.NOISE


def test_noise_that_grows_is_a_limit() -> None:
    noise = Noise()
    told(noise, 0.0, ".........x" * 4)
    told(noise, 0.5, ".........x" * 20)

    told(noise, 40.0, "xxx." * 20)

    assert noise.cause is Cause.LIMIT
