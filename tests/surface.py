"""The API's surface as facts (data/surface.json), and our annotations in its words."""

import inspect
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

import attrs

from runloop_async.annotations import JsonValue
from runloop_async.calls.resource import Resource
from runloop_async.convert import shapes

FACTS: Mapping[str, Any] = json.loads(
    (Path(__file__).parent / "data" / "surface.json").read_text()
)
ENUMS: Mapping[str, Sequence[str]] = FACTS["enums"]
MODELS: Mapping[str, Mapping[str, Any]] = FACTS["models"]
ENDPOINTS: Mapping[str, Mapping[str, Any]] = {
    endpoint["name"]: endpoint for endpoint in FACTS["endpoints"]
}
ENVELOPES = {endpoint["response"].get("envelope") for endpoint in ENDPOINTS.values()}
"""Models around the items of a list, which a page stands for."""

_CONTAINERS: Mapping[Any, str] = {
    list: "list",
    Sequence: "list",
    dict: "dict",
    Mapping: "dict",
}


def expected(text: str) -> str:
    """Return a type of the facts in the form that `described` gives."""
    if text.startswith(("list[", "dict[str, ")):
        outer, inner = text[:-1].split("[", 1)
        prefix = "str, " if outer == "dict" else ""
        return f"{outer}[{prefix}{expected(inner.removeprefix('str, '))}]"
    if text in ENUMS:
        return _words(ENUMS[text])
    if text in MODELS and MODELS[text]["kind"] == "union":
        return _union(MODELS[text]["variants"].values())
    return text


def described(annotation: Any) -> str:
    """Return one of our annotations in the words of the facts, without None."""
    shape, known = shapes.bare(annotation), shapes.words(annotation)
    if known is None:
        known = shapes.words(shape)
    if shape is JsonValue or known is not None:
        return "object" if known is None else _words(known)
    if shapes.is_union(shape):
        names = {described(part) for part in shapes.members(shape)} - {"Unknown"}
        if "str" in names and names <= {"str", "int", "bool"}:
            return "str"  # on the wire, that is
        return names.pop() if len(names) == 1 else _union(names)
    if shapes.is_literal(shape):
        return f'literal["{get_args(shape)[0]}"]'
    container = _CONTAINERS.get(get_origin(shape))
    if container is not None:
        *key, inner = get_args(shape)
        return f"{container}[{'str, ' if key else ''}{described(inner)}]"
    name: str = shape.__name__
    return name.removesuffix("Param")


def _words(words: Any) -> str:
    return " or ".join(sorted(words))


def _union(names: Any) -> str:
    return " | ".join(sorted(names))


def facts_of_fields(fields: Sequence[Mapping[str, Any]]) -> dict[str, tuple[Any, ...]]:
    """Return what the facts say of each field: wire name, type, required, nullable."""
    return {
        field["name"]: (
            field.get("wire", field["name"]),
            expected(field["type"]),
            field.get("required", False),
            field.get("nullable", False),
        )
        for field in fields
    }


def dict_fields(shape: Any) -> dict[str, tuple[Any, ...]]:
    """Return the same of a TypedDict of ours."""
    return {
        name: (
            shapes.wire_name(name, hint),
            described(hint),
            name in shape.__required_keys__,
            shapes.takes_none(shapes.bare(hint)),
        )
        for name, hint in get_type_hints(shape, include_extras=True).items()
    }


def model_fields(model: Any) -> dict[str, tuple[Any, ...]]:
    """Return the same of an attrs class of ours; a tag counts as required."""
    return {
        field.name: (
            shapes.wire_name(field.name, field.type),
            described(field.type),
            field.default is attrs.NOTHING or shapes.is_literal(field.type),
            shapes.takes_none(shapes.bare(field.type)),
        )
        for field in attrs.fields(model)
    }


def groups(owner: object, prefix: str = "") -> Iterator[tuple[str, Resource]]:
    """Yield each group below a client by its name, such as `scenarios.runs`."""
    for name, group in inspect.getmembers(
        owner, lambda each: isinstance(each, Resource)
    ):
        yield f"{prefix}{name}", group
        yield from groups(group, f"{prefix}{name}.")


def methods(resource: Resource, prefix: str) -> Iterator[tuple[str, Any]]:
    """Yield the name and function of each public method of a group."""
    for name, method in inspect.getmembers(resource, inspect.ismethod):
        if not name.startswith("_"):
            yield f"{prefix}.{name}", method


def params_of(method: Any) -> Any:
    """Return the TypedDict that a method's keyword arguments are typed with."""
    for annotation in inspect.get_annotations(
        getattr(method, "__func__", method)
    ).values():
        if any(map(is_typeddict, get_args(annotation))):  # Unpack[...]
            return get_args(annotation)[0]
    return None


def keywords(method: Any) -> Sequence[str]:
    """Return the names of the arguments that a method takes by name."""
    return [
        parameter.name
        for parameter in inspect.signature(method).parameters.values()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    ]


def is_model(value: Any) -> bool:
    """Tell whether a value is one of our models."""
    return isinstance(value, type) and (attrs.has(value) or is_typeddict(value))


def minimal(shape: Any) -> dict[str, object]:
    """Return the required fields of a TypedDict, each with some value."""
    return _fields(shape, is_full=False)


def maximal(shape: Any) -> dict[str, object]:
    """Return all fields of a TypedDict, each with some value."""
    return _fields(shape, is_full=True)


def _fields(shape: Any, *, is_full: bool) -> dict[str, object]:
    hints = get_type_hints(shape, include_extras=True)
    names = hints if is_full else shape.__required_keys__
    return {name: _some(hints[name], is_full=is_full) for name in sorted(names)}


def sample(model: str, *, is_full: bool) -> dict[str, object]:
    """Return an object such as the API sends, with what it must have or may have."""
    return {
        field.get("wire", field["name"]): _sample_of(field["type"], is_full=is_full)
        for field in MODELS[model]["fields"]
        if is_full or field.get("required")
    }


def _sample_of(text: str, *, is_full: bool) -> object:
    if text.startswith(("list[", "dict[str, ")):
        inner = text[:-1].split("[", 1)[1].removeprefix("str, ")
        item = _sample_of(inner, is_full=is_full)
        return [item] if text.startswith("list[") else {"key": item}
    if text in ENUMS:
        return ENUMS[text][0]
    if text.startswith("literal"):
        return text.split('"')[1]
    if text in MODELS:
        variants = list(MODELS[text].get("variants", {}).values())
        return sample(variants[0] if variants else text, is_full=is_full)
    plain = {"str": "text", "int": 1, "float": 0.5, "bool": True, "object": {"a": 1}}
    return plain[text]


def _some(annotation: Any, *, is_full: bool) -> object:
    """Return some value that an annotation admits."""
    shape = shapes.bare(annotation)
    if shape is JsonValue:
        return {"a": 1}
    if shapes.is_union(shape):
        members = shapes.members(shape)
        parts = [part for part in members if is_typeddict(part)]
        return _some((parts or members)[0], is_full=is_full)
    if is_typeddict(shape):
        return _fields(shape, is_full=is_full)
    if shapes.is_literal(shape):
        return get_args(shape)[0]
    container = _CONTAINERS.get(get_origin(shape))
    if container is not None:
        inner = _some(get_args(shape)[-1], is_full=is_full)
        return [inner] if container == "list" else {"key": inner}
    plain: Mapping[Any, object] = {str: "text", int: 1, float: 0.5, bool: True}
    return plain[shape]
