"""Walks over devboxes, and over what runs and is kept on them."""

import pytest
from runloop_api_client import (
    APIStatusError,
    AsyncRunloop,
    BadRequestError,
    ConflictError,
    NotFoundError,
)
from runloop_api_client.lib.polling import PollingConfig

from runloop_async.testing import Emulator
from runloop_async.testing.state.devboxes.disk_snapshots import disk_of
from tests.testing.walking import ids, newest_first, walks

QUICK = PollingConfig(interval_seconds=0.01, max_attempts=500)


@walks("devboxes.create")
async def walk_create(client: AsyncRunloop, api: Emulator) -> None:
    blueprint = api.blueprints.add(
        name="b", parameters={"name": "b", "file_mounts": {"/b": "1"}}
    )
    stored = api.objects.add("stored")
    devbox = await client.devboxes.create(
        name="d",
        blueprint_name="b",
        metadata={"k": "v"},
        file_mounts={"/a": "2"},
        mounts=[
            {"type": "file_mount", "target": "/c", "content": "3"},
            {
                "type": "object_mount",
                "object_id": stored["id"],
                "object_path": "/d",
            },
        ],
        gateways={"g": {"gateway": "gwc", "secret": "S"}},
        mcp={"m": {"mcp_config": "mcp", "secret": "S"}},
        tunnel={"auth_mode": "authenticated"},
    )
    assert devbox.status == "provisioning"
    assert devbox.blueprint_id == blueprint["id"]
    assert devbox.tunnel is not None
    assert devbox.tunnel.auth_token is not None
    assert devbox.gateway_specs is not None
    assert devbox.mcp_specs is not None
    api.advance(5)
    contents = [
        await client.devboxes.read_file_contents(devbox.id, file_path=path)
        for path in ("/b", "/a", "/c", "/d")
    ]
    assert contents == ["1", "2", "3", "stored"]
    with pytest.raises(APIStatusError):
        await client.devboxes.create(blueprint_name="b", snapshot_id="snp")
    with pytest.raises(NotFoundError):
        await client.devboxes.create(blueprint_name="c")


@walks("devboxes.create_and_await_running")
async def walk_create_and_await(client: AsyncRunloop, _api: Emulator) -> None:
    devbox = await client.devboxes.create_and_await_running(name="d")
    assert devbox.status == "running"
    assert [each.status for each in devbox.state_transitions] == [
        "provisioning",
        "initializing",
        "running",
    ]


@walks("devboxes.await_running")
async def walk_await_running(client: AsyncRunloop, api: Emulator) -> None:
    devbox = await client.devboxes.create()
    assert (await client.devboxes.await_running(devbox.id)).status == "running"
    api.commands.add("make", exit_status=1)
    failing = await client.devboxes.create(
        launch_parameters={"launch_commands": ["ls", "make"]}
    )
    with pytest.raises(Exception, match="failure"):
        await client.devboxes.await_running(failing.id)


@walks("devboxes.await_suspended")
async def walk_await_suspended(client: AsyncRunloop, api: Emulator) -> None:
    row = api.devboxes.add()
    await client.devboxes.suspend(row["id"])
    assert (await client.devboxes.await_suspended(row["id"])).status == "suspended"


@walks("devboxes.retrieve")
async def walk_retrieve(client: AsyncRunloop, api: Emulator) -> None:
    row = api.devboxes.add(name="d")
    assert (await client.devboxes.retrieve(row["id"])).name == "d"


@walks("devboxes.update")
async def walk_update(client: AsyncRunloop, api: Emulator) -> None:
    row = api.devboxes.add(name="d")
    devbox = await client.devboxes.update(row["id"], metadata={"k": "v"})
    assert (devbox.name, devbox.metadata) == ("d", {"k": "v"})


@walks("devboxes.list")
async def walk_list(client: AsyncRunloop, api: Emulator) -> None:
    rows = [api.devboxes.add() for _ in range(3)]
    api.devboxes.add(status="suspended")
    found = client.devboxes.list(limit=2, status="running")
    assert await ids(found) == newest_first(rows)


