"""Walks over objects, blueprints, axons and terminals."""

import httpx
import pytest
from runloop_api_client import AsyncRunloop, ConflictError, NotFoundError
from runloop_api_client.lib.polling import PollingConfig

from runloop_async.testing import Emulator
from tests.testing.walking import ids, newest_first, walks


@walks("objects.create")
async def walk_object_create(client: AsyncRunloop, _api: Emulator) -> None:
    created = await client.objects.create(name="o", content_type="text", ttl_ms=5)
    assert created.state == "UPLOADING"
    assert created.delete_after_time_ms == created.create_time_ms + 5


@walks("objects.complete")
async def walk_object_complete(client: AsyncRunloop, _api: Emulator) -> None:
    created = await client.objects.create(name="o", content_type="text")
    assert created.upload_url is not None
    async with httpx.AsyncClient() as plain:
        put = await plain.put(created.upload_url, content=b"abc")
    assert put.status_code == 200
    done = await client.objects.complete(created.id)
    assert (done.state, done.size_bytes) == ("READ_ONLY", 3)
    with pytest.raises(ConflictError):
        await client.objects.complete(created.id)


@walks("objects.retrieve")
async def walk_object_retrieve(client: AsyncRunloop, api: Emulator) -> None:
    row = api.objects.add("abc", name="o")
    assert (await client.objects.retrieve(row["id"])).size_bytes == 3


@walks("objects.download")
async def walk_object_download(client: AsyncRunloop, api: Emulator) -> None:
    row = api.objects.add("abc")
    found = await client.objects.download(row["id"])
    async with httpx.AsyncClient() as plain:
        assert (await plain.get(found.download_url)).content == b"abc"


@walks("objects.list")
async def walk_object_list(client: AsyncRunloop, api: Emulator) -> None:
    rows = [api.objects.add(content_type="text") for _ in range(3)]
    api.objects.add(content_type="tgz")
    found = client.objects.list(limit=2, content_type="text")
    assert await ids(found) == newest_first(rows)


@walks("objects.list_public")
async def walk_object_list_public(client: AsyncRunloop, api: Emulator) -> None:
    api.objects.add()
    assert await ids(client.objects.list_public()) == []


@walks("objects.delete")
async def walk_object_delete(client: AsyncRunloop, api: Emulator) -> None:
    row = api.objects.add()
    assert (await client.objects.delete(row["id"])).state == "DELETED"
    assert await ids(client.objects.list()) == []


@walks("blueprints.create")
async def walk_blueprint_create(client: AsyncRunloop, _api: Emulator) -> None:
    blueprint = await client.blueprints.create(name="b", metadata={"k": "v"})
    assert (blueprint.status, blueprint.metadata) == ("queued", {"k": "v"})


@walks("blueprints.create_and_await_build_complete")
async def walk_blueprint_wait(client: AsyncRunloop, _api: Emulator) -> None:
    blueprint = await client.blueprints.create_and_await_build_complete(
        name="b", polling_config=PollingConfig(interval_seconds=0.01)
    )
    assert blueprint.status == "build_complete"


@walks("blueprints.await_build_complete")
async def walk_blueprint_await(client: AsyncRunloop, api: Emulator) -> None:
    row = api.blueprints.add()
    found = await client.blueprints.await_build_complete(row["id"])
    assert found.id == row["id"]


@walks("blueprints.retrieve")
async def walk_blueprint_retrieve(client: AsyncRunloop, api: Emulator) -> None:
    row = api.blueprints.add(name="b")
    assert (await client.blueprints.retrieve(row["id"])).name == "b"


@walks("blueprints.list")
async def walk_blueprint_list(client: AsyncRunloop, api: Emulator) -> None:
    rows = [api.blueprints.add(name="b") for _ in range(3)]
    api.blueprints.add(name="c")
    assert await ids(client.blueprints.list(limit=2, name="b")) == newest_first(rows)


@walks("blueprints.list_public")
async def walk_blueprint_list_public(client: AsyncRunloop, api: Emulator) -> None:
    row = api.blueprints.add(is_public=True)
    assert await ids(client.blueprints.list_public()) == [row["id"]]


@walks("blueprints.logs")
async def walk_blueprint_logs(client: AsyncRunloop, api: Emulator) -> None:
    api.commands.add("make", exit_status=2)
    blueprint = await client.blueprints.create(
        name="b", system_setup_commands=["ls", "make"]
    )
    api.advance(10)
    failed = await client.blueprints.retrieve(blueprint.id)
    logs = (await client.blueprints.logs(blueprint.id)).logs
    assert (failed.status, failed.failure_reason) == ("failed", "build_failed")
    assert [each.message for each in logs][-2:] == ["RUN make", "exit status 2"]


@walks("blueprints.preview")
async def walk_blueprint_preview(client: AsyncRunloop, _api: Emulator) -> None:
    with pytest.deprecated_call():
        found = await client.blueprints.preview(  # pyright: ignore[reportDeprecated]
            name="b", dockerfile="FROM x\n", system_setup_commands=["ls"]
        )
    assert found.dockerfile == "FROM x\nRUN ls\n"


