"""Storage objects, and the presigned URLs at which their contents are."""

from typing import Final, NotRequired, TypedDict

from runloop_async.testing.messages import Answer, ApiError, Ask, JsonObject, given
from runloop_async.testing.paging import page, select
from runloop_async.testing.routes.metadata import metadata_routes
from runloop_async.testing.routing import Route
from runloop_async.testing.state.objects import (
    OBJECTS,
    complete,
    content_of,
    new_object,
    put,
)
from runloop_async.testing.world import World


class Create(TypedDict):
    """The body of a create."""

    name: str
    content_type: str
    metadata: NotRequired[dict[str, str] | None]
    ttl_ms: NotRequired[int | None]


def create(world: World, ask: Ask) -> JsonObject:
    """Create an object without content."""
    fields = given(ask.json(Create))
    ttl_ms = fields.pop("ttl_ms", None)
    if ttl_ms is not None:
        fields["delete_after_time_ms"] = world.now_ms + ttl_ms
    found = new_object(world, **fields)
    found["upload_url"] = _signed(world, ask, found["id"])
    return found


def retrieve(world: World, ask: Ask) -> JsonObject:
    """Return one object."""
    return world.find(OBJECTS, ask.id)


def list_page(world: World, ask: Ask) -> JsonObject:
    """Return a page of the account's objects."""
    return _page(world, ask, _rows(world))


def list_public(world: World, ask: Ask) -> JsonObject:
    """Return a page of the public ones, of which there are none."""
    return _page(world, ask, [])


def do_complete(world: World, ask: Ask) -> JsonObject:
    """Have an object be read from."""
    found = world.find(OBJECTS, ask.id)
    complete(world, found)
    return found


def delete(world: World, ask: Ask) -> JsonObject:
    """Delete an object; it can still be asked for."""
    found = world.find(OBJECTS, ask.id)
    found["state"] = "DELETED"
    return found


def download(world: World, ask: Ask) -> JsonObject:
    """Return where the content of an object is."""
    found = world.find(OBJECTS, ask.id)
    content_of(world, found)
    return {"download_url": _signed(world, ask, found["id"])}


def put_content(world: World, ask: Ask) -> Answer:
    """Take what is uploaded to a presigned URL."""
    put(world, _opened(world, ask), ask.content)
    return Answer(content_type="application/xml")


def get_content(world: World, ask: Ask) -> Answer:
    """Return what is at a presigned URL."""
    content = content_of(world, _opened(world, ask))
    return Answer(blob=content, content_type="application/octet-stream")


def _opened(world: World, ask: Ask) -> JsonObject:
    if ask.query.get("signature") not in world.links[f"signatures {ask.id}"]:
        raise ApiError(403, "forbidden", "The signature does not fit.")
    return world.find(OBJECTS, ask.id)


def _signed(world: World, ask: Ask, id: str) -> str:
    signature = world.new_id("sig_")
    world.links[f"signatures {id}"].append(signature)
    return f"{ask.origin}/emulated-storage/{id}?signature={signature}"


def _rows(world: World) -> list[JsonObject]:
    return [row for row in world.table(OBJECTS).rows if row["state"] != "DELETED"]


def _page(world: World, ask: Ask, rows: list[JsonObject]) -> JsonObject:
    rows = select(rows, ask, ["name", "content_type", "state"])
    return page(world.table(OBJECTS), rows, ask, "objects")


_ALL: Final = "/v1/objects"
_ONE: Final = "/v1/objects/{id}"
_STORED: Final = "/emulated-storage/{id}"
ROUTES: Final = [
    *metadata_routes("objects", _ALL, _rows),
    Route("POST", _ALL, "objects.create", create),
    Route("GET", _ALL, "objects.list", list_page),
    Route("GET", f"{_ALL}/list_public", "objects.list_public", list_public),
    Route("GET", _ONE, "objects.retrieve", retrieve),
    Route("POST", f"{_ONE}/complete", "objects.complete", do_complete),
    Route("POST", f"{_ONE}/delete", "objects.delete", delete),
    Route("GET", f"{_ONE}/download", "objects.download", download),
    Route("PUT", _STORED, "objects.put_content", put_content, key="none"),
    Route("GET", _STORED, "objects.get_content", get_content, key="none"),
]
