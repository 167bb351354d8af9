"""Walks over commands, logs and files on devboxes."""

import pytest
from runloop_api_client import APIStatusError, AsyncRunloop, NotFoundError
from runloop_api_client.lib.polling import PollingConfig

from runloop_async.testing import Emulator
from tests.testing.walking import walks

NAMED = {"shell_name": "s"}  # which newer clients no longer have
QUICK = PollingConfig(interval_seconds=0.01, max_attempts=500)


@walks("devboxes.execute")
async def walk_execute(client: AsyncRunloop, api: Emulator) -> None:
    row = api.devboxes.add()
    api.commands.add("count", stdout=["1\n", "2\n", "3\n"], stderr="!", seconds=3.0)
    done = [
        await client.devboxes.execute(row["id"], command="count", command_id="1")
        for _ in range(2)
    ]
    assert [each.stdout for each in done] == ["1\n2\n3\n"] * 2
    assert done[0].execution_id == done[1].execution_id
    assert (done[0].exit_status, done[0].stderr) == (0, "!")
    last = await client.devboxes.execute(
        row["id"], command="count", command_id="1", last_n="1"
    )
    assert (last.stdout, last.stdout_truncated) == ("3\n", True)
    slow = await client.devboxes.execute(
        row["id"], command="sleep 900", command_id="2", optimistic_timeout=1
    )
    assert slow.status == "running"


@walks("devboxes.execute_async")
async def walk_execute_async(client: AsyncRunloop, api: Emulator) -> None:
    row = api.devboxes.add(files={"/a": "text", "/home/user/b": "more"})
    for command, code, out in (
        ("echo a  b", 0, "a b\n"),
        ("cat /a", 0, "text"),
        ("cat b", 0, "more"),
        ("cat /none", 1, ""),
        ("false", 1, ""),
        ("exit 3", 3, ""),
        ("exit", 0, ""),
        ("anything else", 0, ""),
        ('echo "', 2, ""),
        ("", 0, ""),
    ):
        done = await client.devboxes.execute_async(row["id"], command=command)
        assert (done.exit_status, done.stdout) == (code, out)


@walks("devboxes.execute_sync")
async def walk_execute_sync(client: AsyncRunloop, api: Emulator) -> None:
    row = api.devboxes.add()
    with pytest.deprecated_call():
        done = await client.devboxes.execute_sync(row["id"], command="sleep 1")  # pyright: ignore[reportDeprecated]
    assert done.exit_status == 0


@walks("devboxes.executions.execute_sync")
async def walk_executions_sync(client: AsyncRunloop, api: Emulator) -> None:
    row = api.devboxes.add()
    with pytest.deprecated_call():
        done = await client.devboxes.executions.execute_sync(row["id"], command="ls")  # pyright: ignore[reportDeprecated]
    assert done.exit_status == 0


@walks("devboxes.executions.execute_async")
async def walk_executions_async(client: AsyncRunloop, api: Emulator) -> None:
    row = api.devboxes.add()
    done = await client.devboxes.executions.execute_async(
        row["id"], command="ls", extra_body=NAMED
    )
    assert done.shell_name == "s"


@walks("devboxes.execute_and_await_completion")
async def walk_execute_and_await(client: AsyncRunloop, api: Emulator) -> None:
    row = api.devboxes.add()
    done = await client.devboxes.execute_and_await_completion(
        row["id"],
        command="sleep 10",
        optimistic_timeout=1,
        polling_config=QUICK,
    )
    assert done.status == "completed"


@walks("devboxes.wait_for_command")
async def walk_wait_for_command(client: AsyncRunloop, api: Emulator) -> None:
    row = api.devboxes.add()
    started = await client.devboxes.execute_async(row["id"], command="sleep 900")
    with pytest.raises(APIStatusError) as late:
        await client.devboxes.wait_for_command(
            started.execution_id,
            devbox_id=row["id"],
            statuses=["completed"],
            timeout_seconds=1,
        )
    assert late.value.status_code == 408
    found = await client.devboxes.wait_for_command(
        started.execution_id, devbox_id=row["id"], statuses=["running"]
    )
    assert found.status == "running"
    other = api.devboxes.add()
    with pytest.raises(NotFoundError):
        await client.devboxes.wait_for_command(
            started.execution_id, devbox_id=other["id"], statuses=["running"]
        )


@walks("devboxes.executions.await_completed")
async def walk_await_completed(client: AsyncRunloop, api: Emulator) -> None:
    row = api.devboxes.add()
    started = await client.devboxes.execute_async(row["id"], command="sleep 3")
    done = await client.devboxes.executions.await_completed(
        started.execution_id, devbox_id=row["id"]
    )
    assert done.exit_status == 0


@walks("devboxes.executions.retrieve")
async def walk_execution(client: AsyncRunloop, api: Emulator) -> None:
    row = api.devboxes.add()
    started = await client.devboxes.execute_async(row["id"], command="sleep 900")
    executions = client.devboxes.executions
    found = await executions.retrieve(started.execution_id, devbox_id=row["id"])
    assert (found.status, found.stdout, found.exit_status) == ("running", None, None)
    with pytest.raises(APIStatusError):
        await executions.retrieve(
            started.execution_id, devbox_id=row["id"], last_n="no"
        )


