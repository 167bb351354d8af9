"""What an annotation says: its wire names, words, tags and bounds."""

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Required,
    TypeVar,
    Union,
    get_args,
    get_origin,
)

import attrs

from runloop_async.annotations import JsonValue
from runloop_async.models.shared import AnyWord, Unknown, Wire

NoteT = TypeVar("NoteT")

NAMES: Mapping[type, str] = {
    str: "a string",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "an object",
}
"""What to call the types of JSON in a message."""


class Mismatch(ValueError):  # noqa: N818 - never leaves this package
    """A value is not of the shape that is due, at the end of some steps."""

    def __init__(self, expected: str, found: object) -> None:
        super().__init__(expected)
        self.expected = expected
        self.found = found
        self.steps: list[str] = []

    @property
    def path(self) -> str:
        """The steps from the outside to the value, such as `runs[17].id`."""
        return "".join(reversed(self.steps)).removeprefix(".")


def is_union(shape: Any) -> bool:
    """Tell whether an annotation is a union, None included."""
    return get_origin(shape) in {Union, UnionType}


def members(shape: Any) -> tuple[Any, ...]:
    """Return the members of a union but None; any other shape is its own member."""
    args = get_args(shape) if is_union(shape) else (shape,)
    return tuple(arg for arg in args if arg is not NoneType)


def takes_none(shape: Any) -> bool:
    """Tell whether an annotation admits None."""
    return is_union(shape) and NoneType in get_args(shape)


def is_container(shape: Any, kind: object) -> bool:
    """Tell whether an annotation is of a generic container, such as `list[str]`."""
    origin: object = get_origin(shape)
    return origin is kind


def is_json(shape: Any) -> bool:
    """Tell whether an annotation admits any JSON."""
    return shape is JsonValue


def is_literal(shape: Any) -> bool:
    """Tell whether an annotation is a set of words."""
    return get_origin(shape) is Literal


def words(shape: Any) -> frozenset[str] | None:
    """Return the known words of an open set of words, else None."""
    parts = members(shape)
    if len(parts) != 1 or note(parts[0], AnyWord) is None:
        return None
    return frozenset(get_args(bare(parts[0])))


def is_open(shape: Any) -> bool:
    """Tell whether an annotation is an open set of words, without None."""
    return note(shape, AnyWord) is not None


def is_tagged(shape: Any) -> bool:
    """Tell whether an annotation is a union of kinds that a `type` tells apart."""
    return is_union(shape) and Unknown in get_args(shape)


def is_noted(shape: Any) -> bool:
    """Tell whether an annotation is wrapped in notes or key qualifiers."""
    return get_origin(shape) in {Annotated, Required, NotRequired}


def bare(annotation: Any) -> Any:
    """Return an annotation without Required, NotRequired and Annotated."""
    while is_noted(annotation):
        annotation = get_args(annotation)[0]
    return annotation


def note(annotation: Any, kind: type[NoteT]) -> NoteT | None:
    """Return the annotation's note of a kind, if it has one."""
    while get_origin(annotation) in {Required, NotRequired}:
        annotation = get_args(annotation)[0]
    notes = getattr(annotation, "__metadata__", ())
    return next((each for each in notes if isinstance(each, kind)), None)


def wire_name(name: str, annotation: Any) -> str:
    """Return the name that a field has in JSON."""
    wire = note(annotation, Wire)
    return name if wire is None else wire.name


def wire_names(model: type) -> Mapping[str, str]:
    """Return the fields of a model and what each is called in JSON."""
    return {
        field.name: wire_name(field.name, field.type) for field in attrs.fields(model)
    }


def tag(shape: Any) -> str | None:
    """Return the one word that the `type` of a kind must be, if it has such a tag."""
    annotations: Mapping[str, Any] = getattr(shape, "__annotations__", {})
    kind = bare(annotations.get("type"))
    return get_args(kind)[0] if is_literal(kind) else None
