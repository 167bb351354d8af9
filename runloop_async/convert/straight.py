"""The fast lane of decoding: from bytes straight into models, by msgspec.

It is as strict as the converter, or it refuses; then the converter decides, and words
the error. msgspec fills attrs classes by itself. A class whose JSON it would misread (a
field of another name, a `type` that tells kinds apart, a new word) is filled by way of
a stand-in: a subclass that has the fields as they are in JSON, in the slots of the
model, and that becomes an instance of the model itself at the end.
"""

from collections.abc import Callable, Mapping
from operator import methodcaller
from types import SimpleNamespace
from typing import Annotated, Any, Final, Literal, Union, cast, get_args, get_origin

import attrs
import msgspec

from runloop_async.annotations import JsonObject, override
from runloop_async.convert import shapes
from runloop_async.convert.words import WORDS
from runloop_async.models.shared import Unknown

Decode = Callable[[bytes | bytearray], Any]

REFUSALS: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What a decoder raises where the converter is to decide."""


class Straight(dict[Any, Decode]):
    """For each shape what decodes its documents, or raises one of `REFUSALS`.

    A decoder is made when it is first needed. After a new word all are made again.
    """

    def __init__(self) -> None:
        super().__init__()
        self._types: dict[Any, Any] = {}

    def __missing__(self, shape: Any) -> Decode:
        decoder = msgspec.json.Decoder(self._type(shape), dec_hook=_choose)
        self[shape] = decoder.decode
        return decoder.decode

    @override
    def clear(self) -> None:
        """Forget all decoders, since a set of words has grown."""
        super().clear()
        self._types.clear()

    def _type(self, shape: Any) -> Any:
        """Return what a shape is to msgspec."""
        kind = self._types.get(shape)
        if kind is None:
            kind = self._types[shape] = self._made(shape)
        return kind

    def _made(self, shape: Any) -> Any:
        plain = shapes.bare(shape)
        if shapes.is_open(shape):
            return self._words(plain)
        if plain is not shape:
            return self._type(plain)
        if shapes.is_tagged(shape):
            return self._union(shape)
        args = tuple(map(self._type, get_args(shape)))
        if shapes.is_union(shape):
            return Union[args]  # noqa: UP007 - of a tuple
        if get_origin(shape) in {list, dict}:
            return get_origin(shape)[args]
        return self._model(shape) if attrs.has(shape) else shape

    def _words(self, literal: Any) -> Any:
        if WORDS.is_full(literal):
            return str
        new = WORDS.new(literal)
        return Literal[(*get_args(literal), *sorted(new))] if new else literal

    def _union(self, shape: Any) -> Any:
        """Return a marker for kinds that a `type` tells apart: see `_choose`."""
        kinds = [kind for kind in shapes.members(shape) if kind is not Unknown]
        marker = _Marker(
            "Union",
            (),
            {"kinds": {shapes.tag(kind): self._type(kind) for kind in kinds}},
        )
        return Union[marker, None] if shapes.takes_none(shape) else marker  # noqa: UP007

    def _model(self, model: Any) -> Any:
        hints = {field.name: self._type(field.type) for field in attrs.fields(model)}
        wires = shapes.wire_names(model)
        is_plain = shapes.tag(model) is None and all(
            wires[field.name] == field.name and _is_alike(field.type, hints[field.name])
            for field in attrs.fields(model)
        )
        return model if is_plain else _stand_in(model, hints, wires)


def _is_alike(annotation: Any, kind: Any) -> bool:
    """Tell whether msgspec reads an annotation as the type that it is to read."""
    if get_origin(annotation) is Annotated:
        return _is_alike(shapes.bare(annotation), kind)
    ours, theirs = get_args(annotation), get_args(kind)
    if not ours or shapes.is_literal(annotation):
        return annotation is kind or annotation == kind
    return len(ours) == len(theirs) and all(map(_is_alike, ours, theirs))


def _stand_in(model: Any, hints: Mapping[str, Any], wires: Mapping[str, str]) -> Any:
    """Return a class that msgspec fills in place of a model."""
    fields = [
        SimpleNamespace(
            name=wires[field.name],
            # The tag must be there: its default is for those who make the model.
            default=attrs.NOTHING if shapes.is_literal(field.type) else field.default,
            validator=None,
        )
        for field in attrs.fields(model)
    ]
    body: dict[str, Any] = {
        "__slots__": (),
        "__annotations__": {wires[name]: kind for name, kind in hints.items()},
        "__attrs_attrs__": tuple(fields),
        "__setattr__": object.__setattr__,
        "__attrs_post_init__": methodcaller("__setattr__", "__class__", model),
        **{wire: vars(model)[name] for name, wire in wires.items() if wire != name},
    }
    return type(model.__name__, (model,), body)


class _Marker(type):
    """The class of markers: whatever the hook returns is an instance of them."""

    kinds: Mapping[str | None, Any]

    @override
    def __instancecheck__(cls, instance: object) -> bool:
        return True


def _choose(marker: Any, document: Any) -> object:
    """Make the kind of object that a document's `type` says."""
    if type(document) is not dict:
        raise msgspec.ValidationError("an object is due")
    fields = cast("JsonObject", document)
    tag = fields.get("type")
    kind = marker.kinds.get(tag) if isinstance(tag, str) else None
    if kind is None:
        return Unknown(fields)
    return msgspec.convert(fields, kind, dec_hook=_choose)


STRAIGHT: Final = Straight()
"""The decoders of the process."""