@walks("devboxes.shutdown")
async def walk_shutdown(client: AsyncRunloop, api: Emulator) -> None:
    row = api.devboxes.add()
    running = await client.devboxes.execute_async(row["id"], command="sleep 900")
    for _ in range(2):
        devbox = await client.devboxes.shutdown(row["id"])
        assert (devbox.status, devbox.shutdown_reason) == ("shutdown", "api_shutdown")
    ended = await client.devboxes.executions.retrieve(
        running.execution_id, devbox_id=row["id"]
    )
    assert (ended.status, ended.exit_status) == ("completed", 137)
    with pytest.raises(APIStatusError):
        await client.devboxes.execute_async(row["id"], command="ls")


@walks("devboxes.suspend")
async def walk_suspend(client: AsyncRunloop, api: Emulator) -> None:
    row = api.devboxes.add()
    devbox = await client.devboxes.suspend(row["id"])
    assert devbox.status == "suspending"
    with pytest.raises(BadRequestError):
        await client.devboxes.suspend(row["id"])


@walks("devboxes.resume")
async def walk_resume(client: AsyncRunloop, api: Emulator) -> None:
    row = api.devboxes.add(status="suspended")
    devbox = await client.devboxes.resume(row["id"])
    assert devbox.status == "resuming"
    api.advance(5)
    assert (await client.devboxes.retrieve(row["id"])).status == "running"
    with pytest.raises(BadRequestError):
        await client.devboxes.resume(row["id"])


@walks("devboxes.keep_alive")
async def walk_keep_alive(client: AsyncRunloop, api: Emulator) -> None:
    devbox = await client.devboxes.create_and_await_running(
        launch_parameters={"keep_alive_time_seconds": 6000}
    )
    api.advance(4000)
    await client.devboxes.keep_alive(devbox.id)
    api.advance(4000)
    assert (await client.devboxes.retrieve(devbox.id)).status == "running"
    api.advance(4000)
    ended = await client.devboxes.retrieve(devbox.id)
    assert ended.shutdown_reason == "keep_alive_timeout"
    await client.devboxes.keep_alive(api.devboxes.add()["id"])


@walks("devboxes.retrieve_resource_usage")
async def walk_usage(client: AsyncRunloop, api: Emulator) -> None:
    row = api.devboxes.add()
    api.advance(100)
    usage = await client.devboxes.retrieve_resource_usage(row["id"])
    assert usage.total_elapsed_seconds >= 100


@walks("devboxes.create_ssh_key")
async def walk_ssh_key(client: AsyncRunloop, api: Emulator) -> None:
    row = api.devboxes.add()
    assert (await client.devboxes.create_ssh_key(row["id"])).ssh_private_key


@walks("devboxes.create_pty_tunnel")
async def walk_pty_tunnel(client: AsyncRunloop, api: Emulator) -> None:
    row = api.devboxes.add()
    assert (await client.devboxes.create_pty_tunnel(row["id"])).auth_token


@walks("devboxes.enable_tunnel")
async def walk_enable_tunnel(client: AsyncRunloop, api: Emulator) -> None:
    row = api.devboxes.add()
    tunnel = await client.devboxes.enable_tunnel(row["id"])
    assert tunnel.auth_token is None
    with pytest.raises(BadRequestError):
        await client.devboxes.enable_tunnel(row["id"])


@walks("devboxes.remove_tunnel")
async def walk_remove_tunnel(client: AsyncRunloop, api: Emulator) -> None:
    row = api.devboxes.add()
    await client.devboxes.enable_tunnel(row["id"])
    await client.devboxes.remove_tunnel(row["id"])
    assert (await client.devboxes.retrieve(row["id"])).tunnel is None


@walks("devboxes.create_gateway_token")
async def walk_gateway_token(client: AsyncRunloop, api: Emulator) -> None:
    config, row = api.gateway_configs.add(name="g"), api.devboxes.add()
    for name in ("g", config["id"]):
        token = await client.devboxes.create_gateway_token(
            row["id"], gateway=name, secret="S"
        )
        assert token.gateway_config_id == config["id"]


@walks("devboxes.create_mcp_token")
async def walk_mcp_token(client: AsyncRunloop, api: Emulator) -> None:
    config, row = api.mcp_configs.add(), api.devboxes.add()
    token = await client.devboxes.create_mcp_token(
        row["id"], mcp_config=config["id"], secret="S"
    )
    assert token.mcp_config_id == config["id"]


