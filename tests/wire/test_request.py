import math
import re
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from runloop_async.values import header, query_text, query_texts
from runloop_async.wire.request import (
    Request,
    Safety,
    Workload,
    fill,
    path_segment,
    query_string,
)

HOSTILE = [
    "a/b",
    "/etc/passwd",
    "//evil",
    "../../accounts/me",
    "a%2Fb",
    "%2e%2e",
    "%",
    "a?x=1",
    "a#f",
    "a;b",
    "a&b=c",
    "a b",
    "a+b",
    "a\\b",
    "...",
    ".hidden",
    "-",
    "ü",
    "日本",
    "{id}",
    "user@host:80",
    "\u2028",
]
REFUSED = ["", ".", "..", "a\0b", "a\r\nHost: evil", "\x7f", "\t"]


@pytest.mark.parametrize("id", ["bmr_31Wr4yT", "bmd-1.2~3", "a..b", "7"])
def test_a_plain_id_is_a_segment_as_it_is(id: str) -> None:
    assert path_segment("id", id) == id


@pytest.mark.parametrize("id", HOSTILE)
def test_a_hostile_id_is_one_opaque_segment(id: str) -> None:
    path = fill("/v1/benchmark_runs/{id}/cancel", {"id": id})

    _, _, _, segment, last = path.split("/")
    assert (unquote(segment), last) == (id, "cancel")
    assert urlsplit(f"https://api.example.com{path}").path == path


@pytest.mark.parametrize("id", REFUSED)
def test_an_id_that_would_change_the_route_is_refused_by_name(id: str) -> None:
    with pytest.raises(ValueError, match=r"^benchmark_id "):
        path_segment("benchmark_id", id)


@pytest.mark.parametrize("id", [None, 7, b"bmr_1", ["bmr_1"]])
def test_an_id_that_is_no_text_is_refused(id: object) -> None:
    with pytest.raises(TypeError, match=f"id must be a str, not {type(id).__name__}"):
        path_segment("id", id)


@given(st.text(st.characters()))
@example("\ud800")
def test_any_text_survives_as_a_segment_or_is_refused(id: str) -> None:
    try:
        segment = path_segment("id", id)
    except ValueError:
        return

    assert unquote(segment) == id
    assert re.fullmatch(r"[A-Za-z0-9_.~%-]+", segment)
    assert segment not in {".", ".."}


def test_each_id_goes_to_its_own_place() -> None:
    ids = {"execution_id": "e/1", "id": "{execution_id}"}

    path = fill("/v1/devboxes/{id}/executions/{execution_id}", ids)

    assert path == "/v1/devboxes/%7Bexecution_id%7D/executions/e%2F1"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a,b", "a,b"),
        ("", ""),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-7, "-7"),
        (0.5, "0.5"),
        (["a", "b"], "a,b"),
        (("a", 1, True, None, 2.5), "a,1,true,2.5"),
        ([], ""),
    ],
)
def test_a_query_value_has_one_form(value: object, text: str) -> None:
    assert query_text("state", value) == text


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, [math.nan]])
def test_a_query_has_no_form_for_a_number_that_is_not_finite(value: object) -> None:
    with pytest.raises(ValueError, match="score must be a finite number"):
        query_text("score", value)


@pytest.mark.parametrize("value", [None, b"a", {"a"}, object(), [["a", b"b"]]])
def test_a_query_has_no_form_for_other_types(value: object) -> None:
    with pytest.raises(TypeError, match="state must be a str, number, bool or list"):
        query_text("state", value)


def test_a_parameter_that_is_none_is_left_out() -> None:
    assert query_texts({"a": None, "b": 1}) == {"b": "1"}


def test_an_empty_text_is_a_value() -> None:
    assert query_texts({"name": ""}) == {"name": ""}


def test_a_map_is_asked_for_by_its_keys() -> None:
    texts = query_texts({"metadata": {"team": "evals", "run": None, "a": {"b": 1}}})

    assert texts == {"metadata[team]": "evals", "metadata[a][b]": "1"}


def test_a_query_is_encoded_once() -> None:
    query = {"metadata[a b]": "x&y=z", "name": "50% + ü", "empty": ""}

    text = query_string(query)

    assert text == "metadata[a+b]=x%26y%3Dz&name=50%25+%2B+%C3%BC&empty="


@given(st.dictionaries(st.text(min_size=1), st.text()))
def test_any_query_is_read_back_as_it_was(query: dict[str, str]) -> None:
    text = query_string(query)

    assert parse_qsl(text, keep_blank_values=True) == [*query.items()]
    assert not set("#? \r\n") & set(text)


def test_a_header_is_taken_without_the_space_around_it() -> None:
    assert header("X-Team", " evals & bots ") == ("X-Team", "evals & bots")


@pytest.mark.parametrize(
    "name", ["", " ", "X Team", "X-Team:", "X-Team\r\nHost", "Tëam", "a\0", "a\n"]
)
def test_a_header_whose_name_is_no_token_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name of a header"):
        header(name, "value")


@pytest.mark.parametrize("value", ["a\r\nHost: evil", "a\nb", "a\0", "\x1b[2J", "\x7f"])
def test_a_header_with_control_characters_is_refused_unseen(value: str) -> None:
    with pytest.raises(ValueError, match=r"X-Team has control characters$"):
        header("X-Team", value)


@pytest.mark.parametrize(("name", "value"), [(b"X", "a"), ("X", b"a"), ("X", 1)])
def test_a_header_that_is_no_text_is_refused(name: object, value: object) -> None:
    with pytest.raises(TypeError, match="must each be a str"):
        header(name, value)


@given(st.text(st.characters()), st.text(st.characters()))
def test_no_header_can_end_its_line(name: str, value: str) -> None:
    try:
        line = ": ".join(header(name, value))
    except ValueError:
        return

    assert not re.search(r"[\r\n\0]", line)


def test_a_request_is_a_safe_and_short_read_unless_it_says_otherwise() -> None:
    request = Request(method="GET", route="/v1/accounts/me", path="/v1/accounts/me")

    assert (request.query, request.json, request.timeout_s) == ({}, None, None)
    assert request.accept == "application/json"
    assert request.safety is Safety.SAFE
    assert request.workload is Workload.API


def test_requests_are_compared_by_value() -> None:
    first = Request(method="GET", route="/v1/{id}", path="/v1/1", query={"a": "b"})
    second = Request(method="GET", route="/v1/{id}", path="/v1/1", query={"a": "b"})

    assert first == second
    assert first != Request(method="GET", route="/v1/{id}", path="/v1/2")