@walks("devboxes.executions.kill")
async def walk_kill(client: AsyncRunloop, api: Emulator) -> None:
    row = api.devboxes.add()
    api.commands.add("talk", stdout=["1", "2"], seconds=900)
    started = await client.devboxes.execute_async(row["id"], command="talk")
    killed = await client.devboxes.executions.kill(
        started.execution_id, devbox_id=row["id"]
    )
    assert (killed.status, killed.exit_status) == ("completed", 137)
    api.advance(1000)
    found = await client.devboxes.executions.retrieve(
        started.execution_id, devbox_id=row["id"]
    )
    assert (found.stdout, found.exit_status) == ("1", 137)


@walks("devboxes.executions.send_std_in")
async def walk_stdin(client: AsyncRunloop, api: Emulator) -> None:
    row, executions = api.devboxes.add(), client.devboxes.executions
    cat = await client.devboxes.execute_async(row["id"], command="cat")
    sent = await executions.send_std_in(
        cat.execution_id, devbox_id=row["id"], text="hello"
    )
    await executions.send_std_in(cat.execution_id, devbox_id=row["id"], signal="EOF")
    done = await executions.await_completed(cat.execution_id, devbox_id=row["id"])
    assert sent.success
    assert (done.stdout, done.exit_status) == ("hello", 0)
    asleep = await client.devboxes.execute_async(row["id"], command="sleep 900")
    for given in ({"text": "x"}, {"signal": "EOF"}, {"signal": "INTERRUPT"}):
        await executions.send_std_in(asleep.execution_id, devbox_id=row["id"], **given)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    for refused in ({"text": "x"}, {}):
        with pytest.raises(APIStatusError):
            await executions.send_std_in(
                asleep.execution_id,
                devbox_id=row["id"],
                **refused,  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
            )


@walks("devboxes.executions.stream_stdout_updates")
async def walk_stdout(client: AsyncRunloop, api: Emulator) -> None:
    row, executions = api.devboxes.add(), client.devboxes.executions
    api.commands.add("talk", stdout=["eins ", "zwölf ", "drei"], seconds=6.0)
    started = await client.devboxes.execute_async(row["id"], command="talk")
    stream = await executions.stream_stdout_updates(
        started.execution_id, devbox_id=row["id"]
    )
    chunks = [chunk async for chunk in stream]
    assert "".join(chunk.output for chunk in chunks) == "eins zwölf drei"
    assert [chunk.offset for chunk in chunks] == [0, 5, 12]
    rest = await executions.stream_stdout_updates(
        started.execution_id, devbox_id=row["id"], offset="12"
    )
    assert [chunk.output async for chunk in rest] == ["drei"]
    with pytest.raises(APIStatusError):
        await executions.stream_stdout_updates(
            started.execution_id, devbox_id=row["id"], offset="no"
        )


@walks("devboxes.executions.stream_stderr_updates")
async def walk_stderr(client: AsyncRunloop, api: Emulator) -> None:
    row = api.devboxes.add()
    api.commands.add("talk", stderr=["a", "b"])
    started = await client.devboxes.execute_async(row["id"], command="talk")
    stream = await client.devboxes.executions.stream_stderr_updates(
        started.execution_id, devbox_id=row["id"]
    )
    assert [chunk.output async for chunk in stream] == ["a", "b"]


@walks("devboxes.logs.list")
async def walk_logs(client: AsyncRunloop, api: Emulator) -> None:
    row = api.devboxes.add()
    api.commands.add("talk", stdout="a", stderr="b", exit_status=4)
    done = await client.devboxes.execute_async(
        row["id"], command="talk", extra_body=NAMED
    )
    await client.devboxes.execute_async(row["id"], command="sleep 900")
    logs = (await client.devboxes.logs.list(row["id"], extra_query=NAMED)).logs
    assert [(each.cmd, each.message, each.exit_code) for each in logs] == [
        ("talk", None, None),
        (None, "a", None),
        (None, "b", None),
        (None, None, 4),
    ]
    of_one = await client.devboxes.logs.list(row["id"], execution_id=done.execution_id)
    assert of_one.logs == logs
    assert len((await client.devboxes.logs.list(row["id"])).logs) == 5


@walks("devboxes.write_file_contents")
async def walk_write(client: AsyncRunloop, api: Emulator) -> None:
    row = api.devboxes.add()
    text = "x" * 2_000_000
    await client.devboxes.write_file_contents(row["id"], file_path="a", contents=text)
    found = await client.devboxes.read_file_contents(
        row["id"], file_path="/home/user/a"
    )
    assert found == text


@walks("devboxes.read_file_contents")
async def walk_read(client: AsyncRunloop, api: Emulator) -> None:
    row = api.devboxes.add(files={"/a": "ü"})
    assert await client.devboxes.read_file_contents(row["id"], file_path="/a") == "ü"
    with pytest.raises(NotFoundError):
        await client.devboxes.read_file_contents(row["id"], file_path="/b")


@walks("devboxes.upload_file")
async def walk_upload(client: AsyncRunloop, api: Emulator) -> None:
    row = api.devboxes.add()
    large = bytes(range(256)) * 10_000
    for content in (large, b"", b"--x\r\n"):
        await client.devboxes.upload_file(row["id"], path="/a", file=content)
        found = await client.devboxes.download_file(row["id"], path="/a")
        assert await found.read() == content


@walks("devboxes.download_file")
async def walk_download(client: AsyncRunloop, api: Emulator) -> None:
    row = api.devboxes.add(files={"/a": b"\0\1"})
    found = await client.devboxes.download_file(row["id"], path="/a")
    assert await found.read() == b"\0\1"
