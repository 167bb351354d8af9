"""A devbox that is held: from its start to its end, whatever happens between."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from runloop_async import (
    AsyncRunloop,
    InternalServerError,
    PollingConfig,
    PollingTimeout,
    RunloopError,
    WaitError,
)
from runloop_async.resources.devboxes import handles as module
from runloop_async.resources.devboxes.tunnels import tunnel_address
from runloop_async.testing import Emulator, status, wrong_type
from runloop_async.testing.messages import Feed, JsonObject
from runloop_async.testing.routes.devboxes import executions


@pytest.fixture
async def client(api: Emulator) -> AsyncIterator[AsyncRunloop]:
    async with AsyncRunloop(bearer_token="any", base_url=api.url) as made:
        yield made


async def states(client: AsyncRunloop) -> list[str]:
    return [each.status async for each in client.devboxes.list()]


async def test_a_devbox_is_there_for_a_block(
    client: AsyncRunloop, api: Emulator
) -> None:
    api.commands.add("make", stdout="built", stderr="warned", exit_status=2)
    async with client.devboxes.open(name="d", file_mounts={"/a": "text"}) as box:
        assert await states(client) == ["running"]
        done = await box.exec("make")
        await box.write("/b", "more")
        await box.upload("/c", b"\0\1")
        texts = (await box.read("/a"), await box.read("/b"))
        data = await box.download("/c")
        assert (await box.info()).name == "d"

    assert (done.exit_code, done.stdout, done.stderr) == (2, "built", "warned")
    assert not done.success
    assert (texts, data) == (("text", "more"), b"\0\1")
    assert await states(client) == ["shutdown"]


async def test_output_is_told_as_it_comes(client: AsyncRunloop, api: Emulator) -> None:
    api.commands.add("talk", stdout=["a", "b"], stderr=["x", "y"], seconds=3.0)
    heard, faults = list[str](), list[str]()

    async def hear(text: str) -> None:
        heard.append(text)

    box = client.devboxes.box(api.devboxes.add()["id"])
    done = await box.exec("talk", stdout=hear, stderr=faults.append)

    assert (heard, faults) == (["a", "b"], ["x", "y"])
    assert (done.success, done.stdout, done.stderr) == (True, "ab", "xy")


async def test_long_output_comes_whole(client: AsyncRunloop, api: Emulator) -> None:
    out = [f"line {number}\n" for number in range(300)]
    api.commands.add("talk", stdout=out, stderr="".join(out))
    box = client.devboxes.box(api.devboxes.add()["id"])

    done = await box.exec("talk")

    assert done.stdout == done.stderr == "".join(out)


async def test_a_command_can_be_talked_to(client: AsyncRunloop, api: Emulator) -> None:
    box = client.devboxes.box(api.devboxes.add()["id"])
    cat = await box.start("cat", attach_stdin=True)
    await cat.send_std_in("hello")
    await cat.close_std_in()
    assert (await cat.result()).stdout == "hello"
    assert [text async for text in cat.stdout()] == ["hello"]
    assert [text async for text in cat.stderr()] == []

    asleep = await box.start("sleep 9000")
    await asleep.kill()
    assert (await asleep.result()).exit_code == 137


async def test_a_command_that_takes_no_input_says_so(
    client: AsyncRunloop, api: Emulator
) -> None:
    box = client.devboxes.box(api.devboxes.add()["id"])
    asleep = await box.start("sleep 9000")
    for sending in (asleep.send_std_in("x"), asleep.close_std_in()):
        with pytest.raises(RunloopError, match="takes no input: start it with"):
            await sending


async def test_snapshots_suspension_and_tunnels(
    client: AsyncRunloop, api: Emulator
) -> None:
    async with client.devboxes.open(file_mounts={"/a": "kept"}) as box:
        snapshot = await box.snapshot(name="s")
        assert (await box.suspend()).status == "suspended"
        assert (await box.resume()).status == "running"
        assert await box.tunnel_url(8000) == api.url
        assert await box.tunnel_url(8000) == api.url
    assert snapshot.size_bytes == 4
    async with client.devboxes.open(snapshot_id=snapshot.id) as other:
        assert await other.read("/a") == "kept"
        await other.shutdown()


async def test_it_is_shut_down_after_an_error(client: AsyncRunloop) -> None:
    with pytest.raises(ZeroDivisionError):
        async with client.devboxes.open():
            _ = 1 / 0

    assert await states(client) == ["shutdown"]


async def test_it_is_shut_down_when_it_is_cancelled(client: AsyncRunloop) -> None:
    opened = asyncio.Event()

    async def work() -> None:
        async with client.devboxes.open():
            opened.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(work())
    await opened.wait()
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()  # also while it is being shut down
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await states(client) == ["shutdown"]


async def test_a_cancellation_during_the_shutdown_waits_for_it(
    client: AsyncRunloop, api: Emulator
) -> None:
    left = asyncio.Event()

    async def work() -> None:
        async with client.devboxes.open():
            left.set()

    task = asyncio.create_task(work())
    await left.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await states(client) == ["shutdown"]
    assert api.stats.executions["devboxes.shutdown"] == 1


async def test_one_that_does_not_boot_is_shut_down(
    client: AsyncRunloop, api: Emulator
) -> None:
    api.commands.add("make", exit_status=1)
    with pytest.raises(WaitError, match="failure"):
        async with client.devboxes.open(
            launch_parameters={"launch_commands": ["make"]}
        ):
            pytest.fail("it does not run")
    assert api.stats.executions["devboxes.shutdown"] == 1


async def test_the_error_of_the_block_goes_first(
    client: AsyncRunloop, api: Emulator
) -> None:
    api.faults.add(status(400), path="*/shutdown")
    with pytest.raises(ZeroDivisionError) as raised:
        async with client.devboxes.open():
            _ = 1 / 0
    [note] = raised.value.__notes__
    assert "may still run" in note

    with pytest.raises(RunloopError):
        async with client.devboxes.open():
            pass


@pytest.mark.parametrize(
    ("base", "wanted"),
    [
        ("https://api.runloop.ai", "https://80-key.tunnel.runloop.ai"),
        ("https://api.runloop.pro/x", "https://80-key.tunnel.runloop.pro"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost:8080", "http://localhost:8080"),
    ],
)
def test_a_tunnel_has_a_host_of_its_own(base: str, wanted: str) -> None:
    assert tunnel_address(base, "key", 80) == wanted


def test_an_id_is_a_text(client: AsyncRunloop) -> None:
    with pytest.raises(TypeError, match="id must be"):
        client.devboxes.box(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("hears", [False, True])
async def test_a_wait_that_is_late_raises_its_own_error(
    client: AsyncRunloop, api: Emulator, *, hears: bool
) -> None:
    box = client.devboxes.box(api.devboxes.add()["id"])
    asleep = await box.start("sleep 1000000")
    polling = PollingConfig(timeout_seconds=0.1)
    with pytest.raises(PollingTimeout):
        await asleep.result(stdout=print if hears else None, polling_config=polling)


async def test_an_error_of_a_listener_ends_the_wait_and_its_streams(
    client: AsyncRunloop, api: Emulator
) -> None:
    api.commands.add("talk", stdout=["a", "b"], stderr="c", seconds=1e6)
    box = client.devboxes.box(api.devboxes.add()["id"])

    def fail(text: str) -> None:
        raise KeyError(text)

    with pytest.raises(KeyError, match="a"):
        await box.exec("talk", stdout=fail, stderr=fail)
    # Nothing is under way any more, and no connection is held by a stream.
    assert [each for each in asyncio.all_tasks() if "_tell" in repr(each)] == []
    assert await states(client) == ["running"]


async def test_an_exit_code_is_not_made_up(client: AsyncRunloop, api: Emulator) -> None:
    api.faults.add(wrong_type("exit_status", None), path="*/execute")
    box = client.devboxes.box(api.devboxes.add()["id"])

    done = await box.exec("true")

    assert (done.exit_code, done.success) == (None, False)


async def test_a_stream_that_breaks_does_not_lose_the_result(
    client: AsyncRunloop, api: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    api.commands.add("talk", stdout="said", exit_status=3)
    api.faults.add(status(404), path="*/stream_stdout_updates")
    box = client.devboxes.box(api.devboxes.add()["id"])

    done = await box.exec("talk", stdout=print)

    assert (done.exit_code, done.stdout) == (3, "said")
    assert "told no further: HTTP 404" in caplog.text


async def test_a_stream_that_stays_open_ends_with_the_command(
    client: AsyncRunloop, api: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_QUIET_S", 0.1)
    monkeypatch.setattr(executions, "_printed", endless)
    api.commands.add("talk", stdout="said")
    box = client.devboxes.box(api.devboxes.add()["id"])
    heard = list[str]()

    async with asyncio.timeout(10):
        done = await box.exec("talk", stdout=heard.append)

    assert (done.stdout, heard) == ("said", ["said"])


def endless(_: object, execution: JsonObject, pieces: list[str]) -> Feed:
    """Print all, and never end."""
    left = [{"offset": 0, "output": "".join(pieces)}]
    del execution

    def more() -> list[JsonObject]:
        events = [*left]
        left.clear()
        return events

    return Feed(more=more)


async def test_telling_of_output_keeps_to_the_deadline(
    client: AsyncRunloop,
    api: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(executions, "_printed", talkative)
    api.commands.add("talk", stdout="said")
    box = client.devboxes.box(api.devboxes.add()["id"])
    bounded = PollingConfig(timeout_seconds=0.5)

    async with asyncio.timeout(10):
        run = box.exec("talk", stdout=str, polling_config=bounded)
        assert (await run).stdout == "said"
        run = box.exec("talk", stdout=str).with_options(deadline=0.5)
        assert (await run).stdout == "said"

    assert caplog.text.count("the deadline has passed") == 2


def talkative(_: object, execution: JsonObject, pieces: list[str]) -> Feed:
    """Print for ever."""
    del execution, pieces
    return Feed(more=lambda: [{"output": "more"}])


async def test_a_slow_function_is_told_of_everything(
    client: AsyncRunloop, api: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_QUIET_S", 0.02)
    api.commands.add("talk", stdout=["a", "b", "c"])
    box = client.devboxes.box(api.devboxes.add()["id"])
    heard = list[str]()

    async def hear(text: str) -> None:
        await asyncio.sleep(0.2)
        heard.append(text)

    await box.exec("talk", stdout=hear)

    assert "".join(heard) == "abc"


async def test_what_a_function_of_yours_raises_comes_out_at_once(
    client: AsyncRunloop, api: Emulator
) -> None:
    async def refuse(_: str) -> None:
        raise KeyError("of the caller")

    api.commands.add("talk", stdout=["a", "b"], seconds=900.0)
    box = client.devboxes.box(api.devboxes.add()["id"])
    async with asyncio.timeout(5):
        with pytest.raises(KeyError, match="of the caller"):
            await box.exec("talk", stdout=refuse)


async def test_output_that_cannot_be_had_whole_leaves_the_exit_code(
    client: AsyncRunloop, api: Emulator
) -> None:
    out = [f"line {number}\n" for number in range(300)]
    api.commands.add("talk", stdout=out, exit_status=7)
    api.faults.add(status(403), path="*/stream_stdout_updates")
    box = client.devboxes.box(api.devboxes.add()["id"])
    with pytest.raises(RunloopError) as caught:
        await box.exec("talk")

    assert "exit code 7" in caught.value.__notes__[0]


async def test_output_can_be_read_with_a_timeout(
    client: AsyncRunloop, api: Emulator
) -> None:
    api.commands.add("talk", stdout=["a", "b", "c"], seconds=30.0)
    execution = await client.devboxes.box(api.devboxes.add()["id"]).start("talk")
    output, heard = execution.stdout(), list[str]()
    async with asyncio.timeout(20), aclosing(output):
        while heard != ["a", "b", "c"]:
            try:
                heard.append(await asyncio.wait_for(anext(output), 0.01))
            except TimeoutError:
                continue


async def test_a_file_that_is_not_written_is_told(
    client: AsyncRunloop, api: Emulator
) -> None:
    box = client.devboxes.box(api.devboxes.add()["id"])
    api.faults.add(
        wrong_type("stderr", "no space\x1b[1m"), path="*/write_file_contents"
    )
    await box.write("/a", "text")
    api.faults.add(wrong_type("exit_status", 1), path="*/write_file_contents")

    with pytest.raises(
        RunloopError, match=r"/a was not written: exit code 1, no space"
    ):
        await box.write("/a", "text")


async def test_what_a_devbox_does_takes_options(
    client: AsyncRunloop, api: Emulator
) -> None:
    api.commands.add("make", stdout="built")
    api.faults.add(status(503))
    box = client.devboxes.box(api.devboxes.add()["id"])
    execution = box.execution("exe_unknown")
    once = [
        each.with_options(max_retries=0)
        for each in (
            *(box.exec("make"), box.exec("make", stdout=print), box.start("make")),
            *(box.snapshot(), box.suspend(), box.resume(), box.shutdown(), box.info()),
            *(box.tunnel_url(80), box.read("/a"), box.write("/a", "b")),
            *(box.upload("/a", b"b"), box.download("/a")),
            *(execution.result(), execution.info(), execution.kill()),
            *(execution.send_std_in("a"), execution.close_std_in()),
        )
    ]

    for each in once:
        before = api.stats.requests
        with pytest.raises(InternalServerError):
            await each
        assert api.stats.requests == before + 1


async def test_a_flow_can_be_run_again(client: AsyncRunloop, api: Emulator) -> None:
    box = client.devboxes.box(api.devboxes.add()["id"])
    run = box.exec("echo a")

    first, second = await run, await run

    assert first.execution_id != second.execution_id
    known = box.execution(second.execution_id)
    assert (await known.info()).status == "completed"
    assert (await known.result()).stdout == second.stdout
