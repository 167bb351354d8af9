"""`to_dict`, `to_json`, `from_dict`: under the API's names, and back without loss."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runloop_async import from_dict, to_dict, to_json
from runloop_async.models.benchmark_runs import BenchmarkRunView
from runloop_async.models.benchmarks import BenchmarkView
from tests.convert.strategies import every_model, instances
from tests.samples import BENCHMARK, run

MODELS = every_model()
RUN = from_dict(BenchmarkRunView, run())


def test_a_run_becomes_json_and_a_run_again() -> None:
    assert to_dict(RUN) == run()
    assert json.loads(to_json(RUN)) == run()
    assert from_dict(BenchmarkRunView, json.loads(to_json(RUN))) == RUN


def test_the_names_are_those_of_the_api() -> None:
    benchmark = from_dict(BenchmarkView, BENCHMARK)

    assert to_dict(benchmark) == BENCHMARK
    assert "scenarioIds" in to_dict(benchmark)


def test_lists_and_dicts_of_models_are_written_too() -> None:
    assert json.loads(to_json([RUN, RUN])) == [run(), run()]
    assert json.loads(to_json({"best": RUN, "score": 0.5, "of": None})) == {
        "best": run(),
        "score": 0.5,
        "of": None,
    }


@pytest.mark.parametrize("value", [None, {}, [RUN], "text", object(), BenchmarkRunView])
def test_what_is_no_model_is_refused_by_to_dict(value: object) -> None:
    with pytest.raises(TypeError, match="to_dict takes"):
        to_dict(value)


@pytest.mark.parametrize("value", [object(), [object()], {"a": {1}}, BenchmarkRunView])
def test_what_is_no_json_is_refused_by_to_json(value: object) -> None:
    with pytest.raises(TypeError, match="to_json takes"):
        to_json(value)


@pytest.mark.parametrize("model", [dict, str, object])
def test_what_is_no_class_of_a_model_is_refused(model: Any) -> None:
    with pytest.raises(TypeError, match="from_dict takes a class"):
        from_dict(model, {})


@pytest.mark.parametrize(
    ("document", "path"),
    [({}, "$.id"), (run() | {"start_time_ms": "1"}, "$.start_time_ms")],
)
def test_a_document_that_does_not_fit_is_told_with_its_path(
    document: dict[str, Any], path: str
) -> None:
    with pytest.raises(ValueError, match=f"found .* at \\{path} where"):
        from_dict(BenchmarkRunView, document)


@settings(max_examples=10, deadline=None)
@given(st.data())
@pytest.mark.parametrize("model", MODELS, ids=lambda model: str(model.__name__))
def test_every_model_survives_the_way_there_and_back(
    model: Any, data: st.DataObject
) -> None:
    value = data.draw(instances(model))

    assert from_dict(model, to_dict(value)) == value
    assert from_dict(model, json.loads(to_json(value))) == value
