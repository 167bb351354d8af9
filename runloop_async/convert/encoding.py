"""Models, and what users give, to JSON."""

import difflib
import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from numbers import Real
from typing import Any, cast, get_args, get_origin, get_type_hints, is_typeddict

import attrs
import cattrs
from cattrs.gen import make_dict_unstructure_fn, override

from runloop_async.annotations import JsonObject, JsonValue
from runloop_async.convert import shapes
from runloop_async.convert.shapes import Mismatch
from runloop_async.models.shared import Range, Unknown
from runloop_async.moved import theirs
from runloop_async.values import MAX_BITS, plain_int, plain_number, plain_text

Check = Callable[[Any], Any]


def dump(model: object) -> JsonValue:
    """Return a model, or a list or dict of them, as JSON values in wire names.

    Fields that are None and need not be there are left out.
    """
    dumped: JsonValue = _models.unstructure(model)
    return dumped


def encode(fields: Mapping[str, object], shape: type) -> JsonObject:
    """Return what a user gave as JSON in wire names, checked against a TypedDict.

    Args:
        fields: By our names; plain dicts and models may stand in one another.
        shape: The TypedDict that says which fields there are.

    Raises:
        TypeError: A field is unknown, missing or of a wrong type.
        ValueError: A number or word is not one that the API takes.
    """
    try:
        encoded: JsonObject = _inputs.get_unstructure_hook(shape)(fields)
    except RecursionError:
        raise ValueError(
            f"{shape.__name__} has a value that is nested too deep"
        ) from None
    except _OutOfRange as error:
        raise ValueError(f"{error.path} {error.expected}") from None
    except Mismatch as error:
        raise TypeError(f"{error.path or 'the call'} {error.expected}") from None
    return encoded


class _OutOfRange(Mismatch):
    """A value has the right type and is not one that the API takes."""


def _wrong_type(expected: str, found: object) -> Mismatch:
    kind = type(found).__name__
    return Mismatch(f"must be {expected}, not {kind}{theirs(found)}", found)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _wrong_type(shapes.NAMES[str], value)
    try:
        return plain_text(value)
    except ValueError as error:
        why = str(error)
    raise _OutOfRange(why, value)


def _whole(value: object) -> int:
    number = plain_int(value)
    if number is None:
        raise _wrong_type(shapes.NAMES[int], value)
    return _writable(number)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise _wrong_type(shapes.NAMES[bool], value)
    return value


def _number(value: object) -> int | float:
    number = plain_number(value)
    if number is None:
        raise _wrong_type(shapes.NAMES[float], value)
    if isinstance(number, int):
        return _writable(number)
    if not math.isfinite(number):
        raise _OutOfRange(f"must be a finite number, not {number!r}", value)
    return number


def _writable(number: int) -> int:
    if number.bit_length() > MAX_BITS:
        raise _OutOfRange("must be a number with fewer digits", number)
    return number


def _one_of(shape: Any) -> Check:
    allowed = get_args(shape)

    def check(value: object) -> object:
        if value not in allowed:
            wanted = " or ".join(map(repr, allowed))
            raise _OutOfRange(f"must be {wanted}, not {value!r}", value)
        return _text(value)

    return check


def _ranged(shape: Any) -> Check:
    if shapes.is_open(shape):
        return _text
    inner = _check(shapes.bare(shape))
    bounds = shapes.note(shape, Range)
    if bounds is None:
        return inner
    least, most = bounds.least, bounds.most

    def check(value: object) -> object:
        number = inner(value)
        if not least <= number <= most:
            raise _OutOfRange(f"must be from {least} to {most}, not {number}", number)
        return number

    return check


def _list(shape: Any) -> Check:
    inner = _check(get_args(shape)[0])

    def check(value: object) -> list[object]:
        if not isinstance(value, list | tuple):
            raise _wrong_type(shapes.NAMES[list], value)
        items: list[object] = [*value]
        return [_at(f"[{index}]", inner, item) for index, item in enumerate(items)]

    return check


def _map(shape: Any) -> Check:
    inner = _check(get_args(shape)[1])

    def check(value: object) -> dict[str, object]:
        if not isinstance(value, Mapping):
            raise _wrong_type("a dict", value)
        entries = cast("Mapping[object, object]", value)
        return {_key(k): _at(f"[{k!r}]", inner, v) for k, v in entries.items()}

    return check


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise _wrong_type("a dict with string keys", key)
    try:
        return plain_text(key)
    except ValueError as error:
        why = f"has a key that {error}"
    raise _OutOfRange(why, key)


def _at(step: str, check: Check, value: object) -> object:
    try:
        return check(value)
    except Mismatch as error:
        error.steps.append(step)
        raise


def _params(shape: Any) -> Check:
    """Check a dict against a TypedDict and give its fields their wire names."""
    hints = get_type_hints(shape, include_extras=True)
    wires = {name: shapes.wire_name(name, hint) for name, hint in hints.items()}
    checks = {name: _check(hint) for name, hint in hints.items()}
    required: frozenset[str] = shape.__required_keys__

    def check(value: object) -> dict[str, object]:
        if not isinstance(value, Mapping):
            raise _wrong_type(f"a dict ({shape.__name__})", value)
        fields = cast("Mapping[str, object]", value)
        for name in fields:
            if name not in checks:
                raise Mismatch(_unknown(name, [*checks]), name)
        for name in sorted(required - fields.keys()):
            raise Mismatch(f"is missing {name!r} ({shape.__name__})", None)
        return {
            wires[name]: _at(f".{name}", checks[name], item)
            for name, item in fields.items()
        }

    return check


