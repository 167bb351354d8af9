"""Each fault as a client meets it."""

import asyncio
import time

import aiohttp
import pytest

from runloop_async.testing import (
    Emulator,
    bad_json,
    concurrency_limit,
    cut_body,
    delay,
    drip,
    rate_limit,
    reset,
    status,
    wrong_type,
)
from runloop_async.testing.faults import Fault, Framing
from tests.testing.talk import Caller, calling, given_up, until

ME = "/v1/accounts/me"
START = "/v1/benchmarks/start_run"


async def test_a_status_stands_in_for_the_operation(
    api: Emulator, caller: Caller
) -> None:
    api.faults.add(status(503, retry_after=3))
    reply = await caller.get(ME)
    assert reply.status == 503
    assert reply.headers["retry-after"] == "3"
    assert reply.json["code"] == "unavailable"
    assert api.stats.executions == {}


@pytest.mark.parametrize("code", [204, 304, 599, 999])
async def test_odd_statuses_can_be_sent(
    code: int, api: Emulator, caller: Caller
) -> None:
    api.faults.add(status(code))
    assert (await caller.get(ME)).status == code


async def test_a_fault_strikes_whatever_the_key_and_the_path(
    api: Emulator, caller: Caller
) -> None:
    api.faults.add(status(502))
    reply = await caller.get("/nowhere", headers={"authorization": "none"})
    assert reply.status == 502


@pytest.fixture
async def stored(api: Emulator) -> str:
    """Return where something large is to be had."""
    api.devboxes.add(id="dbx", files={"/a": "x" * 100_000})
    return "/v1/devboxes/dbx/download_file"


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
async def test_a_download_can_be_cut(
    framing: Framing, api: Emulator, caller: Caller, stored: str
) -> None:
    api.faults.add(cut_body(10, framing=framing), path=stored)
    if framing == "close":  # which a client cannot tell from the end
        assert (await caller.post(stored, {"path": "/a"})).body == b"x" * 10
        return
    with pytest.raises(aiohttp.ClientPayloadError):
        await caller.post(stored, {"path": "/a"})


async def test_a_download_can_drip(api: Emulator, caller: Caller, stored: str) -> None:
    api.faults.add(drip(0.001, pieces=5), path=stored)

    assert (await caller.post(stored, {"path": "/a"})).body == b"x" * 100_000


async def test_a_stream_can_be_cut_and_drip(api: Emulator, caller: Caller) -> None:
    api.devboxes.add(id="dbx")
    api.commands.add("talk", stdout=["first", "second"])
    started = await caller.post("/v1/devboxes/dbx/execute_async", {"command": "talk"})
    execution = f"/v1/devboxes/dbx/executions/{started.json['execution_id']}"
    whole = await caller.get(f"{execution}/stream_stdout_updates")

    dripping = api.faults.add(drip(0.001, pieces=5))
    assert (await caller.get(f"{execution}/stream_stdout_updates")).body == whole.body
    api.faults.remove(dripping)
    api.faults.add(cut_body(10))
    with pytest.raises(aiohttp.ClientError):
        await caller.get(f"{execution}/stream_stdout_updates")


async def test_a_delay_makes_the_client_wait(api: Emulator, caller: Caller) -> None:
    api.faults.add(delay(0.05))
    begun_s = time.monotonic()
    reply = await caller.get(ME)
    assert time.monotonic() - begun_s >= 0.05
    assert reply.status == 200


async def test_a_delayed_write_is_executed_though_the_client_gave_up(
    api: Emulator, caller: Caller
) -> None:
    benchmark = api.benchmarks.add()
    api.faults.add(delay(0.3))
    await given_up(api, caller.post(START, {"benchmark_id": benchmark["id"]}))
    assert api.stats.executions == {}

    await until(lambda: api.stats.in_flight == 0)

    assert api.stats.executions == {"benchmarks.start_run": 1}


async def test_a_reset_leaves_the_operation_undone(
    api: Emulator, caller: Caller
) -> None:
    benchmark = api.benchmarks.add()
    api.faults.add(reset())
    with pytest.raises(aiohttp.ClientConnectionError):
        await caller.post(START, {"benchmark_id": benchmark["id"]})
    assert api.stats.executions == {}
    assert api.requests[-1].status is None


