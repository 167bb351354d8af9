"""Files on devboxes."""

from typing import Final, TypedDict

from runloop_async.testing.blobs import Blob
from runloop_async.testing.forms import parts_of
from runloop_async.testing.messages import Answer, Ask, JsonObject, invalid
from runloop_async.testing.routing import Route
from runloop_async.testing.state.devboxes.devboxes import (
    file_on,
    machine,
    path_on,
    running,
)
from runloop_async.testing.world import World


class FilePath(TypedDict):
    """The body of a read."""

    file_path: str


class Path(TypedDict):
    """The body of a download."""

    path: str


class Contents(FilePath):
    """The body of a write."""

    contents: str


def read(world: World, ask: Ask) -> Answer:
    """Return a file as text."""
    found = file_on(world, running(world, ask.id), ask.json(FilePath)["file_path"])
    return Answer(body=found.read(), content_type="text/plain; charset=utf-8")


def write(world: World, ask: Ask) -> JsonObject:
    """Write a text to a file."""
    devbox, body = running(world, ask.id), ask.json(Contents)
    path = path_on(body["file_path"])
    machine(world, devbox).files[path] = Blob.of(body["contents"].encode())
    return {"devbox_id": ask.id, "exit_status": 0, "stdout": "", "stderr": ""}


def download(world: World, ask: Ask) -> Answer:
    """Return a file as it is."""
    found = file_on(world, running(world, ask.id), ask.json(Path)["path"])
    return Answer(blob=found, content_type="application/octet-stream")


def upload(world: World, ask: Ask) -> JsonObject:
    """Take a file in."""
    devbox, parts = running(world, ask.id), parts_of(ask)
    if "path" not in parts:
        raise invalid("The form has no path.")
    path = path_on(parts["path"].read().decode())
    machine(world, devbox).files[path] = parts.get("file", Blob.of(b""))
    return {}


_ONE: Final = "/v1/devboxes/{id}"
ROUTES: Final = [
    Route("POST", f"{_ONE}/read_file_contents", "devboxes.read_file_contents", read),
    Route("POST", f"{_ONE}/write_file_contents", "devboxes.write_file_contents", write),
    Route("POST", f"{_ONE}/download_file", "devboxes.download_file", download),
    Route("POST", f"{_ONE}/upload_file", "devboxes.upload_file", upload),
]
