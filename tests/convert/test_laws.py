"""What holds for every model there is, whatever is in it."""

import json
from collections.abc import Mapping
from typing import Any, cast

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runloop_async.annotations import JsonObject, JsonValue
from runloop_async.convert import decode
from runloop_async.convert.decoding import structure
from runloop_async.convert.encoding import dump, encode
from runloop_async.models.benchmarks.benchmarks import BenchmarkStartRunParams
from runloop_async.models.launch import RunProfile
from runloop_async.models.scenarios.scenarios import (
    ScenarioUpdateParams,
    ScoringContract,
)
from runloop_async.models.scenarios.scorers import CustomScoringFunctionParam
from runloop_async.models.shared import Unknown
from tests.convert.strategies import JSON, every_model, instances

MODELS = every_model()
NAMES = [model.__name__ for model in MODELS]
# The first value of a model has its converters made, which takes its time.
unhurried = settings(deadline=None)
few = settings(max_examples=20, deadline=None)


@few
@given(st.data())
@pytest.mark.parametrize("model", MODELS, ids=NAMES)
def test_a_model_is_the_same_after_its_dump_is_structured(
    model: Any, data: st.DataObject
) -> None:
    value = data.draw(instances(model))

    again = structure(dump(value), model)

    assert again == value


@few
@given(st.data())
@pytest.mark.parametrize("model", MODELS, ids=NAMES)
def test_a_model_is_the_same_after_going_over_the_wire(
    model: Any, data: st.DataObject
) -> None:
    value = data.draw(instances(model))

    again = decode(json.dumps(dump(value)).encode(), model)

    assert again == value


def as_dicts(value: object) -> object:
    """Return what a model is in plain dicts, by our names; an unknown kind stays."""
    if isinstance(value, list):
        return [as_dicts(item) for item in cast("list[object]", value)]
    if isinstance(value, Unknown) or not attrs.has(type(value)):
        return value
    fields: Mapping[str, object] = attrs.asdict(cast("Any", value), recurse=False)
    needed = {
        field.name
        for field in attrs.fields(cast("Any", type(value)))
        if field.default is attrs.NOTHING
    }
    return {
        name: as_dicts(inner)
        for name, inner in fields.items()
        if inner is not None or name in needed
    }


def start_with(profile: object) -> JsonObject:
    fields = {"benchmark_id": "bmd_1", "run_profile": profile}
    return encode(fields, BenchmarkStartRunParams)


@unhurried
@given(instances(RunProfile))
def test_a_profile_is_sent_alike_as_model_and_as_dicts(profile: RunProfile) -> None:
    assert start_with(as_dicts(profile)) == start_with(profile)


@unhurried
@given(instances(ScoringContract))
def test_scoring_functions_are_sent_alike_as_models_and_as_dicts(
    contract: ScoringContract,
) -> None:
    functions = contract.scoring_function_parameters
    mixed = [*functions, *map(as_dicts, functions)]

    sent: Any = encode(
        {"scoring_contract": {"scoring_function_parameters": mixed}},
        ScenarioUpdateParams,
    )

    encoded = sent["scoring_contract"]["scoring_function_parameters"]
    assert encoded == 2 * [dump(function) for function in functions]


@unhurried
@given(JSON)
def test_any_json_is_sent_as_it_is(value: JsonValue) -> None:
    fields = {"type": "custom_scorer", "custom_scorer_type": "mine"}

    sent = encode({**fields, "scorer_params": value}, CustomScoringFunctionParam)

    assert sent["scorer_params"] == value


def test_a_value_that_holds_itself_is_refused() -> None:
    endless: dict[str, object] = {}
    endless["again"] = endless

    with pytest.raises(ValueError, match="nested too deep"):
        encode({"input_context": {"additional_context": endless}}, ScenarioUpdateParams)
