"""Very many calls: bounded, in order, nothing lost, and nothing left behind."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import aclosing
from functools import partial
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runloop_async.calls.bulk import Bulk
from runloop_async.calls.crew import Calls
from runloop_async.calls.outcomes import Progress
from runloop_async.calls.repeatable import Flow, Repeatable
from runloop_async.errors import PollingTimeout, RunloopError
from tests.fakes import FakeClock, room
from tests.turns import settle

Work = Callable[[], Coroutine[Any, Any, int]]


@attrs.define
class Desk:
    """Makes calls that give their number, and sees how many are under way."""

    under_way: int = 0
    most: int = 0
    begun: list[int] = attrs.field(factory=list[int])
    turns: int = 1
    failing: set[int] = attrs.field(factory=set[int])
    gate: asyncio.Event | None = None

    def call(self, number: int) -> Repeatable[int]:
        return Flow(partial(self._work, number))

    def calls(self, count: int) -> Iterator[Repeatable[int]]:
        return map(self.call, range(count))

    async def _work(self, number: int) -> int:
        self.begun.append(number)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            for _ in range(self.turns):
                await asyncio.sleep(0)
            if self.gate is not None:
                await self.gate.wait()
            if number in self.failing:
                raise RunloopError(f"number {number}")
            return number
        finally:
            self.under_way -= 1


def bulk(
    calls: Calls[int],
    concurrency: int = 3,
    on_progress: Callable[[Progress], Any] | None = None,
) -> Bulk[int]:
    return Bulk(calls, room(concurrency), FakeClock(), on_progress)


def flow(work: Work) -> Repeatable[int]:
    return Flow(work)


async def feed(calls: Iterator[Repeatable[int]]) -> AsyncGenerator[Repeatable[int]]:
    """Give calls one by one, each after a turn of the loop."""
    for call in calls:
        await asyncio.sleep(0)
        yield call


def tasks() -> set[asyncio.Task[Any]]:
    """Return all tasks that are not the test's own."""
    return asyncio.all_tasks() - {asyncio.current_task()}


async def test_answers_come_in_the_order_asked() -> None:
    async def after(turns: int) -> int:
        for _ in range(turns):
            await asyncio.sleep(0)
        return turns

    result = await bulk([flow(partial(after, turns)) for turns in (9, 1, 5)])

    assert result.values == [9, 1, 5]
    assert [outcome.index for outcome in result.outcomes] == [0, 1, 2]


async def test_failures_are_kept_beside_the_answers() -> None:
    desk = Desk(failing={1, 3})

    result = await bulk([*desk.calls(5)])

    assert result.values == [0, 2, 4]
    assert [str(error) for _, error in result.failures] == ["number 1", "number 3"]


async def test_failed_calls_can_be_made_again() -> None:
    desk = Desk(failing={1, 3})
    result = await bulk(desk.calls(5))
    desk.failing = {3}

    again = await bulk(result.failed_calls)

    assert again.values == [1]
    assert desk.begun[5:] == [1, 3]


async def test_every_error_of_ours_is_a_failure_and_no_bug() -> None:
    async def wait() -> int:
        raise PollingTimeout("too long")

    result = await bulk([flow(wait)])

    (outcome,) = result.outcomes
    assert isinstance(outcome.error, PollingTimeout)
    with pytest.raises(PollingTimeout):
        _ = outcome.value


async def test_raise_for_failures_raises_all_of_them() -> None:
    result = await bulk(Desk(failing={1, 3}).calls(5))

    with pytest.raises(ExceptionGroup, match="2 calls failed") as caught:
        result.raise_for_failures()

    assert len(caught.value.exceptions) == 2


async def test_raise_for_failures_is_quiet_without_any() -> None:
    result = await bulk(Desk().calls(5))

    result.raise_for_failures()

    assert result.failures == []


async def test_no_calls_have_no_outcomes() -> None:
    result = await bulk([])

    assert (result.outcomes, result.values) == ([], [])


