"""What all models have in common."""

import ast
import importlib
import inspect
from typing import Any

import attrs
import pytest

from tests.convert.strategies import every_model

MODELS = every_model()


def dict_of(model: Any) -> Any:
    """Return the type of the plain dict that can stand for a model, if there is one."""
    room = importlib.import_module(model.__module__)
    return getattr(room, f"{model.__name__}Param", None)


def name_of(value: Any) -> str:
    return str(value.__name__)


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_a_model_is_frozen_slotted_and_made_by_name(model: Any) -> None:
    assert model.__bases__ == (object,)
    assert "__slots__" in vars(model)
    assert model.__setattr__ is not object.__setattr__
    assert all(field.kw_only for field in attrs.fields(model))


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_what_a_model_need_not_have_is_none(model: Any) -> None:
    for field in attrs.fields(model):
        assert field.name == "type" or field.default in {None, attrs.NOTHING}


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_a_model_and_each_of_its_fields_say_what_they_mean(model: Any) -> None:
    (definition,) = ast.parse(inspect.getsource(model)).body
    assert isinstance(definition, ast.ClassDef)
    body = definition.body

    silent = [
        line.target.id
        for line, below in zip(body, [*body[1:], None], strict=True)
        if isinstance(line, ast.AnnAssign)
        and isinstance(line.target, ast.Name)
        and not (isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant))
    ]

    assert ast.get_docstring(definition)
    assert silent in ([], ["type"])


@pytest.mark.parametrize(
    "model", [model for model in MODELS if dict_of(model)], ids=name_of
)
def test_a_model_and_its_dict_have_the_same_fields(model: Any) -> None:
    params = dict_of(model)
    fields = attrs.fields_dict(model)
    needed = {
        name
        for name, field in fields.items()
        if name == "type" or field.default is attrs.NOTHING
    }

    assert params.__annotations__.keys() == fields.keys()
    assert params.__required_keys__ == needed
