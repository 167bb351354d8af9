"""Secrets: their values go in and never come out."""

from typing import Final, TypedDict

from runloop_async.testing.messages import ApiError, Ask, JsonObject
from runloop_async.testing.paging import page
from runloop_async.testing.routes.stored import Stored
from runloop_async.testing.routing import Operation, Route
from runloop_async.testing.world import Kind, World

SECRETS: Final = Kind("secret", "sec_")


class Create(TypedDict):
    """The body of a create."""

    name: str
    value: str


class Update(TypedDict):
    """The body of an update."""

    value: str


def usual(world: World) -> JsonObject:
    """Return what a new one has."""
    return {
        "name": "SECRET",
        "create_time_ms": world.now_ms,
        "update_time_ms": world.now_ms,
    }


def _fields(body: JsonObject, before: JsonObject) -> JsonObject:
    del before
    return {name: value for name, value in body.items() if name != "value"}


GROUP: Final = Stored(
    name="secrets",
    path="/v1/secrets",
    kind=SECRETS,
    usual=usual,
    create_body=Create,
    update_body=Update,
    fields=_fields,
    one_of_a_name=True,
)


def list_page(world: World, ask: Ask) -> JsonObject:
    """Return a page of secrets."""
    table = world.table(SECRETS)
    return page(table, table.rows, ask, "secrets")


def _by_name(operation: Operation) -> Operation:
    """Return an operation on the newest secret of a name."""

    def operate(world: World, ask: Ask) -> JsonObject:
        name = ask.params["name"]
        for secret in reversed(world.table(SECRETS).rows):
            if secret["name"] == name:
                ask.params["id"] = secret["id"]
                answer = operation(world, ask)
                assert isinstance(answer, dict)  # noqa: S101 - as all of these
                return answer
        raise ApiError(404, "not_found", f"There is no secret {name!r}.")

    return operate


_ID: Final = "/v1/secrets/id/{id}"
_NAME: Final = "/v1/secrets/{name}"
ROUTES: Final = [
    Route("POST", "/v1/secrets", "secrets.create", GROUP.create),
    Route("GET", "/v1/secrets", "secrets.list", list_page),
    Route("GET", _ID, "secrets.retrieve_by_id", GROUP.retrieve),
    Route("POST", f"{_ID}/update", "secrets.update_by_id", GROUP.update),
    Route("POST", f"{_ID}/delete", "secrets.delete_by_id", GROUP.delete),
    Route("GET", _NAME, "secrets.retrieve", _by_name(GROUP.retrieve)),
    Route("POST", _NAME, "secrets.update", _by_name(GROUP.update)),
    Route("POST", f"{_NAME}/delete", "secrets.delete", _by_name(GROUP.delete)),
]