async def test_a_bulk_can_be_awaited_again() -> None:
    again = bulk([*Desk().calls(2)])

    first, second = await asyncio.gather(again, again)

    assert first.values == second.values == [0, 1]
    assert (await again).values == [0, 1]


async def test_outcomes_come_as_they_are_there() -> None:
    desk = Desk()
    slow = Desk(gate=asyncio.Event())
    calls = [slow.call(0), desk.call(1), desk.call(2)]
    order: list[int] = []

    async for outcome in bulk(calls, 2).as_completed():
        order.append(outcome.index)
        if outcome.index == 2 and slow.gate is not None:
            slow.gate.set()

    assert order == [1, 2, 0]


@pytest.mark.parametrize("is_async", [False, True], ids=["plain", "async"])
async def test_as_many_are_under_way_as_allowed(is_async: bool) -> None:
    desk = Desk(gate=asyncio.Event())
    calls = desk.calls(20)

    running = asyncio.create_task(bulk(feed(calls) if is_async else calls, 5).start())
    await settle()

    assert desk.under_way == 5
    running.cancel()


async def test_calls_are_drawn_only_as_they_are_read() -> None:
    desk = Desk()

    async with aclosing(bulk(desk.calls(1000)).as_completed()) as outcomes:
        await anext(outcomes)
        await settle()
        drawn_after_one = len(desk.begun)
        await anext(outcomes)
        await settle()

    assert drawn_after_one <= 1 + 3
    assert len(desk.begun) <= 2 + 3


@settings(deadline=None)  # machines may be busy
@given(
    count=st.integers(0, 30),
    concurrency=st.integers(1, 8),
    turns=st.integers(0, 4),
    failing=st.sets(st.integers(0, 30)),
    is_async=st.booleans(),
    stop_after=st.integers(1, 40),
)
async def test_never_are_more_under_way_than_allowed(
    *,
    count: int,
    concurrency: int,
    turns: int,
    failing: set[int],
    is_async: bool,
    stop_after: int,
) -> None:
    desk = Desk(turns=turns, failing=failing)
    source = feed(desk.calls(count)) if is_async else desk.calls(count)
    got: list[int] = []

    async with aclosing(bulk(source, concurrency).as_completed()) as outcomes:
        async for outcome in outcomes:
            got.append(outcome.index)
            if len(got) == stop_after:
                break

    assert desk.most <= concurrency
    assert desk.under_way == 0
    assert len(got) == len(set(got)) == min(count, stop_after)


@settings(deadline=None)  # machines may be busy
@given(turns=st.integers(0, 20), concurrency=st.integers(1, 4))
async def test_cancelling_at_any_moment_leaves_nothing(
    turns: int, concurrency: int
) -> None:
    desk = Desk()
    before = tasks()
    running = asyncio.create_task(bulk(desk.calls(1000), concurrency).start())
    for _ in range(turns):
        await asyncio.sleep(0)

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert desk.under_way == 0
    assert tasks() == before


async def test_cancelling_while_the_source_is_slow_leaves_nothing() -> None:
    async def never() -> AsyncGenerator[Repeatable[int]]:
        await asyncio.Event().wait()
        yield Desk().call(0)

    running = asyncio.create_task(bulk(never()).start())
    await settle()

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert tasks() == set()


async def test_leaving_the_loop_early_cancels_what_is_under_way() -> None:
    desk = Desk(turns=5)

    async for _ in bulk(desk.calls(1000)).as_completed():
        break
    await settle()

    assert desk.under_way == 0
    assert tasks() == set()


async def test_leaving_early_starts_no_call_that_the_source_has_ready() -> None:
    desk = Desk()

    async with aclosing(bulk(feed(desk.calls(2)), 2).as_completed()) as outcomes:
        await anext(outcomes)

    assert (desk.under_way, tasks()) == (0, set())


async def test_an_async_source_is_read_to_its_end() -> None:
    result = await bulk(feed(Desk().calls(20)))

    assert result.values == [*range(20)]


