"""JSON documents to models and back.

The converters are imported where they are first needed: a program that is only started
does without them.
"""

import gc
import json
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar, cast

import attrs
import msgspec

from runloop_async.annotations import JsonObject, JsonValue
from runloop_async.convert.straight import REFUSALS, STRAIGHT
from runloop_async.errors import APIResponseValidationError

T = TypeVar("T")

_LARGE = 64 * 1024
_MODELS = "runloop_async.models."


def decode(body: bytes | bytearray, shape: type[T]) -> T:
    """Return the value of a shape that a JSON document stands for.

    Raises:
        APIResponseValidationError: The document is no JSON, or of another shape; the
            error has the path, what was expected and what was found.
    """
    try:
        if len(body) < _LARGE:
            return STRAIGHT[shape](body)  # type: ignore[no-any-return]
        with _no_collection():
            return STRAIGHT[shape](body)  # type: ignore[no-any-return]
    except REFUSALS:
        from runloop_async.convert.decoding import converted

        return converted(bytes(body), shape)


@contextmanager
def _no_collection() -> Generator[None]:
    """Keep the garbage collector from looking at objects in the making.

    A large document is thousands of them, and there is no cycle in it. The collector
    would go through them again and again, which takes as long as the parsing.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def to_dict(model: object) -> JsonObject:
    """Return a model as a dict of JSON values, under the names that the API uses.

    Fields that are None and need not be there are left out. `from_dict` of the dict is
    an equal model.

    Raises:
        TypeError: It is no model.
    """
    from runloop_async.convert.encoding import dump

    _check(model, "to_dict")
    return cast("JsonObject", dump(model))


def to_json(value: object) -> str:
    """Return a model, or a list or dict of models, as JSON, under the API's names.

    Raises:
        TypeError: Something in it is no model and no JSON.
    """
    from runloop_async.convert.encoding import dump

    _check_parts(value)
    dumped = dump(value)
    try:
        return msgspec.json.encode(dumped).decode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can spell
        return json.dumps(dumped, separators=(",", ":"))


def from_dict(model: type[T], document: Mapping[str, JsonValue]) -> T:
    """Return the model that a dict of JSON values stands for, such as `to_dict` gives.

    Args:
        model: The class, such as `BenchmarkRunView`.
        document: Values under the names that the API uses; keys that the model does
            not know are passed over.

    Raises:
        TypeError: `model` is not a class of `runloop_async.models`.
        ValueError: A value is missing or of a wrong type; the message has its path.
    """
    from runloop_async.convert.decoding import structure

    if not _is_model(model):
        raise TypeError(
            f"from_dict takes a class of runloop_async.models, not {model!r}"
        )
    try:
        return structure({**document}, model)
    except APIResponseValidationError as error:
        why = f"found {error.found} at {error.path} where {error.expected} is due"
    raise ValueError(f"this is no {model.__name__}: {why}")


def _check_parts(value: object) -> None:
    if isinstance(value, Mapping):
        parts = [*cast("Mapping[str, object]", value).values()]
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        parts = [*cast("Sequence[object]", value)]
    elif value is None or isinstance(value, str | int | float):
        return
    else:
        _check(value, "to_json")
        return
    for part in parts:
        _check_parts(part)


def _check(model: object, function: str) -> None:
    if not _is_model(type(model)):
        raise TypeError(
            f"{function} takes what runloop_async.models has, such as a "
            f"BenchmarkRunView, not {type(model).__name__}; of a page take its items"
        )


def _is_model(kind: type) -> bool:
    return attrs.has(kind) and kind.__module__.startswith(_MODELS)
