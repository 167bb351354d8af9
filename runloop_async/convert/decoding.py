"""JSON to models."""

import json
import logging
import sys
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar, cast, get_args

import attrs
import cattrs
from cattrs import (
    AttributeValidationNote,
    BaseValidationError,
    IterableValidationNote,
    cols,
)
from cattrs.gen import make_dict_structure_fn, override

from runloop_async.annotations import JsonObject
from runloop_async.convert import shapes
from runloop_async.convert.shapes import Mismatch
from runloop_async.convert.straight import STRAIGHT
from runloop_async.convert.words import WORDS
from runloop_async.errors import APIResponseValidationError
from runloop_async.models.shared import Unknown
from runloop_async.values import excerpt, parse_json

T = TypeVar("T")
Hook = Callable[[Any, Any], Any]

_log = logging.getLogger("runloop_async")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LENGTH = 80
_PATH_LENGTH = 200
_NOTES = (AttributeValidationNote, IterableValidationNote)
_LARGEST = int(sys.float_info.max)


def converted(body: bytes, shape: type[T]) -> T:
    """Return the value of a shape that a JSON document stands for.

    Raises:
        APIResponseValidationError: As for `decode`.
    """
    try:
        document = parse_json(body.removeprefix(_BYTE_ORDER_MARK))
    except ValueError as error:
        raise APIResponseValidationError(
            f"the response is not JSON: {error}",
            expected="JSON",
            found=excerpt(body.decode("utf-8", errors="replace"), _LENGTH),
            body=body,
        ) from None
    try:
        return structure(document, shape)
    except APIResponseValidationError as error:
        error.body = body
        raise


def structure(document: object, shape: type[T]) -> T:
    """Return the value of a shape that parsed JSON stands for.

    Raises:
        APIResponseValidationError: As for `decode`.
    """
    try:
        return _converter.structure(document, shape)
    except (BaseValidationError, Mismatch) as error:
        raise _explain(error) from None


def _explain(error: Exception) -> APIResponseValidationError:
    """Return the first of the faults that cattrs has collected, with its path."""
    path = "$"
    while isinstance(error, BaseValidationError):
        step, error = _first(error)
        path += step
    if isinstance(error, Mismatch):
        expected, found = error.expected, _shown(error.found)
    else:  # KeyError: cattrs found no such key
        expected, found = "a value", "nothing"
    place = excerpt(path, _PATH_LENGTH)
    return APIResponseValidationError(
        f"the response has {found} at {place} where {expected} is due",
        path=path,
        expected=expected,
        found=found,
    )


def _first(group: BaseValidationError) -> tuple[str, Exception]:
    error = group.exceptions[0]
    (note,) = (note for note in error.__notes__ if isinstance(note, _NOTES))
    if isinstance(note, AttributeValidationNote):
        return f".{shapes.wire_names(group.cl)[note.name]}", error
    where = note.index
    return f"[{where}]" if isinstance(where, int) else f".{where}", error


def _shown(value: object) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        return "JSON too deep to show"
    return excerpt(text, _LENGTH)


def _exactly(kind: type) -> Hook:
    def hook(value: object, _: object) -> object:
        if type(value) is not kind:
            raise Mismatch(shapes.NAMES[kind], value)
        return value

    return hook


def _object(value: object) -> JsonObject:
    if type(value) is not dict:
        raise Mismatch(shapes.NAMES[dict], value)
    return cast("JsonObject", value)


def _number(value: object, _: object) -> float:
    if type(value) is float or (type(value) is int and abs(value) <= _LARGEST):
        return float(value)
    raise Mismatch(shapes.NAMES[float], value)


def _one_of(shape: Any) -> Hook:
    allowed = get_args(shape)

    def hook(value: object, _: object) -> object:
        if value not in allowed:
            raise Mismatch(" or ".join(map(repr, allowed)), value)
        return value

    return hook


def _word(shape: Any) -> Hook:
    """Take any word; say once that a word is new."""
    literal = shapes.bare(shape)
    known = get_args(literal)

    def hook(value: object, _: object) -> object:
        if type(value) is not str:
            raise Mismatch(shapes.NAMES[str], value)
        if value not in known and WORDS.learn(literal, value):
            STRAIGHT.clear()
            _log.warning(
                "the API said %r where this release knows %s",
                excerpt(value, _LENGTH),
                literal,
            )
        return value

    return hook


def _kinds(shape: Any) -> Hook:
    """Choose the class by the `type` of the object."""
    kinds = [kind for kind in shapes.members(shape) if kind is not Unknown]
    classes = {shapes.tag(kind): kind for kind in kinds}

    def hook(value: object, _: object) -> object:
        fields = _object(value)
        tag = fields.get("type")
        kind = classes.get(tag) if isinstance(tag, str) else None
        return Unknown(fields) if kind is None else _converter.structure(fields, kind)

    return hook


def _union(shape: Any) -> Hook:
    if shapes.is_tagged(shape):
        hook = _kinds(shape)
    else:
        (only,) = shapes.members(shape)
        hook = partial(_as, only, _converter.get_structure_hook(only))
    if not shapes.takes_none(shape):
        return hook
    return lambda value, kind: None if value is None else hook(value, kind)


def _as(shape: Any, hook: Hook, value: object, _: object) -> object:
    return hook(value, shape)


def _container(kind: type, factory: Any) -> Callable[[Any], Hook]:
    """Refuse what cattrs would iterate over: `list("abc")` is no list of strings."""

    def make(shape: Any) -> Hook:
        inner = factory(shape, _converter)

        def hook(value: object, _: object) -> object:
            if type(value) is not kind:
                raise Mismatch(shapes.NAMES[kind], value)
            return inner(value, shape)

        return hook

    return make


def _model(model: Any) -> Hook:
    renamed: dict[str, Any] = {
        name: override(rename=wire)
        for name, wire in shapes.wire_names(model).items()
        if wire != name
    }
    inner: Hook = make_dict_structure_fn(model, _converter, **renamed)
    tag = shapes.tag(model)

    def hook(value: object, _: object) -> object:
        fields = _object(value)
        if tag is not None and fields.get("type") != tag:
            raise Mismatch(f"an object of type {tag!r}", fields.get("type"))
        return inner(fields, model)

    return hook


# cattrs leaves the type of the second open.
_list_factory: Any = cols.list_structure_factory
_dict_factory: Any = cols.mapping_structure_factory  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def _make_converter() -> cattrs.Converter:
    made = cattrs.Converter(detailed_validation=True)
    for kind in (str, int, bool):
        made.register_structure_hook(kind, _exactly(kind))
    made.register_structure_hook(float, _number)
    made.register_structure_hook_factory(attrs.has, _model)
    made.register_structure_hook_factory(
        lambda shape: shapes.is_container(shape, list),
        _container(list, _list_factory),
    )
    made.register_structure_hook_factory(
        lambda shape: shapes.is_container(shape, dict),
        _container(dict, _dict_factory),
    )
    made.register_structure_hook_factory(shapes.is_literal, _one_of)
    made.register_structure_hook_factory(shapes.is_union, _union)
    made.register_structure_hook_factory(shapes.is_open, _word)
    made.register_structure_hook_func(shapes.is_json, lambda value, _: value)
    return made


_converter = _make_converter()
