"""How many requests are under way at once: over real connections, cancels included."""

import asyncio

import pytest

from runloop_async.calls.call import Call
from runloop_async.calls.reading import reader
from runloop_async.errors import (
    APIConnectionError,
    APITimeoutError,
    EventLoopError,
    NotFoundError,
)
from runloop_async.models.benchmark_runs import BenchmarkRunView
from runloop_async.pacing.limits import Limits
from runloop_async.resources.benchmark_runs import BenchmarkRuns
from runloop_async.sending.runner import HttpRunner
from runloop_async.wire.request import Request, Workload
from tests.rawserver import (
    Connection,
    Incoming,
    RawServer,
    http,
    http_json,
    then_hang,
)
from tests.samples import run
from tests.sends import sending
from tests.turns import settle

ONE = Limits(api=1, wait=1, transfer=1)


async def echo(request: Incoming, connection: Connection) -> None:
    """Answer with the run that is asked for."""
    await asyncio.sleep(0)
    await connection.send(http_json(run(request.target.rpartition("/")[2])))


def retrieve(runner: HttpRunner, id: str = "bmr_1") -> Call[BenchmarkRunView]:
    return BenchmarkRuns(runner).retrieve(id)


async def test_a_gather_stays_within_the_limit_and_loses_nothing() -> None:
    ids = [f"bmr_{number}" for number in range(200)]

    async with (
        RawServer(echo) as server,
        sending(server.url, limits=Limits(api=10)) as runner,
    ):
        got = await asyncio.gather(*(retrieve(runner, one) for one in ids))

    assert [one.id for one in got] == ids
    assert server.connections <= 10
    assert len(server.requests) == 200


async def test_who_comes_first_is_served_first() -> None:
    ids = [f"bmr_{number}" for number in range(20)]

    async with RawServer(echo) as server, sending(server.url, limits=ONE) as runner:
        await asyncio.gather(*(retrieve(runner, one) for one in ids))

    assert [r.target.rpartition("/")[2] for r in server.requests] == ids


@pytest.mark.parametrize("workload", [*Workload][1:])
async def test_slow_work_takes_no_slot_from_short_calls(workload: Workload) -> None:
    slow = Request(method="GET", route="/slow", path="/slow", workload=workload)

    async with (
        RawServer(then_hang(), echo) as server,
        sending(server.url, limits=ONE) as runner,
    ):
        waiting = asyncio.create_task(Call(runner, slow, reader(bytes)))
        await server.has_got(1)

        got = await retrieve(runner)

        waiting.cancel()
    assert got.id == "bmr_1"


async def test_waiting_for_a_slot_does_not_count_for_the_time_out() -> None:
    async with (
        RawServer(then_hang(), echo) as server,
        sending(server.url, limits=ONE, max_retries=0) as runner,
    ):
        slow = asyncio.create_task(retrieve(runner).with_options(timeout=1.5))
        await server.has_got(1)

        got = await retrieve(runner, "bmr_2").with_options(timeout=1)

        with pytest.raises(APITimeoutError):
            await slow
    assert got.id == "bmr_2"


async def test_a_failure_frees_its_slot() -> None:
    async with (
        RawServer(http(status=404), echo) as server,
        sending(server.url, limits=ONE) as runner,
    ):
        with pytest.raises(NotFoundError):
            await retrieve(runner)

        assert (await retrieve(runner)).id == "bmr_1"


async def test_a_call_waits_for_its_retry_without_a_slot() -> None:
    async with (
        RawServer(http(status=503), echo) as server,
        sending(server.url, limits=ONE) as runner,
    ):
        first = asyncio.create_task(retrieve(runner, "bmr_1"))
        second = asyncio.create_task(retrieve(runner, "bmr_2"))
        await asyncio.gather(first, second)

    asked = [r.target.rpartition("/")[2] for r in server.requests]
    assert asked == ["bmr_1", "bmr_2", "bmr_1"]


