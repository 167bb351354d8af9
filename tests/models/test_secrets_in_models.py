"""What lets anybody in is in the repr of no model."""

import re
from typing import Any

import attrs
import pytest

from runloop_async import models

SECRET = re.compile(r"token$|private_key$|key_secret$|password$").search
MODELS: list[type[Any]] = [
    each
    for name in dir(models)
    if isinstance(each := getattr(models, name), type) and attrs.has(each)
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_secret_is_not_shown(model: type[Any]) -> None:
    shown = [each.name for each in attrs.fields(model) if each.repr]

    assert [name for name in shown if SECRET(name)] == []
