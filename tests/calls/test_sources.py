"""Uploads from any source, any number of times: the right bytes, or an error."""

import asyncio
import gzip
import io
import mmap
import os
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runloop_async import AsyncRunloop
from runloop_async.annotations import override
from runloop_async.calls.sources import content_of
from runloop_async.testing import Emulator, reset, status
from runloop_async.wire.request import Content
from tests.rawserver import http_json
from tests.sends import KEY
from tests.served import served

CONTENT: Final = bytes(range(256)) * 3000
BEGIN: Final = 1000
"""Where the files stand."""


@asynccontextmanager
async def emulated(**options: Any) -> AsyncGenerator[tuple[Emulator, AsyncRunloop]]:
    async with (
        Emulator() as api,
        AsyncRunloop(bearer_token=KEY, base_url=api.url, **options) as client,
    ):
        api.devboxes.add(id="dbx")
        yield api, client


async def sent(content: Content) -> bytes:
    return b"".join([piece async for piece in content.pieces()])


class Upload:
    """What web frameworks give to a handler: a file, and `read` as a coroutine."""

    def __init__(self, content: bytes) -> None:
        self.file = io.BytesIO(content)

    async def read(self, size: int = -1, /) -> bytes:
        return self.file.read(size)


class Awaited:
    """A file of which `read` is a coroutine function, and nothing else is there."""

    def __init__(self, content: bytes) -> None:
        self._file = io.BytesIO(content)

    async def read(self, size: int = -1, /) -> bytes:
        return self._file.read(size)


def spooled() -> Any:
    return disk(tempfile.SpooledTemporaryFile(100_000))


def disk(file: Any) -> Any:
    file.write(CONTENT)
    return file


def zipped() -> Any:
    return gzip.open(io.BytesIO(gzip.compress(CONTENT)))


def mapped() -> Any:
    memory = mmap.mmap(-1, len(CONTENT))
    memory.write(CONTENT)
    return memory


SEEKING: Final[dict[str, Callable[[], Any]]] = {
    "a file on disk": lambda: disk(tempfile.TemporaryFile()),  # noqa: SIM115
    "a file without a buffer": lambda: disk(
        tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
    ),
    "a file with a name": lambda: disk(
        tempfile.NamedTemporaryFile()  # noqa: SIM115
    ),
    "bytes in memory": lambda: io.BytesIO(CONTENT),
    "a spooled file": spooled,
    "a compressed file": zipped,
    "a memory map": mapped,
}


@pytest.fixture(params=SEEKING)
def file(request: pytest.FixtureRequest) -> Iterator[Any]:
    made = SEEKING[request.param]()
    made.seek(BEGIN)
    yield made
    made.close()


async def test_a_file_can_be_sent_again_and_again(file: Any) -> None:
    for _ in range(3):
        content = content_of(file).content
        assert content.size == len(CONTENT) - BEGIN
        assert content.can_repeat
        assert await sent(content) == await sent(content) == CONTENT[BEGIN:]
        assert file.tell() == BEGIN


async def test_a_file_can_be_sent_many_times_at_once(file: Any) -> None:
    contents = [content_of(file).content for _ in range(8)]

    all_sent = await asyncio.gather(*map(sent, contents))

    assert all(each == CONTENT[BEGIN:] for each in all_sent)
    assert file.tell() == BEGIN


async def test_a_file_is_put_back_where_a_sending_is_given_up(file: Any) -> None:
    pieces = content_of(file).content.pieces()
    await anext(pieces)
    begun_meanwhile = content_of(file).content
    await pieces.aclose()

    assert file.tell() == BEGIN
    assert await sent(begun_meanwhile) == CONTENT[BEGIN:]


@settings(max_examples=30, deadline=None)
@given(
    kind=st.sampled_from(["bytes in memory", "a file on disk", "a spooled file"]),
    begins=st.lists(st.integers(0, len(CONTENT) - 1), min_size=1, max_size=6),
    turns=st.lists(st.integers(0, 5), max_size=60),
)
def test_no_schedule_of_readers_mixes_them_up(
    kind: str, begins: list[int], turns: list[int]
) -> None:
    async def read(file: Any) -> None:
        readers = list[AsyncGenerator[bytes]]()
        for begin in begins:
            file.seek(begin)
            readers.append(content_of(file).content.pieces())
        got = [b"" for _ in readers]
        for turn in turns:
            place = turn % len(readers)
            got[place] += await anext(readers[place], b"")
        for place, reader in enumerate(readers):
            got[place] += b"".join([piece async for piece in reader])
        assert got == [CONTENT[begin:] for begin in begins]
        assert file.tell() == begins[-1]

    file = SEEKING[kind]()
    with file:
        asyncio.run(read(file))


