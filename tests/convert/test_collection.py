"""Large documents are decoded without the garbage collector, which stays as it was."""

import gc
import json
from collections.abc import Generator
from typing import Any

import pytest

from runloop_async import APIResponseValidationError
from runloop_async.convert import decode
from runloop_async.models.benchmark_runs import BenchmarkRunListView
from tests.samples import page, run


@pytest.fixture(name="collector", params=[True, False], ids=["on", "off"])
def _collector(request: pytest.FixtureRequest) -> Generator[bool]:
    is_on: bool = request.param
    (gc.enable if is_on else gc.disable)()
    yield is_on
    gc.enable()


def test_it_is_left_as_it_was(collector: bool) -> None:
    body = json.dumps(page("runs", *(run(f"bmr_{n}") for n in range(2000)))).encode()
    seen = list[str]()

    def note(phase: str, _: dict[str, Any]) -> None:
        seen.append(phase)

    gc.collect()
    gc.callbacks.append(note)
    decoded = decode(body, BenchmarkRunListView)
    gc.callbacks.remove(note)

    assert len(decoded.runs) == 2000
    assert len(seen) <= 2  # one, when it is back
    assert gc.isenabled() is collector


def test_also_where_the_document_is_wrong(
    collector: bool,
) -> None:
    body = json.dumps(page("runs", *[run()] * 2000) | {"has_more": "no"}).encode()

    with pytest.raises(APIResponseValidationError):
        decode(body, BenchmarkRunListView)

    assert gc.isenabled() is collector