@walks("devboxes.watch_evictions")
async def walk_evictions(client: AsyncRunloop, api: Emulator) -> None:
    row = api.devboxes.add()
    async with await client.devboxes.watch_evictions() as events:
        api.evict(row["id"], seconds=60)
        event = await anext(events)
    assert event.devbox_id == row["id"]
    api.advance(61)
    ended = await client.devboxes.retrieve(row["id"])
    assert ended.status == "shutdown"


@walks("devboxes.snapshot_disk")
async def walk_snapshot(client: AsyncRunloop, api: Emulator) -> None:
    row = api.devboxes.add(files={"/a": "kept"})
    snapshot = await client.devboxes.snapshot_disk(row["id"], name="s")
    devbox = await client.devboxes.create_and_await_running(snapshot_id=snapshot.id)
    found = await client.devboxes.read_file_contents(devbox.id, file_path="/a")
    assert found == "kept"
    assert snapshot.size_bytes == 4


@walks("devboxes.snapshot_disk_async")
async def walk_snapshot_async(client: AsyncRunloop, api: Emulator) -> None:
    row = api.devboxes.add()
    snapshot = await client.devboxes.snapshot_disk_async(row["id"])
    found = await client.devboxes.disk_snapshots.query_status(snapshot.id)
    assert (found.status == "complete") == (found.snapshot is not None)


@walks("devboxes.disk_snapshots.await_completed")
async def walk_snapshot_wait(client: AsyncRunloop, api: Emulator) -> None:
    row = api.devboxes.add()
    snapshot = await client.devboxes.snapshot_disk_async(row["id"])
    found = await client.devboxes.disk_snapshots.await_completed(
        snapshot.id, polling_config=QUICK
    )
    assert found.status == "complete"


@walks("devboxes.disk_snapshots.query_status")
async def walk_snapshot_status(client: AsyncRunloop, api: Emulator) -> None:
    row = api.disk_snapshots.add()
    found = await client.devboxes.disk_snapshots.query_status(row["id"])
    assert found.snapshot is not None
    assert found.snapshot.id == row["id"]


@walks("devboxes.disk_snapshots.update")
async def walk_snapshot_update(client: AsyncRunloop, api: Emulator) -> None:
    row = api.disk_snapshots.add()
    found = await client.devboxes.disk_snapshots.update(row["id"], name="n")
    assert found.name == "n"


@walks("devboxes.disk_snapshots.list")
async def walk_snapshot_list(client: AsyncRunloop, api: Emulator) -> None:
    api.devboxes.add(id="dbx")
    rows = [api.disk_snapshots.add(source_devbox_id="dbx") for _ in range(3)]
    other = api.disk_snapshots.add(metadata={"k": "v"})
    snapshots = client.devboxes.disk_snapshots
    assert await ids(snapshots.list(devbox_id="dbx", limit=2)) == newest_first(rows)
    labelled = snapshots.list(extra_query={"metadata[k]": "v"})
    assert await ids(labelled) == [other["id"]]


@walks("devboxes.disk_snapshots.delete")
async def walk_snapshot_delete(client: AsyncRunloop, api: Emulator) -> None:
    row = api.disk_snapshots.add()
    disk = disk_of(api.world, row)
    disk.status = "in_progress"
    async with client.with_options(max_retries=0) as once:
        with pytest.raises(ConflictError):
            await once.devboxes.disk_snapshots.delete(row["id"])
    disk.status = "complete"
    await client.devboxes.disk_snapshots.delete(row["id"])
    found = await client.devboxes.disk_snapshots.query_status(row["id"])
    assert found.status == "deleted"
    assert await ids(client.devboxes.disk_snapshots.list()) == []


@walks("devboxes.list_disk_snapshots")
async def walk_list_snapshots(client: AsyncRunloop, api: Emulator) -> None:
    row = api.disk_snapshots.add()
    assert await ids(client.devboxes.list_disk_snapshots()) == [row["id"]]


@walks("devboxes.delete_disk_snapshot")
async def walk_delete_snapshot(client: AsyncRunloop, api: Emulator) -> None:
    row = api.disk_snapshots.add()
    await client.devboxes.delete_disk_snapshot(row["id"])
    assert await ids(client.devboxes.list_disk_snapshots()) == []
