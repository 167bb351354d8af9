"""Hypothesis strategies for every model, read off the types of its fields."""

import importlib
import inspect
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import attrs
from hypothesis import strategies as st

from runloop_async import models
from runloop_async.models.shared import Range, Unknown, Wire

NOTES = {Range, Unknown, Wire}
"""Classes of the models' rooms that are the shape of no answer."""


def every_model() -> list[type]:
    """Return each class that an answer, or a part of one, can become."""
    modules = [
        importlib.import_module(room.name)
        for room in pkgutil.walk_packages(models.__path__, f"{models.__name__}.")
    ]
    return [
        kind
        for module in modules
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if attrs.has(kind) and kind.__module__ == module.__name__ and kind not in NOTES
    ]


# Numbers of JSON have no fixed size, but a float that is not finite has no form in it.
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBERS | st.text(),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2)
    ),
    max_leaves=4,
)
KINDS = st.text().map(lambda word: {"type": f"new {word}"})
UNKNOWN = st.tuples(st.dictionaries(st.text(), JSON, max_size=2), KINDS).map(
    lambda parts: Unknown({**parts[0], **parts[1]})
)
LEAVES: Mapping[object, st.SearchStrategy[Any]] = {
    Any: JSON,
    str: st.text(),
    int: st.integers(),
    float: NUMBERS,
    bool: st.booleans(),
    NoneType: st.none(),
    Unknown: UNKNOWN,
}


@cache
def values(shape: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for the values that a field of a type can have."""
    origin, args = get_origin(shape), get_args(shape)
    if origin is Literal:
        return st.sampled_from(args)
    if origin is list:
        return st.lists(values(args[0]), max_size=2)
    if origin is dict:
        return st.dictionaries(st.text(), values(args[1]), max_size=2)
    if origin in {Union, UnionType}:
        return st.one_of([values(arg) for arg in args])
    if origin is Annotated:
        return values(args[0])
    return LEAVES[shape] if shape in LEAVES else instances(shape)


def instances(model: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for instances of a model."""
    return st.builds(
        model, **{field.name: values(field.type) for field in attrs.fields(model)}
    )