def _unknown(name: object, names: list[str]) -> str:
    close = difflib.get_close_matches(str(name), names, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"there is {', '.join(names)}"
    return f"got an unexpected argument {name!r}; {hint}"


def _union(shape: Any) -> Check:
    parts = shapes.members(shape)
    optional = shapes.takes_none(shape)
    if len(parts) == 1:
        inner: Check = _check(parts[0])
    elif any(map(_is_object, parts)):
        inner = _objects(parts)
    else:
        inner = _first_of(parts)
    return lambda value: None if value is None and optional else inner(value)


def _is_object(part: Any) -> bool:
    return attrs.has(part) or is_typeddict(part)


def _first_of(parts: tuple[Any, ...]) -> Check:
    """Take a value of one of several types, such as a string or a list of strings."""
    checks = [_check(part) for part in parts]
    kinds = [get_origin(part) or part for part in parts]
    wanted = " or ".join(shapes.NAMES.get(kind, "a list") for kind in kinds)

    def check(value: object) -> object:
        for each in checks:
            try:
                return each(value)
            except Mismatch as error:
                if error.steps or isinstance(error, _OutOfRange):
                    raise  # the type is right, and the fault is within
        raise _wrong_type(wanted, value)

    return check


def _objects(parts: tuple[Any, ...]) -> Check:
    """Take a model of one of the classes, or a dict that fits one of the TypedDicts."""
    classes = tuple(part for part in parts if attrs.has(part))
    dicts: dict[str | None, Any] = {
        shapes.tag(part): part for part in parts if is_typeddict(part)
    }

    wanted = " or ".join(["a dict"][: len(dicts)] + [p.__name__ for p in parts])

    def check(value: object) -> object:
        if isinstance(value, classes):
            return _fields_of(type(value))(value)
        if not dicts:
            raise _wrong_type(wanted, value)
        if not isinstance(value, Mapping):
            raise _wrong_type(wanted, value)
        fields = cast("Mapping[str, object]", value)
        kind = dicts.get(None) or dicts.get(str(fields.get("type")))
        if kind is None:
            tags = ", ".join(sorted(repr(str(name)) for name in dicts))
            raise _OutOfRange(
                f"has type {fields.get('type')!r}; it must be one of {tags}", fields
            )
        return _check(kind)(fields)

    return check


@cache
def _fields_of(model: Any) -> Check:
    """Check the fields of a model, which its constructor has not done, and dump it."""
    if model is Unknown:
        return lambda unknown: _json(unknown.raw)
    wires = shapes.wire_names(model)
    checks = {field.name: _check(field.type) for field in attrs.fields(model)}
    omitted = {field.name for field in attrs.fields(model) if field.default is None}

    def check(value: object) -> dict[str, object]:
        given = {name: getattr(value, name) for name in checks}
        return {
            wires[name]: _at(f".{name}", checks[name], item)
            for name, item in given.items()
            if item is not None or name not in omitted
        }

    return check


def _one_model(model: Any) -> Check:
    return _objects((model,))


def _any_json(_: Any) -> Check:
    return _json


def _json(value: object) -> object:
    """Check that a value is JSON all the way down."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Real):
        return _number(value)
    if isinstance(value, list | tuple):
        return _list(list[JsonValue])(value)
    if isinstance(value, Mapping):
        return _map(dict[str, JsonValue])(value)
    raise _wrong_type("JSON: a dict, list, string, number, boolean or None", value)


def _check(shape: Any) -> Check:
    check: Check = _inputs.get_unstructure_hook(shape)
    return check


def _dump_model(model: Any) -> Check:
    wires = shapes.wire_names(model)
    overrides: dict[str, Any] = {
        field.name: override(
            rename=wires[field.name], omit_if_default=field.default is None
        )
        for field in attrs.fields(model)
    }
    return make_dict_unstructure_fn(model, _models, **overrides)


def _make_models() -> cattrs.Converter:
    made = cattrs.Converter()
    made.register_unstructure_hook_factory(attrs.has, _dump_model)
    made.register_unstructure_hook(Unknown, lambda unknown: unknown.raw)
    return made


def _make_inputs() -> cattrs.Converter:
    made = cattrs.Converter()
    made.register_unstructure_hook(str, _text)
    made.register_unstructure_hook(int, _whole)
    made.register_unstructure_hook(bool, _flag)
    made.register_unstructure_hook(float, _number)
    made.register_unstructure_hook_factory(attrs.has, _one_model)
    made.register_unstructure_hook_factory(is_typeddict, _params)
    for container, factory in (
        (Sequence, _list),
        (list, _list),
        (Mapping, _map),
        (dict, _map),
    ):
        made.register_unstructure_hook_factory(
            partial(shapes.is_container, kind=container), factory
        )
    made.register_unstructure_hook_factory(shapes.is_literal, _one_of)
    made.register_unstructure_hook_factory(shapes.is_union, _union)
    made.register_unstructure_hook_factory(shapes.is_json, _any_json)
    made.register_unstructure_hook_factory(shapes.is_noted, _ranged)
    return made


_models = _make_models()
_inputs = _make_inputs()
