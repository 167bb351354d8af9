"""The fast lane agrees with the converter on every document, or leaves it to it.

`make law` tries a thousand documents of every model.
"""

import json
import os
import pickle
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runloop_async.annotations import JsonObject
from runloop_async.convert import decode, shapes
from runloop_async.convert.decoding import structure
from runloop_async.convert.encoding import dump
from runloop_async.convert.straight import REFUSALS, STRAIGHT
from runloop_async.convert.words import WORDS
from runloop_async.errors import APIResponseValidationError
from runloop_async.models.benchmark_runs import (
    BenchmarkRunListView,
    BenchmarkRunState,
    BenchmarkRunView,
)
from runloop_async.models.scenarios import ScoringFunction
from runloop_async.models.shared import Unknown
from tests.convert.strategies import every_model, instances
from tests.samples import page, run

MODELS = every_model()
EXAMPLES = int(os.environ.get("LAW_EXAMPLES", "10"))
ODD: list[Any] = [
    None,
    True,
    0,
    1,
    -1,
    2**70,
    0.5,
    1.0,
    "",
    "1",
    "text",
    [],
    {},
    [1],
    {"type": "a"},
    {"a": 1},
]


def verdict(read: Any) -> object:
    """Return what comes of reading a document, so that any difference shows."""
    try:
        return repr(read())  # since 1 == 1.0 == True
    except (APIResponseValidationError, *REFUSALS):
        return None


def change(document: Any, data: st.DataObject) -> Any:
    """Change a document in some place."""
    goes_inside: bool = bool(document) and data.draw(st.booleans())
    if goes_inside and isinstance(document, dict):
        return change_of_dict(cast("JsonObject", document), data)
    if goes_inside and isinstance(document, list):
        items = cast("list[object]", document)
        place = data.draw(st.integers(0, len(items) - 1))
        return [*items[:place], change(items[place], data), *items[place + 1 :]]
    return data.draw(st.sampled_from(ODD))


def change_of_dict(document: JsonObject, data: st.DataObject) -> JsonObject:
    """Change a value, take a key away, or add one."""
    key = data.draw(st.sampled_from(sorted(document)))
    rest = {name: value for name, value in document.items() if name != key}
    what = data.draw(st.sampled_from(["inside", "drop", "add"]))
    if what == "drop":
        return rest
    if what == "add":
        return document | {"more": data.draw(st.sampled_from(ODD))}
    return rest | {key: change(document[key], data)}


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.data())
@pytest.mark.parametrize("model", MODELS, ids=lambda model: str(model.__name__))
def test_what_the_fast_lane_takes_the_converter_reads_alike(
    model: Any, data: st.DataObject
) -> None:
    document: Any = dump(data.draw(instances(model)))
    for _ in range(data.draw(st.integers(0, 2))):
        document = change(document, data)
    body = json.dumps(document).encode()

    straight = verdict(lambda: STRAIGHT[model](body))
    converted = verdict(lambda: structure(json.loads(body), model))

    assert straight in {None, converted}


@settings(max_examples=10, deadline=None)
@given(st.data())
@pytest.mark.parametrize("model", MODELS, ids=lambda model: str(model.__name__))
def test_the_fast_lane_takes_every_document_of_known_words(
    model: Any, data: st.DataObject
) -> None:
    value = data.draw(instances(model, known_words=True))

    got = STRAIGHT[model](json.dumps(dump(value)).encode())

    assert got == value
    assert type(got) is model
    assert repr(got) == repr(value)


def test_what_comes_of_it_is_the_model_itself() -> None:
    page_ = decode(json.dumps(page("runs", run())).encode(), BenchmarkRunListView)

    (got,) = page_.runs
    assert type(got) is BenchmarkRunView
    assert pickle.loads(pickle.dumps(got)) == got  # noqa: S301 - our own
    with pytest.raises(AttributeError):
        got.state = "completed"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


@pytest.fixture
def fresh_words(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Forget the words that other tests have brought."""
    monkeypatch.setattr(WORDS, "_new", {})
    STRAIGHT.clear()
    yield
    monkeypatch.undo()
    STRAIGHT.clear()


@pytest.mark.usefixtures("fresh_words")
def test_a_new_word_is_learnt_and_then_goes_straight() -> None:
    body = json.dumps(run(state="paused")).encode()
    with pytest.raises(msgspec.ValidationError):
        STRAIGHT[BenchmarkRunView](body)

    assert decode(body, BenchmarkRunView).state == "paused"

    assert STRAIGHT[BenchmarkRunView](body).state == "paused"


@pytest.mark.usefixtures("fresh_words")
def test_after_very_many_new_words_any_word_goes_straight() -> None:
    for number in range(101):
        decode(json.dumps(run(state=f"state-{number}")).encode(), BenchmarkRunView)

    literal = shapes.bare(BenchmarkRunState)
    assert WORDS.is_full(literal)
    assert "state-100" not in WORDS.new(literal)
    body = json.dumps(run(state="one more")).encode()
    assert STRAIGHT[BenchmarkRunView](body).state == "one more"


FUNCTION: JsonObject = {"name": "a", "weight": 1.0}


@pytest.mark.parametrize("scorer", [5, None, [], {}, {"type": 5}, {"type": "new"}])
def test_a_kind_that_is_not_known_is_for_the_converter_or_unknown(
    scorer: object,
) -> None:
    body = json.dumps(FUNCTION | {"scorer": scorer}).encode()

    if isinstance(scorer, dict):
        got = decode(body, ScoringFunction)
        assert got.scorer == Unknown(cast("JsonObject", scorer))
    else:
        with pytest.raises(APIResponseValidationError, match=r"\$\.scorer"):
            decode(body, ScoringFunction)