@pytest.mark.parametrize("is_async", [False, True], ids=["plain", "async"])
async def test_a_source_that_raises_does_so_after_what_it_gave(is_async: bool) -> None:
    def broken() -> Iterator[Repeatable[int]]:
        yield from desk.calls(5)
        raise KeyError("of the source")

    desk = Desk()
    source = feed(broken()) if is_async else broken()
    told: list[Progress] = []

    with pytest.raises(KeyError, match="of the source"):
        await bulk(source, on_progress=told.append)

    assert [progress.done for progress in told] == [1, 2, 3, 4, 5]
    assert tasks() == set()


class Halt(BaseException):
    """What is no `Exception`, as some test runners raise it."""


@pytest.mark.parametrize("kind", [asyncio.CancelledError, Halt])
async def test_a_source_that_is_stopped_is_not_taken_for_its_end(
    kind: type[BaseException],
) -> None:
    async def stopped() -> AsyncGenerator[Repeatable[int]]:
        yield Desk().call(0)
        raise kind

    with pytest.raises(kind):
        async with asyncio.timeout(1):
            await bulk(stopped())


@pytest.mark.parametrize("kind", [KeyError, asyncio.CancelledError])
async def test_a_bug_in_a_call_comes_out_and_cancels_the_rest(
    kind: type[BaseException],
) -> None:
    async def bug() -> int:
        raise kind

    desk = Desk(gate=asyncio.Event())

    with pytest.raises(kind):
        await bulk([desk.call(0), desk.call(1), flow(bug), desk.call(3)])

    assert (desk.begun, desk.under_way) == ([0, 1], 0)
    assert tasks() == set()


async def test_what_is_no_call_comes_out_and_cancels_the_rest() -> None:
    desk = Desk(gate=asyncio.Event())
    calls: Any = [desk.call(0), "no call"]

    with pytest.raises(TypeError, match="bulk takes calls, such as"):
        await bulk(calls)

    assert (desk.under_way, tasks()) == (0, set())


@pytest.mark.parametrize("is_sized", [True, False], ids=["a list", "a generator"])
async def test_progress_is_told_after_each_call(is_sized: bool) -> None:
    desk = Desk(failing={1})
    calls = [*desk.calls(3)] if is_sized else desk.calls(3)
    told: list[Progress] = []

    await bulk(calls, 1, told.append)

    total = 3 if is_sized else None
    assert told == [
        Progress(done=1, failed=0, total=total, elapsed_s=0.0),
        Progress(done=2, failed=1, total=total, elapsed_s=0.0),
        Progress(done=3, failed=1, total=total, elapsed_s=0.0),
    ]


async def test_it_may_be_told_by_a_coroutine_function() -> None:
    told = list[int]()

    async def tell(now: Progress) -> None:
        await asyncio.sleep(0)
        told.append(now.done)

    await bulk(Desk().calls(3), on_progress=tell)
    async for _ in bulk(Desk().calls(3), on_progress=partial(tell)).as_completed():
        pass

    assert told == [1, 2, 3, 1, 2, 3]


def bug(_: Progress) -> None:
    raise KeyError


async def late_bug(_: Progress) -> None:
    await asyncio.sleep(0)
    raise KeyError


@pytest.mark.parametrize("bug", [bug, late_bug])
async def test_a_bug_in_the_progress_comes_out_and_cancels_the_rest(
    bug: Callable[[Progress], Any],
) -> None:
    desk = Desk()

    with pytest.raises(KeyError):
        await bulk(desk.calls(10), on_progress=bug)

    assert (desk.under_way, tasks()) == (0, set())


async def test_time_is_measured() -> None:
    async def work() -> int:
        await clock.sleep(2.5)
        return 0

    clock = FakeClock(time_s=100.0)

    result = await Bulk([flow(work)], room(1), clock, None)

    assert result.elapsed_s == 2.5
