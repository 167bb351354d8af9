"""Hypothesis strategies for every model, read off the types of its fields."""

import importlib
import inspect
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import NoneType
from typing import Any, Literal, get_args, get_origin

import attrs
from hypothesis import strategies as st

from runloop_async import models
from runloop_async.convert import shapes
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
def values(shape: Any, *, known_words: bool = False) -> st.SearchStrategy[Any]:
    """Return a strategy for the values that a field of a type can have."""
    plain = shapes.bare(shape)
    origin = get_origin(plain)
    if origin is Literal:
        known = st.sampled_from(get_args(plain))
        is_closed = known_words or not shapes.is_open(shape)
        return known if is_closed else known | st.text()
    if plain in LEAVES:
        return LEAVES[plain]
    inner = [values(arg, known_words=known_words) for arg in get_args(plain)]
    if origin is list:
        return st.lists(inner[0], max_size=2)
    if origin is dict:
        return st.dictionaries(st.text(), inner[1], max_size=2)
    return st.one_of(inner) if inner else instances(plain, known_words=known_words)


def instances(model: Any, *, known_words: bool = False) -> st.SearchStrategy[Any]:
    """Return a strategy for instances of a model."""
    return st.builds(
        model,
        **{
            field.name: values(field.type, known_words=known_words)
            for field in attrs.fields(model)
        },
    )
