"""The fast lane of decoding: from bytes straight into models, by msgspec.

It is as strict as the converter, or it refuses; then the converter decides, and words
the error. msgspec fills attrs classes by itself. Where it would misread JSON (fields of
other names, a `type` that tells kinds apart, new words) or be slow (many optional
fields), it fills a stand-in: a subclass that has the fields as they are in JSON, in the
slots of the model, and whose instances become instances of the model itself.
"""

from collections.abc import Callable, Mapping, Sequence
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


_SPARSE: Final = 4
"""How many optional fields are worth a stand-in that has them set beforehand."""


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
        kinds = {
            shapes.tag(kind): self[kind]
            for kind in shapes.members(shape)
            if kind is not Unknown
        }
        marker = _Marker("Union", (), {"kinds": kinds})
        return Union[marker, None] if shapes.takes_none(shape) else marker  # noqa: UP007

    def _model(self, model: Any) -> Any:
        hints = {field.name: self._type(field.type) for field in attrs.fields(model)}
        wires = shapes.wire_names(model)
        is_plain = shapes.tag(model) is None and all(
            wires[field.name] == field.name and _is_alike(field.type, hints[field.name])
            for field in attrs.fields(model)
        )
        if is_plain and len(_optional(model, wires)) < _SPARSE:
            return model
        return _stand_in(model, hints, wires)


def _is_alike(annotation: Any, kind: Any) -> bool:
    """Tell whether msgspec reads an annotation as the type that it is to read."""
    if get_origin(annotation) is Annotated:
        return _is_alike(shapes.bare(annotation), kind)
    ours, theirs = get_args(annotation), get_args(kind)
    if not ours or shapes.is_literal(annotation):
        return annotation is kind or annotation == kind
    return len(ours) == len(theirs) and all(map(_is_alike, ours, theirs))


def _optional(model: Any, wires: Mapping[str, str]) -> list[str]:
    """Return what the fields are called in JSON that are None unless they are there."""
    return [wires[each.name] for each in attrs.fields(model) if each.default is None]


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
    aliases: dict[str, Any] = {
        wire: vars(model)[name] for name, wire in wires.items() if wire != name
    }
    body: dict[str, Any] = {
        "__slots__": (),
        "__annotations__": {wires[name]: kind for name, kind in hints.items()},
        "__attrs_attrs__": tuple(fields),
        "__setattr__": object.__setattr__,
        "__delattr__": object.__delattr__,
        **aliases,
    }
    # What is still unset when all is read, msgspec sets to its default. To find that it
    # is unset takes ten times as long as to set it here.
    before = [f"self.{name} = None" for name in _optional(model, wires)]
    become = ["self.__class__ = model"]
    if not aliases:
        body["__attrs_pre_init__"] = _hook(before + become, model)
    else:  # which the model does not have, so that it is one only at the end
        body["__attrs_post_init__"] = _hook(become, model)
        if len(before) >= _SPARSE:
            body["__attrs_pre_init__"] = _hook(before, model)
    return type(model.__name__, (model,), body)


def _hook(lines: Sequence[str], model: Any) -> Callable[[Any], None]:
    """Return a method of these lines; with loops in it, it would take much longer."""
    names: dict[str, Any] = {"model": model}
    exec("\n ".join(["def hook(self):", *lines]), names)  # noqa: S102 - names of fields
    hook: Callable[[Any], None] = names["hook"]
    return hook


class _Marker(type):
    """The class of markers: whatever the hook returns is an instance of them."""

    kinds: Mapping[str | None, Decode]

    @override
    def __instancecheck__(cls, instance: object) -> bool:
        return True


def _choose(marker: Any, document: Any) -> object:
    """Make the kind of object that a document's `type` says.

    `msgspec.convert` looks into the kind anew each time, which takes twice as long as
    to encode the document and to decode it again.
    """
    if type(document) is not dict:
        raise msgspec.ValidationError("an object is due")
    fields = cast("JsonObject", document)
    tag = fields.get("type")
    decode = marker.kinds.get(tag) if isinstance(tag, str) else None
    if decode is None:
        return Unknown(fields)
    return decode(_encode(fields))


_encode: Final = msgspec.json.Encoder().encode

STRAIGHT: Final = Straight()
"""The decoders of the process."""
