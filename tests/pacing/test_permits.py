"""Permits that callers give: what is refused, what is tried again, what is raised."""

import asyncio
import math
from typing import Any

import pytest

from runloop_async.annotations import override
from runloop_async.errors import ConfigurationError, PermitsError
from runloop_async.pacing.limits import Limits
from runloop_async.sending.clock import SystemClock
from runloop_async.sending.lanes import lanes
from runloop_async.wire.request import Workload
from tests.sends import attempt
from tests.simulation import Caller, Service, SimulatedClock, simulated
from tests.turns import settle


class Scripted:
    """Permits that do what a script says, and then what it says last."""

    def __init__(self, *script: Any, block: Any = 5) -> None:
        self.block = block
        self.reserved = 0
        self._script = [*script]

    async def reserve(self, n: int, /) -> Any:
        self.reserved += n
        step = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        if isinstance(step, BaseException):
            raise step
        return step


class Synchronous:
    block = 5

    def reserve(self, n: int, /) -> float:
        return 0.0 * n


def test_a_class_is_no_permits() -> None:
    kind: Any = Scripted
    with pytest.raises(ConfigurationError, match="class"):
        Limits(rate=kind)


def test_a_reserve_that_cannot_be_called_like_that_ends_the_waits() -> None:
    permits: Any = Scripted(0.0)
    permits.reserve = dict[str, float]  # which takes no number
    caller = Caller(Service(), limits=Limits(rate=permits))

    simulated(caller.gather(3))

    assert caller.failures == [None] * 3
    with pytest.raises(PermitsError, match="TypeError"):
        raise caller.lane.refusal()


@pytest.mark.parametrize("block", [0, -1, None, "5", 2.5])
def test_a_block_of_no_use_is_refused_at_once(block: Any) -> None:
    with pytest.raises(ConfigurationError, match="block"):
        Limits(rate=Scripted(0.0, block=block))


@pytest.mark.parametrize(
    "failure", [OSError("no counter"), asyncio.CancelledError()], ids=repr
)
def test_a_reservation_that_fails_is_tried_again(failure: BaseException) -> None:
    permits = Scripted(0.0, failure, failure, 0.0)
    caller = Caller(Service(), limits=Limits(rate=permits))

    simulated(caller.gather(20))

    assert len(caller.done) == 20
    assert permits.reserved == 20 + 2 * 5


def test_permits_that_stay_broken_end_the_waits_with_an_error_of_their_own() -> None:
    permits = Scripted(0.0, OSError("no counter"))
    caller = Caller(Service(), limits=Limits(rate=permits))

    simulated(caller.gather(20))

    assert len(caller.done) == 5
    assert caller.failures == [None] * 15
    refusal = caller.lane.refusal()
    assert isinstance(refusal, PermitsError)
    assert isinstance(refusal.__cause__, OSError)
    assert "6 tries" in str(refusal)


@pytest.mark.parametrize("given", [None, "1", math.nan, math.inf, [1]], ids=repr)
def test_what_is_no_number_of_seconds_is_raised_at_once(given: Any) -> None:
    permits = Scripted(given)
    caller = Caller(Service(), limits=Limits(rate=permits))

    simulated(caller.gather(3))

    assert permits.reserved == 5
    with pytest.raises(PermitsError, match="number of seconds"):
        raise caller.lane.refusal()


def test_a_reserve_that_is_no_coroutine_is_said_to_be_none() -> None:
    permits: Any = Synchronous()
    caller = Caller(Service(), limits=Limits(rate=permits))

    simulated(caller.gather(3))

    assert "async def" in str(caller.lane.refusal())


def test_a_block_that_becomes_useless_is_raised() -> None:
    permits = Scripted(0.0)
    caller = Caller(Service(), limits=Limits(rate=permits))
    permits.block = 0

    simulated(caller.gather(3))

    assert "block" in str(caller.lane.refusal())


async def test_a_reservation_that_hangs_is_cancelled_with_the_client() -> None:
    class Hangs(Scripted):
        @override
        async def reserve(self, n: int, /) -> Any:
            self.reserved += n
            await asyncio.Event().wait()

    lane = lanes(Limits(rate=Hangs(0.0)), SimulatedClock(0))[Workload.API]
    waiting = asyncio.ensure_future(lane.enter(attempt("http://localhost")))
    await asyncio.sleep(0.01)

    lane.gate.close()

    assert not await waiting
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == 1


async def test_a_reservation_may_end_before_its_task_is_kept() -> None:
    """As with an eager task factory."""
    lane = lanes(Limits(rate=Scripted(0.0)), SimulatedClock(0))[Workload.API]
    loop = asyncio.get_running_loop()
    loop.set_task_factory(run_at_once)
    try:
        async with asyncio.timeout(5):
            for _ in range(12):
                assert await lane.enter(attempt("http://localhost"))
    finally:
        loop.set_task_factory(None)


def run_at_once(loop: asyncio.AbstractEventLoop, work: Any, **_: Any) -> Any:
    """Run a coroutine to its end if it does not wait, as eager tasks do."""
    try:
        waited = work.send(None)
    except StopIteration as end:
        done = Done(loop=loop)
        done.set_result(end.value)
        return done
    raise AssertionError(f"it waits for {waited}")


class Done(asyncio.Future[Any]):
    """A task that has ended."""

    def set_name(self, _: object) -> None:
        """Do nothing; asyncio asks it to in Python 3.13."""


def test_a_block_that_cannot_be_asked_for_ends_the_waits() -> None:
    permits = Scripted(0.0)
    caller = Caller(Service(), limits=Limits(rate=permits))
    del permits.block

    simulated(caller.gather(3))

    assert "6 tries" in str(caller.lane.refusal())


async def test_a_reservation_that_somebody_cancels_is_made_again() -> None:
    permits = Scripted(30.0, 0.0)
    lane = lanes(Limits(rate=permits), SystemClock())[Workload.API]
    waiting = asyncio.ensure_future(lane.enter(attempt("http://localhost")))
    await settle()  # it waits until the permits are valid

    for task in asyncio.all_tasks() - {waiting, asyncio.current_task()}:
        task.cancel()

    async with asyncio.timeout(5):
        assert await waiting
    assert permits.reserved == 10


def unheard(_: asyncio.AbstractEventLoop, __: dict[str, Any]) -> None:
    """Tell nobody."""


@pytest.mark.parametrize(
    "failure",
    [GeneratorExit(), BaseExceptionGroup("", [KeyboardInterrupt()])],
    ids=repr,
)
async def test_a_reservation_that_is_broken_off_ends_the_waits(
    failure: BaseException,
) -> None:
    permits = Scripted(failure, 0.0)
    caller = Caller(Service(), limits=Limits(rate=permits))
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(unheard)  # nobody awaits the reservation

    await asyncio.wait_for(caller.gather(3), 10)
    await asyncio.wait_for(caller.gather(3), 10)

    assert caller.failures == [None] * 3
    assert len(caller.done) == 3
