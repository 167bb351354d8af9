"""A call wherever asyncio takes a coroutine."""

import asyncio
import copy
import gc
from collections.abc import Coroutine

import pytest

from runloop_async.annotations import JsonObject
from runloop_async.calls.call import Call
from runloop_async.calls.reading import reader
from runloop_async.calls.repeatable import Flow
from runloop_async.models.benchmark_runs import BenchmarkRunView
from runloop_async.wire.request import Request
from tests.fakes import Recorder
from tests.turns import settle

REQUEST = Request(method="GET", route="/v1/runs/{id}", path="/v1/runs/bmr_1")
RUN: JsonObject = {
    "id": "bmr_1",
    "metadata": {},
    "start_time_ms": 1,
    "state": "running",
}


@pytest.fixture
def call(recorder: Recorder) -> Call[BenchmarkRunView]:
    recorder.answers = [(200, RUN)]
    return Call(recorder, REQUEST, reader(BenchmarkRunView))


class Work:
    """Something that takes until it is told to end, and notes how it went."""

    def __init__(self) -> None:
        self.begun = 0
        self.ended: list[str] = []
        self.gate = asyncio.Event()

    async def __call__(self) -> int:
        self.begun += 1
        number = self.begun
        try:
            await self.gate.wait()
        except BaseException as error:
            self.ended.append(type(error).__name__)
            raise
        self.ended.append("well")
        return number


async def test_awaiting_a_call_sends_it(
    call: Call[BenchmarkRunView], recorder: Recorder
) -> None:
    run = await call

    assert run.id == "bmr_1"
    assert recorder.calls == [call]


async def test_awaiting_a_call_twice_sends_it_twice(
    call: Call[BenchmarkRunView], recorder: Recorder
) -> None:
    first = await call
    second = await call

    assert first == second
    assert recorder.calls == [call, call]


def test_a_call_that_is_not_awaited_sends_nothing_and_warns_of_nothing(
    recorder: Recorder,
) -> None:
    forgotten = Call(recorder, REQUEST, reader(BenchmarkRunView))

    del forgotten
    gc.collect()

    assert recorder.calls == []


def test_a_call_is_a_coroutine_to_asyncio(call: Call[BenchmarkRunView]) -> None:
    assert asyncio.iscoroutine(call)
    assert isinstance(call, Coroutine)


async def test_gather_takes_calls(
    call: Call[BenchmarkRunView], recorder: Recorder
) -> None:
    runs = await asyncio.gather(call, call.with_options(max_retries=0))

    assert [run.id for run in runs] == ["bmr_1", "bmr_1"]
    assert len(recorder.calls) == 2


async def test_create_task_takes_a_call(call: Call[BenchmarkRunView]) -> None:
    run = await asyncio.create_task(call)

    assert run.id == "bmr_1"


async def test_a_task_group_takes_a_call(call: Call[BenchmarkRunView]) -> None:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(call)

    assert task.result().id == "bmr_1"


async def test_wait_for_takes_a_call(call: Call[BenchmarkRunView]) -> None:
    run = await asyncio.wait_for(call, timeout=1.0)

    assert run.id == "bmr_1"


async def test_shield_takes_a_call(call: Call[BenchmarkRunView]) -> None:
    run = await asyncio.shield(call)

    assert run.id == "bmr_1"


async def test_as_completed_takes_calls(
    call: Call[BenchmarkRunView], recorder: Recorder
) -> None:
    calls = [call.with_options(max_retries=number) for number in range(3)]

    runs = [await done for done in asyncio.as_completed(calls)]

    assert [run.id for run in runs] == ["bmr_1"] * 3
    assert len(recorder.calls) == 3


async def test_one_call_in_two_tasks_is_sent_twice(
    call: Call[BenchmarkRunView], recorder: Recorder
) -> None:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(call), group.create_task(call)]

    assert [task.result().id for task in tasks] == ["bmr_1", "bmr_1"]
    assert recorder.calls == [call, call]


async def test_one_flow_in_two_tasks_at_once_is_two_works() -> None:
    work = Work()
    flow = Flow(work)
    tasks = [asyncio.create_task(flow), asyncio.create_task(flow)]
    await settle()

    work.gate.set()
    numbers = await asyncio.gather(*tasks)

    assert numbers == [1, 2]
    assert work.ended == ["well", "well"]


