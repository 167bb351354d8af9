"""Bodies on their way up: from any source, in constant memory, again if they can."""

import io
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from runloop_async.calls.files import multipart
from runloop_async.calls.sources import Source, content_of
from runloop_async.errors import APIConnectionError, InternalServerError
from runloop_async.resources.devboxes.devboxes import Devboxes
from runloop_async.wire.request import Content
from tests.rawserver import RawServer, http_json
from tests.sends import sending

UNAVAILABLE_ONCE = (http_json({}, status=503), http_json({}))


async def sent(content: Content) -> bytes:
    return b"".join([piece async for piece in content.pieces()])


async def generated() -> AsyncGenerator[bytes]:
    yield b"seven"
    yield b" b"


def sources(folder: Path) -> dict[str, Source]:
    path = folder / "seven.txt"
    path.write_bytes(b"seven b")
    file = io.BytesIO(b"xxseven b")
    file.seek(2)
    return {
        "bytes": b"seven b",
        "bytearray": bytearray(b"seven b"),
        "path": path,
        "file": file,
        "named": ("a.txt", b"seven b", "text/plain"),
    }


@pytest.mark.parametrize("kind", ["bytes", "bytearray", "path", "file", "named"])
async def test_a_source_can_be_sent_again(kind: str, tmp_path: Path) -> None:
    content = content_of(sources(tmp_path)[kind]).content

    assert (content.size, content.can_repeat) == (7, True)
    assert await sent(content) == await sent(content) == b"seven b"


async def test_an_async_iterator_can_be_sent_once() -> None:
    content = content_of(generated()).content

    assert (content.size, content.can_repeat) == (None, False)
    assert await sent(content) == b"seven b"
    with pytest.raises(ValueError, match="only once"):
        await sent(content)


def test_names_and_types_are_those_given_or_found(tmp_path: Path) -> None:
    made = {kind: content_of(each) for kind, each in sources(tmp_path).items()}

    assert {kind: part.name for kind, part in made.items()} == {
        "bytes": "upload",
        "bytearray": "upload",
        "path": "seven.txt",
        "file": "upload",
        "named": "a.txt",
    }
    assert made["named"].content.type == "text/plain"
    assert made["path"].content.type == "application/octet-stream"


@pytest.mark.parametrize("source", ["text", 5, None])
def test_what_cannot_be_sent_is_refused(source: Any) -> None:
    with pytest.raises(TypeError, match=r"give a pathlib\.Path"):
        content_of(source)


@pytest.mark.parametrize("media_type", ["text/plain\r\nX: y", "a\ud83d", 5])
def test_an_unusable_media_type_is_refused(media_type: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        content_of(("a.txt", b"", media_type))


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is not a file"):
        content_of(tmp_path)


def test_a_file_of_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("text")
    with path.open() as file:
        text: Any = file

        with pytest.raises(TypeError, match="as 'rb'"):
            content_of(text)


@pytest.mark.parametrize("now", [b"longer than before", b"short"])
async def test_a_file_that_changes_meanwhile_is_an_error(
    now: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"as it was")
    content = content_of(path).content
    path.write_bytes(now)

    with pytest.raises(ValueError, match="changed"):
        await sent(content)


async def test_progress_is_told_in_bytes() -> None:
    told: list[int] = []

    await sent(content_of(b"x" * 300_000, told.append).content)

    assert told == [262_144, 300_000]


async def test_a_form_has_its_fields_and_its_file() -> None:
    form = multipart({"path": "/a"}, content_of(('q"\n.txt', b"seven b")))

    body = await sent(form)

    assert form.type is not None
    edge = form.type.removeprefix("multipart/form-data; boundary=")
    assert body.decode() == "\r\n".join(
        [
            f"--{edge}",
            'Content-Disposition: form-data; name="path"',
            "",
            "/a",
            f"--{edge}",
            'Content-Disposition: form-data; name="file"; filename="q%22%0A.txt"',
            "Content-Type: application/octet-stream",
            "",
            "seven b",
            f"--{edge}--",
            "",
        ]
    )
    assert form.size == len(body)


async def test_a_form_may_have_no_file() -> None:
    form = multipart({"path": "/a"}, None)

    assert form.size == len(await sent(form))
    assert form.can_repeat


def test_the_size_of_a_form_may_be_unknown() -> None:
    form = multipart({}, content_of(generated()))

    assert (form.size, form.can_repeat) == (None, False)


async def test_an_upload_is_sent_and_sent_again() -> None:
    async with RawServer(*UNAVAILABLE_ONCE) as server, sending(server.url) as runner:
        await Devboxes(runner).upload_file("dbx_1", path="/a", file=b"seven b")

    first, second = server.requests
    assert first.body == second.body
    assert b"\r\n\r\nseven b\r\n" in second.body
    assert first.headers["content-length"] == str(len(first.body))
    assert first.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert first.headers["x-request-id"] == second.headers["x-request-id"]


async def test_an_upload_that_cannot_be_repeated_is_sent_once() -> None:
    async with RawServer(*UNAVAILABLE_ONCE) as server, sending(server.url) as runner:
        with pytest.raises((InternalServerError, APIConnectionError)):
            await Devboxes(runner).upload_file("d", path="/a", file=generated())

    assert len(server.requests) == 1
