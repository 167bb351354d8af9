import json
import logging
import sys
from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runloop_async.annotations import JsonObject, JsonValue
from runloop_async.convert import decode
from runloop_async.convert.decoding import structure
from runloop_async.convert.encoding import dump
from runloop_async.errors import APIResponseValidationError
from runloop_async.models.benchmark_jobs import JobAgentConfig, JobSpec
from runloop_async.models.benchmark_runs import BenchmarkRunListView, BenchmarkRunView
from runloop_async.models.scenarios.scenarios import InputContext
from runloop_async.models.scenarios.scorers import (
    CommandScoringFunction,
    ScoringFunction,
)
from runloop_async.models.shared import Unknown
from tests.convert.strategies import JSON

Keys: TypeAlias = tuple[str | int, ...]


def scored(score: JsonValue) -> JsonObject:
    """Return a scenario run within a run."""
    result: JsonObject = {"score": score, "scoring_function_results": []}
    return {"scenario_id": "scn_1", "scoringResult": result}


RUN: JsonObject = {
    "id": "bmr_1",
    "metadata": {"team": "evals"},
    "start_time_ms": 1_750_000_000_000,
    "state": "running",
    "score": 0.5,
    "pending_scenarios": ["scn_1", "scn_2"],
    "scenario_runs": [scored(1.0), scored(0.0)],
}


def run(**changes: JsonValue) -> JsonObject:
    """Return a run in which some fields are other ones."""
    return {**RUN, **changes}


def text(document: object) -> bytes:
    return json.dumps(document).encode()


def fault(
    body: bytes, shape: type = BenchmarkRunView
) -> APIResponseValidationError | None:
    """Return the error that an answer is refused with, if it is."""
    try:
        decode(body, shape)
    except APIResponseValidationError as error:
        return error
    return None


def refusal(
    document: object, shape: type = BenchmarkRunView
) -> APIResponseValidationError:
    """Return the error that a document is refused with."""
    error = fault(text(document), shape)
    assert error is not None, "it was not refused"
    return error


@pytest.mark.parametrize(
    ("field", "value", "path", "expected", "found"),
    [
        ("id", None, "$.id", "a string", "null"),
        ("id", 7, "$.id", "a string", "7"),
        ("id", ["a"], "$.id", "a string", '["a"]'),
        ("state", None, "$.state", "a string", "null"),
        ("state", 7, "$.state", "a string", "7"),
        ("name", True, "$.name", "a string", "true"),
        ("start_time_ms", None, "$.start_time_ms", "a whole number", "null"),
        ("start_time_ms", "7", "$.start_time_ms", "a whole number", '"7"'),
        ("start_time_ms", True, "$.start_time_ms", "a whole number", "true"),
        ("start_time_ms", 1.5, "$.start_time_ms", "a whole number", "1.5"),
        ("duration_ms", 1.5, "$.duration_ms", "a whole number", "1.5"),
        ("score", "0.5", "$.score", "a number", '"0.5"'),
        ("score", False, "$.score", "a number", "false"),
        ("pending_scenarios", "abc", "$.pending_scenarios", "a list", '"abc"'),
        ("pending_scenarios", {"a": 1}, "$.pending_scenarios", "a list", '{"a":1}'),
        ("pending_scenarios", [7], "$.pending_scenarios[0]", "a string", "7"),
        ("metadata", "abc", "$.metadata", "an object", '"abc"'),
        ("metadata", [["a", "b"]], "$.metadata", "an object", '[["a","b"]]'),
        ("metadata", {"a b": 1}, "$.metadata.a b", "a string", "1"),
        ("scenario_runs", ["a"], "$.scenario_runs[0]", "an object", '"a"'),
    ],
)  # fmt: skip
def test_a_field_of_a_wrong_type_is_refused_with_its_path(
    field: str, value: JsonValue, path: str, expected: str, found: str
) -> None:
    error = refusal(run(**{field: value}))

    assert (error.path, error.expected, error.found) == (path, expected, found)
    assert (
        error.message == f"the response has {found} at {path} where {expected} is due"
    )


def test_a_path_has_the_names_of_the_wire() -> None:
    document = run(scenario_runs=[scored(1.0), scored("high")])

    assert refusal(document).path == "$.scenario_runs[1].scoringResult.score"


def test_a_path_leads_through_a_page() -> None:
    page = {"runs": [run(), run(), run(id=None)], "has_more": False}

    assert refusal(page, BenchmarkRunListView).path == "$.runs[2].id"