def test_a_file_that_stands_at_its_end_is_refused() -> None:
    file = io.BytesIO(b"seven b")
    file.seek(0, io.SEEK_END)

    with pytest.raises(ValueError, match=r"at its end, after 7 bytes.*seek\(0\)"):
        content_of(file)


async def test_an_empty_file_is_sent() -> None:
    assert await sent(content_of(io.BytesIO()).content) == b""


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    with path.open("wb") as file, pytest.raises(ValueError, match="not open for read"):
        content_of(file)
    with pytest.raises(ValueError, match="closed"):
        content_of(file)


async def test_a_temporary_file_lives_as_long_as_its_content() -> None:
    def given() -> Content:
        file = SEEKING["a file with a name"]()
        file.seek(0)
        return content_of(file).content

    assert await sent(given()) == CONTENT


@pytest.mark.parametrize("kind", [Upload, Awaited])
async def test_what_is_like_a_file_is_taken(kind: Callable[[bytes], Any]) -> None:
    assert await sent(content_of(kind(CONTENT)).content) == CONTENT


def piped(*contents: bytes) -> Any:
    readable, writable = os.pipe()
    with os.fdopen(writable, "wb") as file:
        for content in contents:
            file.write(content)
    return os.fdopen(readable, "rb")


async def generated() -> AsyncIterator[bytes | bytearray]:
    yield b"seven"
    yield b""
    yield bytearray(b" b")


class OnlyRead:
    """A file that can do nothing but be read."""

    def __init__(self, content: bytes) -> None:
        self.read = io.BytesIO(content).read


class Numbers:
    """An iterator that is no generator."""

    def __init__(self) -> None:
        self._left = [b"sev", b"en b"]

    def __aiter__(self) -> "Numbers":
        return self

    async def __anext__(self) -> bytes:
        if not self._left:
            raise StopAsyncIteration
        return self._left.pop(0)


ONCE: Final[dict[str, Callable[[], Any]]] = {
    "a pipe": lambda: piped(b"seven b"),
    "a generator": generated,
    "an iterator": Numbers,
    "a file that is awaited": lambda: Awaited(b"seven b"),
    "a file that can only be read": lambda: OnlyRead(b"seven b"),
}


@pytest.mark.parametrize("kind", ONCE)
async def test_what_can_be_read_once_is_never_sent_twice(kind: str) -> None:
    source = ONCE[kind]()
    with ExitStack() as stack:
        stack.callback(getattr(source, "close", int))
        first, second = content_of(source).content, content_of(source).content
        assert await sent(first) == b"seven b"

        with pytest.raises(ValueError, match="only once"):
            await sent(first)
        with pytest.raises(ValueError, match="only once"):
            await sent(second)
        with pytest.raises(ValueError, match="only once"):
            content_of(source)


@pytest.mark.parametrize("kind", ONCE)
async def test_the_second_time_nothing_is_sent(kind: str) -> None:
    source = ONCE[kind]()
    async with served(http_json({})) as (server, client):
        with ExitStack() as stack:
            stack.callback(getattr(source, "close", int))
            calls = [
                client.devboxes.upload_file("dbx", path="/a", file=source)
                for _ in range(2)
            ]
            first, second = await asyncio.gather(*calls, return_exceptions=True)

    assert first is None
    assert isinstance(second, ValueError)
    assert len(server.requests) == 1


async def test_a_pipe_that_does_not_wait_is_refused() -> None:
    readable, writable = os.pipe()
    os.set_blocking(readable, False)
    with (
        os.fdopen(readable, "rb") as file,
        os.fdopen(writable, "wb"),
        pytest.raises(ValueError, match="reading waits"),
    ):
        await sent(content_of(file).content)


class Broken(io.BytesIO):
    """Reads well for a while."""

    def __init__(self, good: int) -> None:
        super().__init__(CONTENT)
        self._good = good

    @override
    def read(self, size: int | None = -1, /) -> bytes:
        self._good -= 1
        if self._good < 0:
            raise KeyError("of the caller")
        return super().read(size)