async def test_cancelling_a_gather_frees_its_slots_and_connections() -> None:
    async with (
        RawServer(*[then_hang()] * 10, echo) as server,
        sending(server.url, limits=Limits(api=10)) as runner,
    ):
        gathering = asyncio.gather(*(retrieve(runner) for _ in range(50)))
        await server.has_got(10)

        gathering.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gathering

        await server.is_left()
        got = await asyncio.gather(*(retrieve(runner, "bmr_2") for _ in range(20)))
        assert {one.id for one in got} == {"bmr_2"}
        assert len(server.requests) == 30


async def test_a_call_that_is_cancelled_while_it_waits_is_never_sent() -> None:
    async with (
        RawServer(then_hang(), echo) as server,
        sending(server.url, limits=ONE) as runner,
    ):
        first = asyncio.create_task(retrieve(runner, "bmr_1"))
        await server.has_got(1)
        second = asyncio.create_task(retrieve(runner, "bmr_2"))
        await settle()

        second.cancel()
        first.cancel()

        assert (await retrieve(runner, "bmr_3")).id == "bmr_3"
    assert [r.target[-1] for r in server.requests] == ["1", "3"]


async def test_calls_that_are_cancelled_at_any_moment_free_their_slot() -> None:
    async with RawServer(echo) as server, sending(server.url, limits=ONE) as runner:
        for turns in range(30):
            call = asyncio.create_task(retrieve(runner))
            for _ in range(turns):
                await asyncio.sleep(0)
            call.cancel()
            await asyncio.wait([call])

        assert (await retrieve(runner, "bmr_2")).id == "bmr_2"


async def test_a_runner_in_another_loop_says_so_even_when_its_lane_is_full() -> None:
    async def use() -> None:
        async with asyncio.timeout(1):
            await retrieve(runner)

    async with (
        RawServer(then_hang()) as server,
        sending(server.url, limits=ONE) as runner,
    ):
        first = asyncio.create_task(retrieve(runner))
        await server.has_got(1)

        with pytest.raises(EventLoopError):
            await asyncio.to_thread(asyncio.run, use())

        first.cancel()


@pytest.mark.parametrize("waits", [False, True])
async def test_what_cannot_be_prepared_gives_its_slot_back(
    monkeypatch: pytest.MonkeyPatch, *, waits: bool
) -> None:
    def bug(**_: object) -> None:
        raise KeyError("bug")

    async with (
        RawServer(then_hang(), echo) as server,
        sending(server.url, limits=ONE) as runner,
    ):
        first = asyncio.ensure_future(retrieve(runner))
        await server.has_got(1)
        if not waits:
            first.cancel()
            await asyncio.wait([first])
        monkeypatch.setattr("runloop_async.sending.outgoing.Outgoing", bug)
        second = asyncio.ensure_future(retrieve(runner))
        await settle()
        first.cancel()
        with pytest.raises(KeyError):
            await second
        monkeypatch.undo()
        third = await retrieve(runner, "bmr_3")

    assert third.id == "bmr_3"


async def test_a_deadline_may_pass_before_there_was_an_attempt() -> None:
    async with (
        RawServer(then_hang()) as server,
        sending(server.url, limits=ONE) as runner,
    ):
        first = asyncio.ensure_future(retrieve(runner))
        await server.has_got(1)
        with pytest.raises(APITimeoutError) as caught:
            await retrieve(runner).with_options(deadline=0.05)
        first.cancel()
        await asyncio.wait([first])

    error = caught.value
    assert (error.phase, error.sent, error.attempts) == ("deadline", False, 0)
    assert error.out_of_time
    assert not error.ambiguous
    assert len(server.requests) == 1


async def test_a_call_with_a_deadline_is_refused_as_any_other() -> None:
    async with (
        RawServer(then_hang()) as server,
        sending(server.url, limits=ONE) as runner,
    ):
        first = asyncio.ensure_future(retrieve(runner))
        await server.has_got(1)
        second = asyncio.ensure_future(retrieve(runner).with_options(deadline=30))
        await settle()
        lane = runner.lanes[Workload.API]
        lane.gate.release()
        with pytest.raises(APIConnectionError, match="nothing was sent"):
            await second
        first.cancel()
        await asyncio.wait([first])
