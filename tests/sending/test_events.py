"""A client tells of what happens to its requests, and counts it."""

import asyncio
import logging
from itertools import pairwise
from typing import Any

import pytest
from aiohttp import ClientSession

from runloop_async import (
    APIConnectionError,
    AsyncRunloop,
    ConfigurationError,
    RetryPolicy,
)
from runloop_async.events import (
    Event,
    Failed,
    GateChanged,
    RequestEvent,
    Responded,
    Retried,
    Sent,
    Throttled,
)
from runloop_async.sending import attempt
from tests.rawserver import Connection, Incoming, RawServer, http_json
from tests.samples import run
from tests.served import served

THROTTLED = http_json({"message": "slow"}, "retry-after-ms: 1", status=429)
ROUTE = "/v1/benchmark_runs/{id}"


def client_of(server: RawServer, events: list[Event]) -> AsyncRunloop:
    return AsyncRunloop(
        base_url=server.url,
        bearer_token="secret-key",
        on_event=events.append,
        retry=RetryPolicy(backoff=0.001, backoff_max=0.001),
    )


def of_requests(events: list[Event]) -> list[RequestEvent]:
    return [event for event in events if isinstance(event, RequestEvent)]


async def test_the_story_of_a_call_is_told_in_order() -> None:
    events = list[Event]()
    async with (
        RawServer(THROTTLED, http_json(run())) as server,
        client_of(server, events) as client,
    ):
        await client.benchmark_runs.retrieve("bmr_1")

    told = of_requests(events)
    assert [type(event) for event in told] == [
        Sent,
        Responded,
        Throttled,
        Retried,
        Sent,
        Responded,
    ]
    assert [event.attempt for event in told] == [1, 1, 1, 1, 2, 2]
    assert {(event.call, event.method, event.route) for event in told} == {
        (1, "GET", ROUTE)
    }
    first, last = told[1], told[-1]
    assert isinstance(first, Responded)
    assert isinstance(last, Responded)
    assert (first.status, last.status) == (429, 200)
    assert 0 < last.latency_s <= last.elapsed_s
    assert last.bytes > 50
    assert isinstance(told[2], Throttled)
    assert told[2].retry_after == 0.001
    assert isinstance(told[3], Retried)
    assert told[3].delay_s >= 0.001
    assert "secret-key" not in repr(events)