async def test_a_reset_after_the_operation_leaves_it_done(
    api: Emulator, caller: Caller
) -> None:
    benchmark = api.benchmarks.add()
    api.faults.add(reset(executed=True))
    with pytest.raises(aiohttp.ClientConnectionError):
        await caller.post(START, {"benchmark_id": benchmark["id"]})
    assert api.stats.executions == {"benchmarks.start_run": 1}


async def test_a_write_that_ran_twice_under_one_request_id_can_be_seen(
    api: Emulator, caller: Caller
) -> None:
    body = {"benchmark_id": api.benchmarks.add()["id"]}
    headers = {"x-request-id": "k"}
    api.faults.add(reset(executed=True), times=1)
    with pytest.raises(aiohttp.ClientConnectionError):
        await caller.post(START, body, headers)
    assert api.stats.repeated == {}

    await caller.post(START, body, headers)

    assert api.stats.repeated == {"k": 2}


@pytest.mark.parametrize("fault", [reset(), cut_body()])
async def test_a_client_that_left_first_is_no_trouble(
    fault: Fault, api: Emulator, caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    api.faults.add(delay(0.3))
    api.faults.add(fault)
    await given_up(api, caller.get(ME))
    assert api.stats.in_flight == 1

    await until(lambda: api.stats.in_flight == 0)

    assert caplog.messages == []


@pytest.mark.parametrize("fault", [cut_body(), cut_body(3, framing="chunked")])
async def test_a_cut_body_is_less_than_was_announced(
    fault: Fault, api: Emulator, caller: Caller
) -> None:
    api.faults.add(fault)
    with pytest.raises(aiohttp.ClientPayloadError):
        await caller.get(ME)


async def test_a_cut_body_without_an_end_looks_whole(
    api: Emulator, caller: Caller
) -> None:
    whole = await caller.get(ME)
    api.faults.add(cut_body(framing="close"))
    reply = await caller.get(ME)
    assert reply.body == whole.body[: len(whole.body) // 2]
    assert reply.headers["x-request-id"]


async def test_a_chunked_body_can_be_cut_before_it_begins(
    api: Emulator, caller: Caller
) -> None:
    api.faults.add(cut_body(0, framing="chunked"))
    with pytest.raises(aiohttp.ClientPayloadError):
        await caller.get(ME)


async def test_a_cut_of_an_unheard_of_status_has_a_head(
    api: Emulator, caller: Caller
) -> None:
    api.faults.add(cut_body(framing="close"))
    api.faults.add(status(999, body=b"ab"))
    reply = await caller.get(ME)
    assert (reply.status, reply.body) == (999, b"a")


async def test_a_dripping_body_comes_in_pieces(api: Emulator, caller: Caller) -> None:
    whole = await caller.get(ME)
    api.faults.add(drip(0.02, pieces=4))
    begun_s = time.monotonic()
    reply = await caller.get(ME)
    assert time.monotonic() - begun_s >= 0.08
    assert reply.body == whole.body


async def test_a_drip_ends_when_the_client_has_gone(
    api: Emulator, caller: Caller
) -> None:
    api.faults.add(drip(0.02, pieces=1000))
    await given_up(api, caller.get(ME))
    await until(lambda: api.stats.in_flight == 0)
    assert api.stats.by_status == {200: 1}


async def test_bad_json_is_sent_whole(api: Emulator, caller: Caller) -> None:
    whole = await caller.get(ME)
    api.faults.add(bad_json())
    reply = await caller.get(ME)
    assert reply.body == whole.body[:-1]


async def test_a_wrong_type_is_sent_as_told(api: Emulator, caller: Caller) -> None:
    api.faults.add(wrong_type("name", 7))
    assert (await caller.get(ME)).json["name"] == 7


async def test_a_rate_limit_refuses_what_comes_too_early(
    api: Emulator, caller: Caller
) -> None:
    api.faults.add(rate_limit(0.01, burst=2))
    replies = [await caller.get(ME) for _ in range(3)]
    assert [reply.status for reply in replies] == [200, 200, 429]
    assert int(replies[2].headers["retry-after"]) <= 100


async def test_a_concurrency_limit_refuses_what_is_too_much_at_once(
    api: Emulator,
) -> None:
    api.faults.add(delay(0.3))
    api.faults.add(concurrency_limit(3))
    async with calling(api) as caller:
        replies = await asyncio.gather(*(caller.get(ME) for _ in range(5)))
    statuses = sorted(reply.status for reply in replies)
    assert statuses == [200, 200, 200, 429, 429]
    assert api.stats.most_in_flight == 5
