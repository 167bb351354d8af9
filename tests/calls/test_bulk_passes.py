"""What used up its retries is made once more at the end of a bulk."""

import asyncio
from collections import Counter
from functools import partial

import pytest

from runloop_async import AsyncRunloop, Flow, InternalServerError, RetryPolicy
from tests.rawserver import Connection, Incoming, RawServer, http_json
from tests.samples import run

FAST = RetryPolicy(max_retries=1, backoff=0.001, backoff_max=0.001)


class Flaky:
    """Fails for some runs, so many times each."""

    def __init__(self, failures: dict[str, int]) -> None:
        self.left = dict(failures)
        self.asked = Counter[str]()

    async def answer(self, request: Incoming, connection: Connection) -> None:
        name = request.target.rpartition("/")[2]
        self.asked[name] += 1
        if self.left.get(name, 0) > 0:
            self.left[name] -= 1
            await connection.send(http_json({"message": "no"}, status=500))
        else:
            await connection.send(http_json(run(name)))


def client_of(server: RawServer, policy: RetryPolicy = FAST) -> AsyncRunloop:
    return AsyncRunloop(base_url=server.url, bearer_token="any", retry=policy)


async def test_what_is_exhausted_is_made_once_more_when_all_others_have_ended() -> None:
    service = Flaky({"bmr_1": 2})
    ids = [f"bmr_{n}" for n in range(5)]
    async with RawServer(service.answer) as server, client_of(server) as client:
        bulk = client.bulk([client.benchmark_runs.retrieve(each) for each in ids])
        ended = [outcome async for outcome in bulk.as_completed()]

    assert ended[-1].index == 1
    assert ended[-1].value.id == "bmr_1"
    assert service.asked == {"bmr_1": 3} | {each: 1 for each in ids if each != "bmr_1"}


async def test_what_fails_then_too_is_a_failure_with_its_frames() -> None:
    service = Flaky({"bmr_1": 100})
    async with RawServer(service.answer) as server, client_of(server) as client:
        calls = (client.benchmark_runs.retrieve(f"bmr_{n}") for n in range(3))
        result = await client.bulk(calls)

    assert service.asked["bmr_1"] == 4
    assert [outcome.index for outcome in result.outcomes] == [0, 1, 2]
    ((_, error),) = result.failures
    assert isinstance(error, InternalServerError)
    assert error.exhausted
    assert error.__traceback__ is not None


async def test_a_summary_counts_what_the_calls_took() -> None:
    service = Flaky({"bmr_1": 2})
    async with RawServer(service.answer) as server, client_of(server) as client:
        await client.benchmark_runs.retrieve("bmr_9")
        calls = [client.benchmark_runs.retrieve(f"bmr_{n}") for n in range(3)]
        result, other = await asyncio.gather(client.bulk(calls), client.bulk(calls[2:]))

    assert (result.summary.requests, result.summary.retries) == (5, 1)
    assert (other.summary.requests, other.summary.retries) == (1, 0)
    assert result.summary.bytes > other.summary.bytes > 0
    assert result.summary.throttled == 0
    assert "5 requests in" in str(result.summary)
    assert client.stats().requests == 7


async def test_without_retries_nothing_is_made_again() -> None:
    service = Flaky({"bmr_1": 1})
    policy = RetryPolicy(max_retries=0)
    async with RawServer(service.answer) as server, client_of(server, policy) as client:
        result = await client.bulk([client.benchmark_runs.retrieve("bmr_1")])

    assert (len(result.failures), service.asked["bmr_1"]) == (1, 1)


async def test_a_flow_is_not_made_again_as_it_may_have_done_half_of_its_work() -> None:
    service = Flaky({"bmr_1": 2})
    async with RawServer(service.answer) as server, client_of(server) as client:

        async def work() -> None:
            await client.benchmark_runs.retrieve("bmr_1")

        result = await client.bulk([Flow(work)])

    assert (len(result.failures), service.asked["bmr_1"]) == (1, 2)


async def test_a_bug_brings_those_that_were_to_be_made_again_too() -> None:
    service = Flaky({"bmr_0": 100})
    async with RawServer(service.answer) as server, client_of(server) as client:

        async def bug() -> None:
            await server.has_got(2)
            while client.stats().in_flight:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
            raise KeyError("bug")

        calls = [client.benchmark_runs.retrieve("bmr_0"), Flow(partial(bug))]
        with pytest.raises(KeyError) as caught:
            await client.bulk(calls)

    outcomes = vars(caught.value)["outcomes"]
    assert [outcome.index for outcome in outcomes] == [0]


async def test_the_gate_is_told_how_many_are_to_come_and_that_none_are() -> None:
    service = Flaky({})
    async with RawServer(service.answer) as server, client_of(server) as client:
        gate = client.bulk([])._room.gate  # pyright: ignore[reportPrivateUsage]
        seen = list[int]()
        calls = [client.benchmark_runs.retrieve(f"bmr_{n}") for n in range(250)]
        async for _ in client.bulk(calls).as_completed():
            seen.append(gate.backlog)
        assert gate.backlog == 0

        generated = (client.benchmark_runs.retrieve(f"bmr_{n}") for n in range(250))
        most = 0
        async for _ in client.bulk(generated).as_completed():
            most = max(most, gate.backlog)
        assert gate.backlog == 0

        endless = (client.benchmark_runs.retrieve("bmr_1") for _ in iter(int, 1))
        stream = client.bulk(endless).as_completed()
        await anext(stream)
        await stream.aclose()

    assert seen == sorted(seen, reverse=True)
    assert (seen[0], seen[-1]) == (150, 0)
    assert 100 <= most <= 250
    assert gate.backlog == 0