@pytest.mark.parametrize("field", ["id", "metadata", "start_time_ms", "state"])
def test_a_missing_field_is_told_by_its_path(field: str) -> None:
    document = run()
    del document[field]

    error = refusal(document)

    assert (error.path, error.expected, error.found) == (
        f"$.{field}",
        "a value",
        "nothing",
    )


def test_a_missing_field_is_told_by_its_wire_name() -> None:
    error = refusal(run(scenario_runs=[{"scenario_id": "scn_1"}]))

    assert error.path == "$.scenario_runs[0].scoringResult"


def test_of_several_faults_the_first_field_of_the_model_is_told() -> None:
    error = refusal({"state": 7, "id": None})

    assert error.path == "$.id"


@pytest.mark.parametrize("document", [None, [], [RUN], "run", "", 7, 1.5, True])
def test_anything_but_an_object_is_no_model(document: JsonValue) -> None:
    error = refusal(document)

    assert (error.path, error.expected) == ("$", "an object")


def test_a_whole_number_is_taken_for_a_number() -> None:
    decoded = decode(text(run(score=1)), BenchmarkRunView)

    assert decoded.score == 1.0
    assert type(decoded.score) is float


def test_a_number_past_any_float_is_refused_as_what_it_is() -> None:
    error = refusal(run(score=10**400))

    assert (error.path, error.expected) == ("$.score", "a number")
    assert error.found.startswith("1000000")


def test_a_field_that_need_not_be_there_may_be_null_or_absent() -> None:
    null = decode(text(run(name=None, score=None)), BenchmarkRunView)
    absent = decode(text(run(score=None)), BenchmarkRunView)

    assert (null.name, null.score) == (None, None)
    assert null == absent


def test_an_unknown_key_passes() -> None:
    decoded = decode(text(run(colour="blue")), BenchmarkRunView)

    assert decoded == decode(text(RUN), BenchmarkRunView)


def test_an_unknown_word_passes_and_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING, "runloop_async"):
        first, second = (
            decode(text(run(state="levitating")), BenchmarkRunView) for _ in range(2)
        )

    assert first.state == second.state == "levitating"
    (record,) = caplog.records
    assert "'levitating'" in record.getMessage()
    assert "'completed'" in record.getMessage()


def test_a_known_word_is_not_spoken_of(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "runloop_async"):
        decode(text(run(state="failed")), BenchmarkRunView)

    assert not caplog.records


def test_a_tag_chooses_the_class() -> None:
    scorer = {"type": "command_scorer", "command": "make test"}

    decoded = structure({"name": "a", "weight": 1, "scorer": scorer}, ScoringFunction)

    assert decoded.scorer == CommandScoringFunction(command="make test")


@pytest.mark.parametrize(
    "scorer",
    [
        {"type": "oracle_scorer", "omens": ["raven"], "raw": {"type": "raw"}},
        {"type": None},
        {"type": 7},
        {"type": ["command_scorer"]},
        {"type": {}},
        {"command": "make test"},
        {"raw": {"command": "make test"}},
        {},
    ],
    ids=str,
)
def test_an_unknown_kind_is_kept_as_it_came(scorer: JsonObject) -> None:
    document = {"name": "a", "weight": 1.0, "scorer": scorer}

    decoded = structure(document, ScoringFunction)

    assert decoded.scorer == Unknown(scorer)
    assert dump(decoded) == document


@pytest.mark.parametrize("scorer", [None, "command_scorer", ["command_scorer"], 7])
def test_a_kind_that_is_no_object_is_refused(scorer: JsonValue) -> None:
    error = refusal({"name": "a", "weight": 1.0, "scorer": scorer}, ScoringFunction)

    assert (error.path, error.expected) == ("$.scorer", "an object")


def test_a_fault_in_a_known_kind_is_told_by_its_path() -> None:
    scorer = {"type": "command_scorer", "command": 7}

    error = refusal({"name": "a", "weight": 1.0, "scorer": scorer}, ScoringFunction)

    assert error.path == "$.scorer.command"


def test_an_object_of_another_kind_than_the_only_one_is_kept_as_it_is() -> None:
    other: JsonObject = {"type": "external_api", "name": "b"}
    agents = [{"type": "job_agent", "name": "a"}, other]

    spec = structure({"agent_configs": agents, "scenario_ids": []}, JobSpec)

    assert isinstance(spec.agent_configs[0], JobAgentConfig)
    assert spec.agent_configs[1] == Unknown(other)


