"""The calls that the methods of a resource make."""

from typing import Any

import pytest

from runloop_async.calls.call import Call
from runloop_async.calls.resource import Resource
from runloop_async.models.benchmark_runs import BenchmarkRunListParams, BenchmarkRunView
from runloop_async.models.benchmarks.benchmarks import (
    BenchmarkCreateParams,
    BenchmarkStartRunParams,
)
from runloop_async.wire.request import Request, Safety, Workload
from tests.fakes import Recorder


class Runs(Resource):
    """A resource with one endpoint of each kind."""

    def retrieve(self, id: str) -> Call[BenchmarkRunView]:
        return self._get("/v1/runs/{id}", BenchmarkRunView, id=id)

    def list(self, **query: Any) -> Call[BenchmarkRunView]:
        return self._get("/v1/runs", BenchmarkRunView, query, BenchmarkRunListParams)

    def start(self, **fields: Any) -> Call[BenchmarkRunView]:
        return self._post(
            "/v1/start", BenchmarkRunView, fields, BenchmarkStartRunParams
        )

    def cancel(self, id: str) -> Call[BenchmarkRunView]:
        return self._post(
            "/v1/runs/{id}/cancel",
            BenchmarkRunView,
            safety=Safety.SAFE,
            workload=Workload.WAIT,
            accept="*/*",
            id=id,
        )

    def create(self) -> Call[BenchmarkRunView]:
        return self._post("/v1/create", BenchmarkRunView, None, BenchmarkCreateParams)


def test_a_read_is_a_safe_request(recorder: Recorder) -> None:
    call = Runs(recorder).retrieve("a/b")

    assert call.request == Request(
        method="GET", route="/v1/runs/{id}", path="/v1/runs/a%2Fb"
    )


def test_query_parameters_are_texts_and_none_is_left_out(recorder: Recorder) -> None:
    call = Runs(recorder).list(limit=5, include_total_count=False, name=None, search="")

    assert call.request.query == {
        "limit": "5",
        "include_total_count": "false",
        "search": "",
    }
    assert Runs(recorder).list().request.query == {}


def test_query_parameters_are_checked(recorder: Recorder) -> None:
    with pytest.raises(TypeError, match="did you mean 'limit'"):
        _ = Runs(recorder).list(limits=5)


def test_a_misspelt_query_parameter_is_refused_even_if_it_is_none(
    recorder: Recorder,
) -> None:
    with pytest.raises(TypeError, match="did you mean 'limit'"):
        _ = Runs(recorder).list(limits=None)


def test_a_write_is_sent_once_with_its_fields(recorder: Recorder) -> None:
    call = Runs(recorder).start(benchmark_id="bmd_1", run_profile={"env_vars": {}})

    call.close()
    assert call.request == Request(
        method="POST",
        route="/v1/start",
        path="/v1/start",
        json={"benchmark_id": "bmd_1", "runProfile": {"envVars": {}}},
        safety=Safety.ONCE,
    )


def test_a_write_without_fields_sends_no_body(recorder: Recorder) -> None:
    call = Runs(recorder).cancel("bmr_1")

    call.close()
    assert call.request == Request(
        method="POST",
        route="/v1/runs/{id}/cancel",
        path="/v1/runs/bmr_1/cancel",
        json=None,
        accept="*/*",
        safety=Safety.SAFE,
        workload=Workload.WAIT,
    )


def test_a_write_has_the_fields_that_it_needs(recorder: Recorder) -> None:
    with pytest.raises(TypeError, match="is missing 'name'"):
        _ = Runs(recorder).create()
