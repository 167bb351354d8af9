"""A page of a list on which an item cannot be read: the others are not lost."""

import json
from typing import Any, Final, cast, get_args

import attrs
import msgspec

from runloop_async.annotations import JsonObject
from runloop_async.convert import shapes
from runloop_async.convert.decoding import structure
from runloop_async.convert.straight import REFUSALS, STRAIGHT
from runloop_async.errors import APIResponseValidationError
from runloop_async.values import parse_json

_MOST: Final = 100
"""A page with more such items is refused: then it is no page of this list."""


@attrs.frozen
class Salvaged:
    """What could be read of a page."""

    envelope: Any
    """The page with the items that could be read."""
    unreadable: list[APIResponseValidationError]
    """Why the others could not be; `path` has their places."""
    last: JsonObject
    """The last item of the page as it came, for the cursor; empty if there is none."""


def salvaged(body: bytes, envelope: Any) -> Salvaged | None:
    """Read a page item by item; None if it is not one that can be read like that.

    A missing or empty `has_more` counts as true where the page has items, as the API's
    own clients take it.
    """
    try:
        document = parse_json(body)
    except ValueError:
        return None
    (field,) = (
        each for each in attrs.fields(envelope) if shapes.is_container(each.type, list)
    )
    (shape,) = get_args(field.type)
    if not isinstance(document, dict):
        return None
    fields = cast("JsonObject", document)
    rows = fields.get(field.name)
    if not isinstance(rows, list):
        return None
    listed = cast("list[Any]", rows)
    read, unreadable = _read(listed, shape, field.name)
    if len(unreadable) > _MOST:
        return None
    fields = {**fields, field.name: []}
    if fields.get("has_more") is None:
        fields["has_more"] = bool(listed)
    try:
        empty = structure(fields, envelope)
    except APIResponseValidationError:
        return None
    last: JsonObject = {}
    if listed and isinstance(listed[-1], dict):
        last = cast("JsonObject", listed[-1])
    return Salvaged(attrs.evolve(empty, **{field.name: read}), unreadable, last)


def _read(
    rows: list[Any], shape: Any, name: str
) -> tuple[list[Any], list[APIResponseValidationError]]:
    read: list[Any] = []
    unreadable: list[APIResponseValidationError] = []
    for place, row in enumerate(rows):
        try:
            read.append(_item(row, shape))
        except APIResponseValidationError as error:
            unreadable.append(_at(error, f"$.{name}[{place}]", row))
            if len(unreadable) > _MOST:
                break
    return read, unreadable


def _item(row: Any, shape: Any) -> Any:
    try:
        return STRAIGHT[shape](msgspec.json.encode(row))
    except (*REFUSALS, UnicodeEncodeError):  # such as half of a surrogate pair
        return structure(row, shape)


def _at(
    error: APIResponseValidationError, place: str, row: Any
) -> APIResponseValidationError:
    """Return an error of an item with its place on the page."""
    path = place + error.path.removeprefix("$")
    return APIResponseValidationError(
        f"the response has {error.found} at {path} where {error.expected} is due",
        path=path,
        expected=error.expected,
        found=error.found,
        body=json.dumps(row).encode(),
    )