async def test_a_lost_connection_and_a_cancellation_are_failures() -> None:
    async def reset(_: Incoming, connection: Connection) -> None:
        connection.reset()

    async def hang(_: Incoming, connection: Connection) -> None:
        await connection.until_left()

    events = list[Event]()
    async with RawServer(reset, hang) as server, client_of(server, events) as client:
        once = client.benchmark_runs.retrieve("bmr_1").with_options(max_retries=0)
        with pytest.raises(APIConnectionError):
            await once
        task = asyncio.ensure_future(once)
        await server.has_got(2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    failures = [event for event in events if isinstance(event, Failed)]
    assert [type(event.error) for event in failures] == [
        APIConnectionError,
        asyncio.CancelledError,
    ]
    assert [event.call for event in failures] == [1, 2]


async def test_a_change_of_the_gate_is_told() -> None:
    events = list[Event]()
    async with (
        RawServer(*[THROTTLED] * 6, http_json(run())) as server,
        client_of(server, events) as client,
    ):
        await client.benchmark_runs.retrieve("bmr_1")

    changes = [event for event in events if isinstance(event, GateChanged)]
    assert changes
    assert changes[-1].lane == "api"
    assert changes[-1].rate is not None
    assert not changes[-1].is_down


async def test_an_outage_is_told_and_so_is_its_end() -> None:
    states = list[bool]()

    def notice(event: Event) -> None:
        if isinstance(event, GateChanged):
            states.append(event.is_down)

    async def answer(_: Incoming, connection: Connection) -> None:
        status = 200 if any(states) else 503
        await connection.send(http_json(run(), status=status))

    async with (
        RawServer(answer) as server,
        AsyncRunloop(
            base_url=server.url,
            bearer_token="any",
            on_event=notice,
            retry=RetryPolicy(backoff=0.001, backoff_max=0.001),
        ) as client,
    ):
        calls = [client.benchmark_runs.retrieve(f"bmr_{n}") for n in range(200)]
        await asyncio.gather(*calls, return_exceptions=True)

    changes = [new for old, new in pairwise([False, *states]) if new is not old]
    assert changes == [True, False]


async def test_what_is_told_may_fail_and_disturbs_no_call(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def bug(_: Event) -> None:
        raise KeyError("bug")

    async with (
        RawServer(http_json(run())) as server,
        AsyncRunloop(base_url=server.url, bearer_token="any", on_event=bug) as client,
    ):
        with caplog.at_level(logging.ERROR, "runloop_async"):
            got = await client.benchmark_runs.retrieve("bmr_1")

    assert got.id == "bmr_1"
    assert "on_event failed on Sent" in caplog.text


def test_what_cannot_be_told_is_refused() -> None:
    wrong: Any = "print"
    with pytest.raises(ConfigurationError, match="on_event must be a function"):
        AsyncRunloop(bearer_token="any", on_event=wrong)


async def test_the_numbers_of_a_client() -> None:
    async with (
        RawServer(*[THROTTLED] * 6, http_json(run())) as server,
        client_of(server, []) as client,
    ):
        before = client.stats()
        await asyncio.gather(
            *(client.benchmark_runs.retrieve("bmr_1") for _ in range(20))
        )
        after = client.stats()

    assert (before.requests, before.connections, before.in_flight) == (0, 0, 0)
    assert (after.requests, after.retries, after.throttled) == (26, 6, 6)
    assert after.bytes > 20 * 50
    assert after.connections is not None
    assert 1 <= after.connections <= 20
    assert (after.in_flight, after.waiting) == (0, 0)
    assert after.api.concurrency >= 10
    assert after.api.rate is not None
    assert 0 <= after.api.wait_p50_s <= after.api.wait_p95_s
    assert after.wait.rate is None


async def test_the_numbers_while_calls_are_under_way() -> None:
    async def hang(_: Incoming, connection: Connection) -> None:
        await connection.until_left()

    async with RawServer(hang) as server, client_of(server, []) as client:
        calls = [client.benchmark_runs.retrieve("bmr_1") for _ in range(200)]
        tasks = [asyncio.ensure_future(call) for call in calls]
        await server.has_got(10)
        stats = client.stats()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    assert stats.in_flight >= 10
    assert stats.in_flight + stats.waiting == 200


async def test_the_connections_of_a_session_of_yours_are_not_counted() -> None:
    async with (
        ClientSession() as session,
        AsyncRunloop(bearer_token="any", session=session) as client,
    ):
        assert client.stats().connections is None


async def test_what_is_told_may_even_cancel_itself(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def cancelled(_: Event) -> None:
        raise asyncio.CancelledError

    async with (
        RawServer(http_json(run())) as server,
        AsyncRunloop(
            base_url=server.url, bearer_token="any", on_event=cancelled
        ) as client,
    ):
        assert (await client.benchmark_runs.retrieve("bmr_1")).id == "bmr_1"

    assert "on_event failed on Sent" in caplog.text


class Teller:
    """Notes events, each after a turn of the loop."""

    def __init__(self) -> None:
        self.told = list[Event]()

    async def __call__(self, event: Event) -> None:
        await asyncio.sleep(0)
        self.told.append(event)


async def test_it_may_be_a_coroutine_function() -> None:
    teller = Teller()
    async with served(http_json(run()), on_event=teller) as (_, client):
        await client.benchmark_runs.retrieve("bmr_1")

    assert [type(each) for each in teller.told] == [Sent, Responded]


async def test_what_a_coroutine_function_raises_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def bug(_: Event) -> None:
        raise KeyError("bug")

    async with served(http_json(run()), on_event=bug) as (_, client):
        await client.benchmark_runs.retrieve("bmr_1")
        await client.aclose()

    assert "on_event failed on Sent" in caplog.text


async def test_one_that_hangs_is_cut_short(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(_: Event) -> None:
        await asyncio.sleep(1000)

    monkeypatch.setattr(attempt, "_LAST_EVENTS_S", 0.01)
    async with served(http_json(run()), on_event=hang) as (_, client):
        await client.benchmark_runs.retrieve("bmr_1")

    assert "on_event was cut short for 2 events" in caplog.text


async def test_one_may_close_the_client() -> None:
    async def close(event: Event) -> None:
        if isinstance(event, Responded):
            await client.aclose()

    async with served(http_json(run()), on_event=close) as (_, client):
        await client.benchmark_runs.retrieve("bmr_1")
        await asyncio.sleep(0)

    assert client.is_closed