class Texts(Broken):
    """Turns out to give text."""

    @override
    def read(self, size: int | None = -1, /) -> Any:
        return super().read(size).decode("latin-1")


def refuse(_: int) -> None:
    raise KeyError("of the caller")


async def refuse_later(_: int) -> None:
    raise KeyError("of the caller")


@pytest.mark.parametrize(
    ("source", "error", "requests"),
    [
        (Broken(0), KeyError, 0),
        (Broken(1), KeyError, 1),
        (Texts(9), TypeError, 0),
    ],
)
async def test_what_a_source_raises_comes_out_at_once(
    source: Any, error: type[Exception], requests: int
) -> None:
    async with served(http_json({})) as (server, client):
        call = client.devboxes.upload_file("dbx", path="/a", file=source)
        with pytest.raises(error):
            await call

        assert client.stats().requests == requests
        assert client.stats().upload.in_flight == 0
    assert server.requests == []


async def test_a_path_that_was_deleted_meanwhile_is_an_error_of_its_own(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(CONTENT)
    async with served(http_json({})) as (server, client):
        call = client.devboxes.upload_file("dbx", path="/a", file=path)
        path.unlink()
        with pytest.raises(FileNotFoundError):
            await call
        with pytest.raises(FileNotFoundError):
            await client.objects.upload_from_file(tmp_path / "b.bin")

    assert server.connections == 0


@pytest.mark.parametrize("on_bytes", [refuse, refuse_later])
async def test_what_a_progress_callback_raises_comes_out_at_once(
    on_bytes: Callable[[int], Any],
) -> None:
    async with emulated() as (_, client):
        with pytest.raises(KeyError, match="of the caller"):
            await client.devboxes.upload_file(
                "dbx", path="/a", file=CONTENT, progress=on_bytes
            )
        assert client.stats().retries == 0


async def test_progress_may_be_a_coroutine_function(tmp_path: Path) -> None:
    told = list[int]()

    async def tell(size: int) -> None:
        await asyncio.sleep(0)
        told.append(size)

    async with emulated() as (_, client):
        await client.devboxes.upload_file("dbx", path="/a", file=CONTENT, progress=tell)
        download = client.devboxes.download_file("dbx", path="/a")
        await download.write_to_file(tmp_path / "a", progress=tell)

    assert told.count(len(CONTENT)) == 2


async def test_a_file_may_have_headers_of_its_own() -> None:
    async with served(http_json({})) as (server, client):
        await client.devboxes.upload_file(
            "dbx", path="/a", file=("a.txt", b"text", "text/plain", {"X-Part": "1"})
        )

    assert (
        b"Content-Type: text/plain\r\nX-Part: 1\r\n\r\ntext" in server.requests[0].body
    )


@pytest.mark.parametrize("source", [("a",), ("a", b"", "b/c", {}, 5), ()])
def test_a_tuple_of_another_length_is_refused(source: Any) -> None:
    with pytest.raises(TypeError, match="tuple of"):
        content_of(source)


@pytest.mark.parametrize("headers", [{"X": "a\r\nY: b"}, {"a b": "c"}])
def test_unusable_headers_of_a_file_are_refused(headers: Any) -> None:
    with pytest.raises(ValueError, match="header"):
        content_of(("a", b"", "text/plain", headers))


async def test_objects_can_be_made_of_one_file(file: Any) -> None:
    async with emulated() as (_, client):
        calls = [client.objects.upload_from_bytes(file, "o") for _ in range(4)]
        made = [await calls[0], *await asyncio.gather(*calls)]
        got = [await client.objects.download_as_bytes(each.id) for each in made]

    assert got == [CONTENT[BEGIN:]] * 5


async def test_hundreds_of_uploads_of_one_file_are_right_under_faults() -> None:
    async with emulated(max_retries=20) as (api, client):
        api.faults.add(status(503), path="*/upload_file", share=0.05)
        api.faults.add(reset(), path="*/upload_file", share=0.05)
        with SEEKING["a file on disk"]() as file:
            file.seek(BEGIN)
            await client.bulk(
                [
                    client.devboxes.upload_file("dbx", path=f"/{number}", file=file)
                    for number in range(200)
                ],
                concurrency=8,
            )
        for number in range(200):
            got = await client.devboxes.download_file("dbx", path=f"/{number}")
            assert got == CONTENT[BEGIN:]