async def test_an_error_of_the_work_comes_out_of_the_task(recorder: Recorder) -> None:
    recorder.answers = [KeyError("a bug")]
    task = asyncio.create_task(Call(recorder, REQUEST, reader(BenchmarkRunView)))

    with pytest.raises(KeyError, match="a bug"):
        await task


async def test_a_cancelled_task_cancels_the_work_within() -> None:
    work = Work()
    task = asyncio.create_task(Flow(work))
    await settle()

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert work.ended == ["CancelledError"]


async def test_a_cancelled_task_leaves_no_work_that_was_never_begun() -> None:
    # An inner coroutine made for nothing is a RuntimeWarning when it is collected.
    work = Work()
    task = asyncio.create_task(Flow(work))
    await settle()

    task.cancel()
    await asyncio.wait([task])
    gc.collect()

    assert work.begun == 1


async def test_cancelling_one_of_two_tasks_leaves_the_other() -> None:
    work = Work()
    flow = Flow(work)
    first, second = asyncio.create_task(flow), asyncio.create_task(flow)
    await settle()

    first.cancel()
    await asyncio.wait([first])
    work.gate.set()

    assert await second == 2
    assert work.ended == ["CancelledError", "well"]


async def test_a_task_cancelled_before_its_start_begins_no_work() -> None:
    work = Work()
    task = asyncio.create_task(Flow(work))

    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
    assert work.begun == 0


async def test_a_flow_can_be_done_again_after_a_cancellation() -> None:
    work = Work()
    flow = Flow(work)
    task = asyncio.create_task(flow)
    await settle()
    task.cancel()
    await asyncio.wait([task])

    work.gate.set()

    assert await flow == 2


def test_a_call_can_be_driven_by_hand(call: Call[BenchmarkRunView]) -> None:
    with pytest.raises(StopIteration) as caught:
        call.send(None)

    assert caught.value.value.id == "bmr_1"


def test_an_error_thrown_before_the_start_comes_straight_back(
    call: Call[BenchmarkRunView], recorder: Recorder
) -> None:
    with pytest.raises(KeyError, match="thrown"):
        call.throw(KeyError("thrown"))

    assert recorder.calls == []


async def test_an_error_that_the_work_takes_does_not_end_it() -> None:
    async def stubborn() -> str:
        try:
            await asyncio.Event().wait()
        except KeyError:
            await asyncio.sleep(0)
        return "done"

    flow = Flow(stubborn)
    flow.send(None)

    flow.throw(KeyError("thrown"))
    with pytest.raises(StopIteration) as caught:
        flow.send(None)

    assert caught.value.value == "done"


async def test_closing_gives_up_all_work_that_was_begun() -> None:
    work = Work()
    flow = Flow(work)
    flow.send(None)

    flow.close()

    assert work.ended == ["GeneratorExit"]


def test_closing_what_was_never_begun_does_nothing(
    call: Call[BenchmarkRunView], recorder: Recorder
) -> None:
    call.close()

    assert recorder.calls == []


async def test_tasks_that_share_a_flow_go_on_in_any_order() -> None:
    gates = [asyncio.Event() for _ in range(3)]
    numbers = iter(range(3))

    async def work() -> int:
        number = next(numbers)
        for _ in range(2):
            await gates[number].wait()
            await asyncio.sleep(0)
        return number

    flow = Flow(work)
    tasks = [asyncio.create_task(flow) for _ in gates]
    for gate, task in reversed([*zip(gates, tasks, strict=True)]):
        await asyncio.sleep(0)
        gate.set()
        await task

    assert [task.result() for task in tasks] == [0, 1, 2]


async def test_a_copy_has_not_begun(
    call: Call[BenchmarkRunView], recorder: Recorder
) -> None:
    first = asyncio.create_task(call)
    other = asyncio.create_task(call)
    await asyncio.sleep(0)
    copied = copy.copy(call)

    await asyncio.gather(first, other, copied)

    assert len(recorder.calls) == 3
