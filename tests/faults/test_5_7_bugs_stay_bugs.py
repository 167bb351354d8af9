"""A `TypeError` of a bug, while options are resolved, is not taken for a bad option."""

from typing import NoReturn

import pytest

import runloop_async.client
from runloop_async import AsyncRunloop, ConfigurationError


def broken(*_: object) -> NoReturn:
    raise TypeError("a bug")


@pytest.mark.parametrize("name", ["resolve", "HttpRunner"])
def test_a_bug_passes_through(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(runloop_async.client, name, broken)

    with pytest.raises(TypeError, match="a bug") as caught:
        AsyncRunloop(bearer_token="any")

    assert not isinstance(caught.value, ConfigurationError)
