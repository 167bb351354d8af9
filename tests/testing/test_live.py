"""Answers that take their time: held ones, events, terminals and large bodies."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from runloop_async.testing import Emulator, drip
from runloop_async.testing.commands import CommandResult
from tests.testing.talk import Caller, calling, until


@pytest.fixture
async def api() -> AsyncIterator[Emulator]:
    """Give an emulator whose clock stands still."""
    async with Emulator(speed=0.0) as emulator:
        yield emulator


async def test_whoever_waits_is_woken_by_time_and_by_requests(
    api: Emulator, caller: Caller
) -> None:
    path = f"/v1/devboxes/{api.devboxes.add(id='dbx')['id']}"
    waits = [
        asyncio.create_task(
            caller.post(f"{path}/wait_for_status", {"statuses": [status]})
        )
        for status in ("suspended", "shutdown", "failure")
    ]
    await until(lambda: api.stats.in_flight == 3)

    await caller.post(f"{path}/suspend")
    api.advance(1)
    assert (await waits[0]).json["status"] == "suspended"
    await caller.post(f"{path}/shutdown")
    assert (await waits[1]).json["status"] == "shutdown"
    api.advance(30)
    assert (await waits[2]).status == 408


async def test_logs_come_until_the_devbox_has_ended(
    api: Emulator, caller: Caller
) -> None:
    api.devboxes.add(id="dbx")
    asked = asyncio.create_task(caller.get("/v1/devboxes/dbx/logs/tail"))
    await until(lambda: api.stats.in_flight == 1)

    await caller.post("/v1/devboxes/dbx/execute_async", {"command": "echo x"})
    await caller.post("/v1/devboxes/dbx/shutdown")

    lines = (await asked).body.decode().split("\n\n")
    assert len([line for line in lines if line.startswith("data: ")]) == 3


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/devboxes/evictions/watch"),
        ("GET", "/v1/devboxes/dbx/logs/tail"),
        ("POST", "/v1/devboxes/dbx/wait_for_status"),
    ],
)
async def test_nothing_is_kept_of_a_client_that_has_left(
    method: str, path: str, api: Emulator, caller: Caller
) -> None:
    api.devboxes.add(id="dbx")
    asked = asyncio.create_task(caller.send(method, path, {"statuses": ["shutdown"]}))
    await until(lambda: api.stats.in_flight == 1)

    asked.cancel()

    await until(lambda: api.stats.in_flight == 0)  # though no time has passed


async def test_a_client_may_leave_a_stream_that_drips(
    api: Emulator, caller: Caller
) -> None:
    api.devboxes.add(id="dbx")
    api.faults.add(drip(0.01, pieces=500))
    asked = asyncio.create_task(caller.get("/v1/devboxes/dbx/logs/tail"))
    await until(lambda: api.stats.in_flight == 1)

    asked.cancel()

    await until(lambda: api.stats.in_flight == 0)


async def test_a_client_that_leaves_a_stream_is_no_trouble(
    api: Emulator, caller: Caller
) -> None:
    api.axons.add(id="axn")
    url = f"{api.url}/v1/axons/axn"
    headers = {"authorization": "Bearer any"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(f"{url}/subscribe/sse") as stream,
    ):
        assert stream.status == 200
    await until(lambda: api.stats.open_connections == 0)
    event = {"event_type": "t", "origin": "USER_EVENT", "source": "s"}
    for _ in range(3):
        reply = await caller.post(
            "/v1/axons/axn/publish", event | {"payload": "x" * 100}
        )
        assert reply.status == 200
    await until(lambda: api.stats.in_flight == 0)


async def test_a_terminal_echoes_and_runs_scripts(
    api: Emulator, caller: Caller
) -> None:
    api.commands.add("ls", stdout="a\nb\n")
    found = (await caller.get("/pty/t")).json
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(
            api.url + found["connect_url"], protocols=["token"]
        ) as socket,
    ):
        assert socket.protocol == "token"
        assert await socket.receive_bytes() == b"$ "
        again = await caller.get("/pty/t")
        assert again.json["attached"]
        assert (await caller.get("/pty/t/ws", headers={"authorization": ""})).status
        await socket.send_str("l")
        assert await socket.receive_bytes() == b"l"
        await socket.ping()
        await socket.send_bytes(b"s\r")
        assert await socket.receive_bytes() == b"s\r\na\r\nb\r\n$ "
        await socket.send_bytes(b"exit\r")
        message = await socket.receive()
        assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 4000)
    await until(lambda: api.stats.in_flight == 0)
    assert not (await caller.get("/pty/t")).json["attached"]


async def test_a_terminal_ends_when_its_session_is_closed(
    api: Emulator, caller: Caller
) -> None:
    url = api.url + (await caller.get("/pty/t")).json["connect_url"]
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        assert await socket.receive_bytes() == b"$ "
        with pytest.raises(aiohttp.WSServerHandshakeError) as second:
            await session.ws_connect(url)
        assert second.value.status == 409
        await caller.post("/pty/t/control", {"action": "close"})
        assert (await socket.receive()).data == 4000
    with pytest.raises(aiohttp.WSServerHandshakeError) as gone:
        async with aiohttp.ClientSession() as session:
            await session.ws_connect(url)
    assert gone.value.status == 404


async def test_what_a_terminal_cannot_be_is_refused(caller: Caller) -> None:
    assert (await caller.get("/pty/t?cols=0")).status == 400
    await caller.get("/pty/t")
    for body in ({"action": "resize", "rows": 1001}, {"action": "dance"}):
        assert (await caller.post("/pty/t/control", body)).status == 400


async def test_a_large_body_comes_back_whole(api: Emulator) -> None:
    content = bytes(range(256)) * 20_000
    async with (
        aiohttp.ClientSession() as session,
        calling(api) as caller,
    ):
        created = await caller.post(
            "/v1/objects", {"name": "o", "content_type": "binary"}
        )
        path = f"/v1/objects/{created.json['id']}"
        assert (await caller.post(f"{path}/complete")).status == 400
        assert (await caller.get(f"{path}/download")).status == 400

        async def pieces() -> AsyncIterator[bytes]:
            for place in range(0, len(content), 50_000):
                yield content[place : place + 50_000]

        async with session.put(created.json["upload_url"], data=pieces()) as put:
            assert put.status == 200
        await caller.post(f"{path}/complete")
        url = (await caller.get(f"{path}/download")).json["download_url"]
        async with session.get(url) as got:
            assert await got.read() == content
        async with session.put(created.json["upload_url"], data=b"x") as late:
            assert late.status == 400


async def test_a_presigned_url_takes_no_key_and_no_other_signature(
    api: Emulator, caller: Caller
) -> None:
    row = api.objects.add("abc")
    found = await caller.get(f"/v1/objects/{row['id']}/download")
    url = found.json["download_url"]
    path = url.removeprefix(api.url)
    assert (await caller.get(path)).status == 400
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{url}x") as other:
            assert other.status == 403
        async with session.get(f"{api.url}/nowhere") as nowhere:
            assert nowhere.status == 401


@pytest.mark.parametrize(
    ("kind", "body", "told"),
    [
        ("text/plain", b"x", "multipart/form-data is needed"),
        ("multipart/form-data; boundary=x", b"--y", "The form has no end"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n", "The form has no end"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\ncontent-disposition: form-data; name="file"\r\n\r\nz\r\n--x--\r\n',
            "The form has no path",
        ),
    ],
)
async def test_a_form_that_is_not_whole_is_refused(
    api: Emulator, kind: str, body: bytes, told: str
) -> None:
    api.devboxes.add(id="dbx")
    headers = {"authorization": "Bearer any", "content-type": kind}
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{api.url}/v1/devboxes/dbx/upload_file", data=body, headers=headers
        ) as reply,
    ):
        assert reply.status == 400
        assert told in (await reply.json())["message"]


async def test_commands_can_be_made_up_by_a_function(
    api: Emulator, caller: Caller
) -> None:
    api.devboxes.add(id="dbx")
    api.commands.add_function(
        "say *", lambda command: CommandResult(stdout=command[4:])
    )
    reply = await caller.post("/v1/devboxes/dbx/execute_async", {"command": "say x"})
    assert reply.json["stdout"] == "x"
    with pytest.raises(ValueError, match="seconds must be a number of at least 0"):
        api.commands.add("x", seconds=-1)
    with pytest.raises(KeyError):
        api.evict("dbx_none")


async def test_what_the_state_does_not_allow_is_refused(
    api: Emulator, caller: Caller
) -> None:
    api.axons.add(id="axn")
    api.blueprints.add(id="bpt", status="building")
    subscribed = await caller.get("/v1/axons/axn/subscribe/sse?after_sequence=no")
    assert subscribed.status == 400
    asked = await caller.post("/v1/axons/axn/sql/query", {"sql": "nonsense"})
    assert asked.status == 400
    made = await caller.post("/v1/devboxes", {"blueprint_id": "bpt"})
    assert made.status == 400


async def test_what_is_shut_down_while_it_boots_stays_so(
    api: Emulator, caller: Caller
) -> None:
    made = (await caller.post("/v1/devboxes")).json
    await caller.post(f"/v1/devboxes/{made['id']}/shutdown")
    api.advance(60)
    found = (await caller.get(f"/v1/devboxes/{made['id']}")).json
    assert found["status"] == "shutdown"
    api.evict(made["id"], seconds=1)
    api.advance(5)


async def test_the_devbox_of_a_scenario_run_ends_with_it(
    api: Emulator, caller: Caller
) -> None:
    api.scenarios.add(id="scn")
    run = (await caller.post("/v1/scenarios/start_run", {"scenario_id": "scn"})).json
    api.advance(5)
    path = f"/v1/devboxes/{run['devbox_id']}"
    assert (await caller.get(path)).json["status"] == "running"
    await caller.post(f"/v1/scenarios/runs/{run['id']}/complete")
    assert (await caller.get(path)).json["status"] == "shutdown"


async def test_a_snapshot_is_deleted_once_it_is_complete(
    api: Emulator, caller: Caller
) -> None:
    api.devboxes.add(id="dbx")
    made = (await caller.post("/v1/devboxes/dbx/snapshot_disk_async")).json
    path = f"/v1/devboxes/disk_snapshots/{made['id']}"
    assert (await caller.post(f"{path}/delete")).status == 409
    api.advance(5)
    await caller.post(f"{path}/delete")
    assert (await caller.get(f"{path}/status")).json["status"] == "deleted"


async def test_a_blueprint_that_is_deleted_is_not_built(
    api: Emulator, caller: Caller
) -> None:
    made = (await caller.post("/v1/blueprints", {"name": "b"})).json
    await caller.post(f"/v1/blueprints/{made['id']}/delete")
    api.advance(60)
    found = (await caller.get(f"/v1/blueprints/{made['id']}")).json
    assert (found["status"], found["state"]) == ("queued", "deleted")