@walks("blueprints.delete")
async def walk_blueprint_delete(client: AsyncRunloop, api: Emulator) -> None:
    blueprint = await client.blueprints.create(name="b")
    await client.blueprints.delete(blueprint.id)
    api.advance(10)
    assert await ids(client.blueprints.list()) == []
    assert (await client.blueprints.retrieve(blueprint.id)).state == "deleted"


@walks("axons.create")
async def walk_axon_create(client: AsyncRunloop, _api: Emulator) -> None:
    assert (await client.axons.create(name="a")).name == "a"


@walks("axons.retrieve")
async def walk_axon_retrieve(client: AsyncRunloop, api: Emulator) -> None:
    row = api.axons.add(name="a")
    assert (await client.axons.retrieve(row["id"])).name == "a"


@walks("axons.update")
async def walk_axon_update(client: AsyncRunloop, api: Emulator) -> None:
    row = api.axons.add()
    axon = await client.axons.update(row["id"], metadata={"k": "v"})
    assert axon.metadata == {"k": "v"}


@walks("axons.list")
async def walk_axon_list(client: AsyncRunloop, api: Emulator) -> None:
    rows = [api.axons.add(metadata={"n": str(n)}) for n in range(3)]
    assert await ids(client.axons.list(limit=2)) == newest_first(rows)
    query = {"metadata[n][in]": "0,2"}
    found = client.axons.list(extra_query=query)
    assert await ids(found) == [rows[2]["id"], rows[0]["id"]]
    one = client.axons.list(extra_query={"metadata[n]": "1"})
    assert await ids(one) == [rows[1]["id"]]


@walks("axons.delete")
async def walk_axon_delete(client: AsyncRunloop, api: Emulator) -> None:
    row = api.axons.add()
    await client.axons.delete(row["id"])
    with pytest.raises(NotFoundError):
        await client.axons.retrieve(row["id"])


@walks("axons.publish")
async def walk_axon_publish(client: AsyncRunloop, api: Emulator) -> None:
    row = api.axons.add()
    for number in (1, 2):
        done = await client.axons.publish(
            row["id"], event_type="t", origin="USER_EVENT", payload="{}", source="s"
        )
        assert done.sequence == number


@walks("axons.events.list")
async def walk_axon_events(client: AsyncRunloop, api: Emulator) -> None:
    row = api.axons.add()
    for payload in ("1", "2", "3"):
        await client.axons.publish(
            row["id"], event_type="t", origin="USER_EVENT", payload=payload, source="s"
        )
    page = await client.axons.events.list(row["id"], limit=2)
    assert [each.payload for each in page.events] == ["3", "2"]
    rest = await client.axons.events.list(row["id"], starting_after="2")
    assert [each.payload for each in rest.events] == ["1"]


@walks("axons.subscribe_sse")
async def walk_axon_subscribe(client: AsyncRunloop, api: Emulator) -> None:
    row = api.axons.add()
    event = {"event_type": "t", "origin": "USER_EVENT", "source": "s"}
    for payload in ("1", "2"):
        await client.axons.publish(row["id"], payload=payload, **event)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    async with await client.axons.subscribe_sse(row["id"], after_sequence=1) as events:
        assert (await anext(events)).payload == "2"
        await client.axons.publish(row["id"], payload="3", **event)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        assert (await anext(events)).payload == "3"
        await client.axons.delete(row["id"])
        assert [each async for each in events] == []


@walks("axons.sql.query")
async def walk_axon_query(client: AsyncRunloop, api: Emulator) -> None:
    row = api.axons.add()
    await client.axons.sql.query(row["id"], sql="create table t (a, b)")
    added = await client.axons.sql.query(
        row["id"], sql="insert into t values (?, ?)", params=[1, "x"]
    )
    found = await client.axons.sql.query(row["id"], sql="select * from t")
    assert added.meta.changes == 1
    assert found.rows == [[1, "x"]]
    assert [each.type for each in found.columns] == ["INTEGER", "TEXT"]


@walks("axons.sql.batch")
async def walk_axon_batch(client: AsyncRunloop, api: Emulator) -> None:
    row = api.axons.add()
    done = await client.axons.sql.batch(
        row["id"],
        statements=[{"sql": "create table t (a)"}, {"sql": "select * from t"}],
    )
    assert [each.error for each in done.results] == [None, None]
    failed = await client.axons.sql.batch(
        row["id"], statements=[{"sql": "insert into t values (1)"}, {"sql": "no"}]
    )
    assert failed.results[1].error is not None
    left = await client.axons.sql.query(row["id"], sql="select * from t")
    assert left.rows == []


@walks("pty.connect")
async def walk_pty_connect(client: AsyncRunloop, _api: Emulator) -> None:
    assert (await client.pty.connect("t", cols=90)).created
    assert (await client.pty.connect("t")).cols == 90


@walks("pty.control")
async def walk_pty_control(client: AsyncRunloop, _api: Emulator) -> None:
    await client.pty.connect("t")
    await client.pty.control("t", action="resize", rows=50)
    assert (await client.pty.connect("t")).rows == 50
    await client.pty.control("t", action="signal", signal="SIGINT")
    await client.pty.control("t", action="close")
    assert (await client.pty.connect("t")).created
