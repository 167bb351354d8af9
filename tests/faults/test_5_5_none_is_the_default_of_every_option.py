"""Options of a wrong type say what to give; None is the default."""

from typing import Any

import pytest

from runloop_async import AsyncRunloop, ConfigurationError
from runloop_async.options import CallOptions, ClientParams

CLIENT: Any = AsyncRunloop
OPTIONS = [*ClientParams.__annotations__, "limits", "session"]


@pytest.mark.parametrize("name", OPTIONS)
def test_none_is_taken(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNLOOP_API_KEY", "any")

    client = CLIENT(**{name: None})

    assert repr(client) == "<AsyncRunloop https://api.runloop.ai>"


@pytest.mark.parametrize("name", ClientParams.__annotations__)
def test_none_changes_nothing_later(name: str) -> None:
    client = CLIENT(bearer_token="any", base_url="https://api.example.com")

    assert repr(client.with_options(**{name: None})) == repr(client)


@pytest.mark.parametrize("name", CallOptions.__annotations__)
def test_none_is_taken_by_a_call(name: str) -> None:
    call = CLIENT(bearer_token="any").benchmark_runs.retrieve("bmr_1")

    assert call.with_options(**{name: None}).options in ({}, {name: None})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limits", 5),
        ("limits", {"api": 5}),
        ("session", 5),
        ("retry", 5),
        ("max_retries", "5"),
        ("timeout", "5"),
        ("timeout", True),
        ("deadline", [5]),
        ("default_headers", 5),
        ("default_headers", ["a"]),
        ("default_headers", {"a": 5}),
        ("default_headers", {5: "a"}),
        ("default_query", 5),
        ("default_query", "a=b"),
        ("default_query", {"a": object()}),
        ("default_query", {5: "a"}),
        ("max_response_bytes", 0.5),
        ("allow_http", "yes"),
        ("base_url", 5),
        ("bearer_token", 5),
        ("bearer_token", b"any"),
    ],
)
def test_a_wrong_type_is_refused_with_the_name(name: str, value: object) -> None:
    with pytest.raises(ConfigurationError, match=f"{name}|API key"):
        CLIENT(**{"bearer_token": "any", name: value})


def test_a_value_of_an_option_may_be_a_number_of_another_class() -> None:
    class Seconds(float):
        """A subclass."""

    CLIENT(bearer_token="any", timeout=Seconds(3))
