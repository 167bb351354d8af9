"""Objects with their contents: up and down, whole or not at all."""

import asyncio
import io
import os
import tarfile
import tempfile
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import IO, Any

import pytest

from runloop_async import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    AsyncRunloop,
    NotFoundError,
    RunloopError,
)
from runloop_async.errors import APIResponseValidationError
from runloop_async.testing import Emulator, delay, reset, status
from tests.testing.talk import until

STORED = "/emulated-storage/*"
CONTENT = bytes(range(256)) * 2000


@pytest.fixture(autouse=True)
def present(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a folder of its own for files without one."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
async def api() -> AsyncIterator[Emulator]:
    async with Emulator() as emulator:
        yield emulator


@pytest.fixture
async def client(api: Emulator) -> AsyncIterator[AsyncRunloop]:
    async with AsyncRunloop(
        bearer_token="any", base_url=api.url, max_retries=1
    ) as made:
        yield made


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    for place in range(0, len(content), 70_000):
        yield content[place : place + 70_000]


async def late(content: bytes) -> AsyncIterator[bytes]:
    await asyncio.sleep(0.05)
    yield content


async def test_a_step_that_begins_too_late_is_not_sent(
    api: Emulator, client: AsyncRunloop
) -> None:
    await client.objects.list()  # there is a connection, on which sending is quick

    for _ in range(10):
        upload = client.objects.upload_from_bytes(late(b"a"), "a")
        with pytest.raises(APITimeoutError) as caught:
            await upload.with_options(deadline=0.01)
        error = caught.value
        assert (error.sent, error.ambiguous, error.attempts) == (False, False, 0)

    assert api.stats.executions == {"objects.list": 1}
    assert client.stats().api.in_flight == 0


def at_an_offset(content: bytes) -> io.BytesIO:
    file = io.BytesIO(b"before" + content)
    file.seek(6)
    return file


def piped(content: bytes) -> Any:
    """Return the end of a pipe that a content comes out of."""
    readable, writable = os.pipe()
    os.set_inheritable(readable, False)

    def fill() -> None:
        with os.fdopen(writable, "wb") as file:
            file.write(content)

    threading.Thread(target=fill).start()
    return os.fdopen(readable, "rb")


def on_disk(content: bytes) -> IO[bytes]:
    """Return an open file with a content."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the test
    file.write(content)
    file.seek(0)
    return file


def at_a_path(content: bytes) -> Path:
    """Return the path of a file with a content, in the present folder."""
    path = Path("source")
    path.write_bytes(content)
    return path


OPEN = {"a pipe", "an open file"}
"""What has to be closed."""
ONCE = {"a pipe", "an async generator"}
"""What cannot be sent a second time."""
SOURCES: dict[str, Callable[[bytes], Any]] = {
    "bytes": bytes,
    "a view": memoryview,
    "a file at an offset": at_an_offset,
    "an open file": on_disk,
    "a path": at_a_path,
    "a pipe": piped,
    "an async generator": pieces,
}


@pytest.mark.parametrize("kind", SOURCES)
async def test_any_source_goes_up_and_comes_down(
    client: AsyncRunloop, kind: str
) -> None:
    seen = list[int]()
    source = SOURCES[kind](CONTENT)
    made = await client.objects.upload_from_bytes(
        source, "o", progress=seen.append, metadata={"k": "v"}, ttl_ms=99
    )
    if kind in OPEN:
        source.close()

    assert (made.state, made.size_bytes) == ("READ_ONLY", len(CONTENT))
    assert (made.content_type, made.metadata) == ("binary", {"k": "v"})
    assert seen[-1] == len(CONTENT)
    assert await client.objects.download_as_bytes(made.id) == CONTENT


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.txt", "text"),
        ("A.MD", "text"),
        ("a.tar.gz", "tgz"),
        ("a.tgz", "tgz"),
        ("a.gz", "gzip"),
        ("a.tar", "tar"),
        ("a", "unspecified"),
    ],
)
async def test_a_file_is_what_its_name_says(
    client: AsyncRunloop, tmp_path: Path, name: str, kind: str
) -> None:
    (tmp_path / name).write_bytes(CONTENT)
    made = await client.objects.upload_from_file(str(tmp_path / name))
    seen = list[int]()
    out = tmp_path / "out"

    size = await client.objects.download_to_file(made.id, out, seen.append)

    assert (made.name, made.content_type) == (name, kind)
    assert (size, seen[-1]) == (len(CONTENT), len(CONTENT))
    assert out.read_bytes() == CONTENT


async def test_texts_and_folders_go_up(client: AsyncRunloop, tmp_path: Path) -> None:
    text = await client.objects.upload_from_text("grüße", "t")
    (tmp_path / "in" / "sub").mkdir(parents=True)
    (tmp_path / "in" / "sub" / "a").write_text("1")
    (tmp_path / "in" / "b").write_text("2")
    folder = await client.objects.upload_from_dir(tmp_path / "in")

    assert await client.objects.download_as_text(text.id) == "grüße"
    assert (folder.name, folder.content_type) == ("in.tgz", "tgz")
    content = io.BytesIO(await client.objects.download_as_bytes(folder.id))
    with tarfile.open(fileobj=content) as archive:
        assert archive.getnames() == ["b", "sub", "sub/a"]
        assert all(each.isdir() or each.size == 1 for each in archive)


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("fault", [status(503), reset(executed=True)])
async def test_a_fault_after_the_body_never_leaves_a_part(
    client: AsyncRunloop, api: Emulator, kind: str, fault: Any
) -> None:
    api.faults.add(fault, path=STORED, method="PUT", times=1)

    source = SOURCES[kind](CONTENT)
    made = await client.objects.upload_from_bytes(source, "o")
    if kind in OPEN:
        source.close()

    assert await client.objects.download_as_bytes(made.id) == CONTENT


@pytest.mark.parametrize(
    ("path", "method", "fault", "error"),
    [
        (STORED, "PUT", status(403), APIStatusError),
        (STORED, "PUT", reset(), APIConnectionError),
        ("*/complete", "POST", status(500), APIStatusError),
    ],
)
async def test_a_failed_upload_leaves_no_object(
    client: AsyncRunloop,
    api: Emulator,
    path: str,
    method: str,
    fault: Any,
    error: type[Exception],
) -> None:
    api.faults.add(fault, path=path, method=method)

    with pytest.raises(error) as raised:
        await client.objects.upload_from_bytes(CONTENT, "o")

    assert "has been deleted" in raised.value.__notes__[0]
    assert [each async for each in client.objects.list()] == []


async def test_an_object_that_could_not_be_deleted_is_named(
    client: AsyncRunloop, api: Emulator
) -> None:
    api.faults.add(status(403), path=STORED)
    api.faults.add(status(403), path="*/delete")

    with pytest.raises(RunloopError) as raised:
        await client.objects.upload_from_bytes(CONTENT, "o")

    [left] = [each async for each in client.objects.list()]
    assert f"the object {left.id} may be left" in raised.value.__notes__[0]


async def test_what_was_uploaded_is_not_deleted(
    client: AsyncRunloop, api: Emulator
) -> None:
    api.faults.add(reset(executed=True), path="*/complete", times=1)
    once = await client.objects.upload_from_bytes(CONTENT, "o")
    api.faults.add(reset(executed=True), path="*/complete")
    with pytest.raises(APIConnectionError) as raised:
        await client.objects.upload_from_bytes(CONTENT, "o")

    others = [each async for each in client.objects.list() if each.id != once.id]
    assert [each.state for each in others] == [once.state] == ["READ_ONLY"]
    assert f"{others[0].id} was uploaded, and is READ_ONLY" in raised.value.__notes__[0]
    for each in (once, *others):
        assert await client.objects.download_as_bytes(each.id) == CONTENT


async def test_a_cancelled_upload_that_may_be_left_is_in_the_log(
    client: AsyncRunloop, api: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    api.faults.add(delay(60), path=STORED)
    api.faults.add(status(403), path="*/delete")
    upload = asyncio.ensure_future(client.objects.upload_from_bytes(b"x", "o"))
    await until(lambda: any(each.method == "PUT" for each in api.requests))
    upload.cancel()
    with pytest.raises(asyncio.CancelledError):
        await upload

    [left] = [each async for each in client.objects.list()]
    assert f"the object {left.id} may be left: HTTP 403" in caplog.text


async def test_a_pipe_that_says_nothing_does_not_hold_a_cancellation_up(
    client: AsyncRunloop,
) -> None:
    readable, writable = os.pipe()
    with os.fdopen(readable, "rb") as silent, os.fdopen(writable, "wb"):
        upload = asyncio.ensure_future(client.objects.upload_from_bytes(silent, "o"))
        await asyncio.sleep(0.05)
        upload.cancel()
        done, _ = await asyncio.wait([upload], timeout=10)
        assert done
    assert upload.cancelled()


async def test_a_second_cancellation_does_not_leave_an_object(
    client: AsyncRunloop, api: Emulator
) -> None:
    api.faults.add(delay(60), path=STORED)
    api.faults.add(delay(0.2), path="*/delete")
    upload = asyncio.ensure_future(client.objects.upload_from_bytes(b"x", "o"))
    await until(lambda: any(each.method == "PUT" for each in api.requests))
    upload.cancel()
    await until(lambda: any(each.path.endswith("/delete") for each in api.requests))
    upload.cancel()
    with pytest.raises(asyncio.CancelledError):
        await upload
    assert [each async for each in client.objects.list()] == []


async def test_progress_is_of_what_is_sent(client: AsyncRunloop, api: Emulator) -> None:
    seen = list[int]()

    def note(count: int) -> None:
        assert api.stats.executions["objects.create"] == 1  # the copy is not told of
        seen.append(count)

    await client.objects.upload_from_bytes(pieces(CONTENT), "o", progress=note)
    assert seen[-1] == len(CONTENT)


async def test_a_cancelled_upload_leaves_no_object(
    client: AsyncRunloop, api: Emulator
) -> None:
    begun = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield CONTENT
        begun.set()
        await asyncio.sleep(60)

    upload = asyncio.ensure_future(client.objects.upload_from_bytes(slow(), "o"))
    await begun.wait()
    upload.cancel()
    with pytest.raises(asyncio.CancelledError):
        await upload
    assert [each async for each in client.objects.list()] == []
    assert api.stats.executions["objects.create"] == 0  # the content came first


async def test_an_answer_without_a_url_is_told(
    client: AsyncRunloop, api: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:

    def nowhere(*_: object) -> None:
        """Return no URL."""

    monkeypatch.setattr("runloop_async.testing.routes.objects._signed", nowhere)
    with pytest.raises(APIResponseValidationError, match="has no upload_url"):
        await client.objects.upload_from_text("x", "o")
    assert api.stats.executions["objects.delete"] == 1


async def test_the_key_and_the_signature_stay_secret(
    client: AsyncRunloop, api: Emulator
) -> None:
    api.faults.add(status(403), path=STORED)
    with pytest.raises(APIStatusError) as raised:
        await client.objects.upload_from_text("x", "o")

    puts = [each for each in api.requests if each.method == "PUT"]
    signature = puts[0].query["signature"]
    assert "content-type" not in puts[0].headers
    for text in (str(raised.value), repr(raised.value), *raised.value.__notes__):
        assert signature not in text
    # The emulator refuses a key at a presigned URL: that none came is what others show.


async def test_bad_input_is_refused_before_a_request(
    client: AsyncRunloop, api: Emulator, tmp_path: Path
) -> None:
    objects: Any = client.objects
    with pytest.raises(FileNotFoundError):
        objects.upload_from_file(tmp_path / "none")
    with pytest.raises(ValueError, match="is not a folder"):
        objects.upload_from_dir(tmp_path / "none")
    with pytest.raises(TypeError, match="cannot send a str"):
        objects.upload_from_bytes("text", "o")
    with pytest.raises(TypeError, match="text must be"):
        objects.upload_from_text(b"x", "o")
    with pytest.raises(TypeError, match="progress must be"):
        objects.upload_from_bytes(b"", "o", progress=5)
    with pytest.raises(TypeError, match="progress must be"):
        objects.download_to_file("obj", "x", 5)
    assert api.stats.requests == 0


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("fault", [status(503), reset(), reset(executed=True)])
async def test_a_devbox_never_has_a_part_of_an_upload(
    client: AsyncRunloop, api: Emulator, kind: str, fault: Any
) -> None:
    api.devboxes.add(id="dbx")
    api.faults.add(fault, path="*/upload_file", times=1)
    source, can_repeat = SOURCES[kind](CONTENT), kind not in ONCE

    try:
        await client.devboxes.upload_file("dbx", path="/a", file=source)
    except APIError:
        assert not can_repeat
    finally:
        if kind in OPEN:
            source.close()

    try:
        assert await client.devboxes.download_file("dbx", path="/a") == CONTENT
    except NotFoundError:
        assert not can_repeat