def test_a_class_of_one_kind_refuses_another() -> None:
    error = refusal({"type": "external_api", "name": "b"}, JobAgentConfig)

    assert error.expected == "an object of type 'job_agent'"
    assert error.found == '"external_api"'


def test_a_closed_set_of_words_takes_no_other() -> None:
    words: Any = Literal["up", "down"]

    with pytest.raises(APIResponseValidationError) as caught:
        structure("left", words)

    assert (caught.value.expected, caught.value.found) == ("'up' or 'down'", '"left"')
    assert structure("up", words) == "up"


def test_any_json_is_kept_where_any_json_is_due() -> None:
    context = {"a": [1, 2.5, None, {"b": True}], "big": 10**30}

    decoded = decode(
        text({"problem_statement": "?", "additional_context": context}), InputContext
    )

    assert decoded.additional_context == context


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"<html>",
        b'{"id": ',
        b"{'id': 1}",
        b'{"id": NaN}',
        b'{"id": Infinity}',
        b'{"id": 1e400}',
        b"{} {}",
        b"\xff\xfe{\x00}\x00",
        b'{"id": "\xff"}',
        b'{"id": "\\ud800", "a": NaN}',
        b"\xef\xbb\xbf\xef\xbb\xbf{}",
        b"[" * 100_000,
    ],
    ids=lambda body: repr(body[:20]),
)
def test_what_is_no_json_is_refused_with_what_came(body: bytes) -> None:
    with pytest.raises(APIResponseValidationError, match="is not JSON") as caught:
        decode(body, BenchmarkRunView)

    assert caught.value.expected == "JSON"
    assert caught.value.path == "$"
    assert caught.value.body == body


def test_a_byte_order_mark_is_passed_over() -> None:
    assert decode(b"\xef\xbb\xbf" + text(RUN), BenchmarkRunView).id == "bmr_1"


@pytest.mark.parametrize("opening", [b"[", b'{"id":'])
def test_no_depth_of_nesting_ends_in_another_error(opening: bytes) -> None:
    closing = b"]" if opening == b"[" else b"}"
    limit = sys.getrecursionlimit()

    for levels in (*range(limit - 250, limit + 1), 3_000, 10_000, 30_000):
        with pytest.raises(APIResponseValidationError):
            decode(opening * levels + b"1" + closing * levels, BenchmarkRunView)


def test_a_refused_answer_is_carried_whole_and_shown_in_short() -> None:
    document = run(id=["x" * 10_000])

    error = refusal(document)

    assert error.body == text(document)
    assert error.found == '["' + "x" * 78 + "..."
    assert len(str(error)) < 200


def test_what_was_found_cannot_break_a_log_line() -> None:
    error = refusal(run(id=["a\r\nERROR\x1b[2J\u2028\x85"]))

    assert str(error).isprintable()


def test_structure_tells_the_path_as_well() -> None:
    with pytest.raises(APIResponseValidationError) as caught:
        structure({**RUN, "id": 7}, BenchmarkRunView)

    assert caught.value.path == "$.id"
    assert caught.value.body == b""


def places(value: JsonValue, path: str = "$") -> Iterator[tuple[str, Keys]]:
    """Yield the path to each part of a document, as text and as keys."""
    yield path, ()
    steps: list[tuple[str, str | int, JsonValue]] = []
    if isinstance(value, dict):
        steps = [(f".{key}", key, inner) for key, inner in value.items()]
    elif isinstance(value, list):
        steps = [(f"[{index}]", index, inner) for index, inner in enumerate(value)]
    for step, key, inner in steps:
        for where, keys in places(inner, path + step):
            yield where, (key, *keys)


def damaged(value: Any, keys: Keys, by: JsonValue) -> Any:
    """Return a document in which one part is another."""
    if not keys:
        return by
    copied = value.copy()
    copied[keys[0]] = damaged(value[keys[0]], keys[1:], by)
    return copied


@settings(deadline=None)
@given(st.sampled_from([*places(RUN)]), JSON)
def test_a_fault_is_told_at_or_below_where_it_is(
    place: tuple[str, Keys], by: JsonValue
) -> None:
    path, keys = place

    error = fault(text(damaged(RUN, keys, by)))

    assert error is None or error.path.startswith(path)


@settings(deadline=None)
@given(st.binary() | JSON.map(text))
def test_no_answer_at_all_ends_in_another_error(body: bytes) -> None:
    error = fault(body)

    assert error is not None
    assert error.body == body
