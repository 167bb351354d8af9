import asyncio
import json

import pytest

from runloop_async.testing import Emulator
from tests.testing.talk import Caller, calling, until

ME = "/v1/accounts/me"
RUNS = "/v1/benchmark_runs"


@pytest.mark.parametrize("key", ["", "Bearer", "Bearer ", "Basic abc", "abc"])
async def test_a_request_without_a_bearer_key_is_a_401(
    key: str, caller: Caller
) -> None:
    reply = await caller.get(ME, headers={"authorization": key})
    assert reply.status == 401
    assert reply.json["code"] == "unauthorized"


async def test_any_key_is_taken_unless_one_is_set(caller: Caller) -> None:
    reply = await caller.get(ME, headers={"authorization": "bearer whatever"})
    assert reply.status == 200


async def test_only_the_key_that_is_set_is_taken() -> None:
    async with Emulator(bearer_token="right") as api, calling(api) as caller:
        wrong = await caller.get(ME, headers={"authorization": "Bearer wrong"})
        right = await caller.get(ME, headers={"authorization": "Bearer right"})
    assert (wrong.status, right.status) == (401, 200)


async def test_an_unknown_id_is_a_404_in_json(caller: Caller) -> None:
    reply = await caller.get(f"{RUNS}/nothing")
    assert reply.status == 404
    assert reply.headers["content-type"] == "application/json"
    assert reply.json == {
        "message": "There is no benchmark run 'nothing'.",
        "code": "not_found",
    }


async def test_an_id_with_a_slash_arrives_as_it_is(
    api: Emulator, caller: Caller
) -> None:
    api.benchmark_runs.add(id="a/b ?c")
    reply = await caller.get(f"{RUNS}/a%2Fb%20%3Fc")
    assert reply.json["id"] == "a/b ?c"


async def test_a_path_that_the_api_does_not_have_is_a_404(caller: Caller) -> None:
    reply = await caller.get("/v1/benchmark_rums")
    assert reply.status == 404


async def test_a_verb_that_a_path_does_not_take_is_a_405(caller: Caller) -> None:
    reply = await caller.send("DELETE", RUNS)
    assert reply.status == 405
    assert reply.headers["allow"] == "GET"
    assert reply.json["code"] == "method_not_allowed"


async def test_a_body_that_is_no_json_is_a_400(api: Emulator, caller: Caller) -> None:
    async with caller.session.post(
        f"{api.url}/v1/benchmarks",
        data=b'{"name": ',
        headers={"authorization": "Bearer any"},
    ) as response:
        body = json.loads(await response.read())
    assert response.status == 400
    assert body["code"] == "invalid_request"


async def test_a_wrong_type_in_a_body_is_a_400_that_tells_where(
    caller: Caller,
) -> None:
    reply = await caller.post("/v1/benchmarks", {"name": 7})
    assert reply.status == 400
    assert "$.name" in reply.json["message"]


async def test_a_required_field_that_is_missing_is_a_400(caller: Caller) -> None:
    reply = await caller.post("/v1/benchmarks")
    assert reply.status == 400
    assert "name" in reply.json["message"]


async def test_the_request_id_is_echoed(caller: Caller) -> None:
    reply = await caller.get(ME, headers={"X-Request-Id": "mine"})
    assert reply.headers["x-request-id"] == "mine"


async def test_a_request_without_an_id_is_given_one_of_its_own(
    caller: Caller,
) -> None:
    replies = [await caller.get(path) for path in (ME, "/nowhere")]
    made_up = {reply.headers["x-request-id"] for reply in replies}
    assert len(made_up) == 2


async def test_a_parameter_without_a_value_counts_as_absent(
    api: Emulator, caller: Caller
) -> None:
    api.benchmark_runs.add()
    reply = await caller.get(f"{RUNS}?state=&starting_after=&limit=")
    assert len(reply.json["runs"]) == 1


async def test_requests_are_recorded_without_their_secrets(
    api: Emulator, caller: Caller
) -> None:
    headers = {"authorization": "Bearer canary", "cookie": "canary", "X-Mine": "1"}
    await caller.get(f"{RUNS}/x%20y?search=a+b&name=", headers=headers)
    [received] = api.requests
    assert received.method == "GET"
    assert received.path == f"{RUNS}/x%20y"
    assert received.query == {"search": "a b", "name": ""}
    assert received.status == 404
    assert received.headers["x-mine"] == "1"
    assert "canary" not in repr(received)


async def test_the_record_of_requests_is_bounded(api: Emulator) -> None:
    assert api.requests.maxlen == 10_000


async def test_statuses_and_executions_are_counted(
    api: Emulator, caller: Caller
) -> None:
    for path in (ME, ME, f"{RUNS}/nothing", "/nowhere"):
        await caller.get(path)
    assert api.stats.requests == 4
    assert api.stats.by_status == {200: 2, 404: 2}
    assert api.stats.executions == {"accounts.me": 2, "benchmark_runs.retrieve": 1}


async def test_a_read_under_one_request_id_is_not_counted_as_repeated(
    api: Emulator, caller: Caller
) -> None:
    for _ in range(2):
        await caller.get(ME, headers={"x-request-id": "k"})
    assert api.stats.repeated == {}


async def test_connections_are_counted(api: Emulator) -> None:
    async with calling(api, keep_alive=True) as caller:
        await caller.get(ME)
        await caller.get(ME)
        assert api.stats.open_connections == 1
    assert api.stats.most_open_connections == 1


async def test_a_client_that_leaves_in_the_middle_of_its_body_is_no_trouble(
    api: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    host, port = api.url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        b"POST /v1/benchmarks HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{"
    )
    await until(lambda: api.stats.in_flight == 1)

    writer.close()
    await until(lambda: api.stats.in_flight == 0)

    assert api.stats.executions == {}
    assert caplog.messages == []
