"""Many runs take few requests, whatever the mix, and none is lost."""

import asyncio
import json
from collections.abc import Generator, Sequence
from typing import Any, TypeVar
from unittest import mock

import attrs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runloop_async.annotations import override
from runloop_async.calls import many, paging
from runloop_async.calls.outcomes import BulkResult
from runloop_async.calls.runner import Sendable
from runloop_async.errors import (
    APIConnectionError,
    APITimeoutError,
    NotFoundError,
    RunloopError,
)
from runloop_async.models.benchmark_runs import BenchmarkRunView
from runloop_async.resources.benchmark_runs import BenchmarkRuns
from runloop_async.wire.response import Response, error_for
from tests.fakes import Recorder
from tests.samples import page, run

T = TypeVar("T")
Result = BulkResult[BenchmarkRunView]


@attrs.define
class Store(Recorder):
    """A service with runs, newest first; the list may change while it is read."""

    runs: list[tuple[str, str]] = attrs.field(factory=list[tuple[str, str]])
    """The id and the benchmark of each."""
    unlisted: set[str] = attrs.field(factory=set[str])
    newcomers: int = 0
    """Runs that come for each page that is read."""
    broken: RunloopError | None = None
    """What pages fail with."""
    at_once: int = 0
    most_at_once: int = 0

    @override
    async def run(self, call: Sendable[T]) -> T:
        self.calls.append(call)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        path = call.request.path.removeprefix("/v1/benchmark_runs").strip("/")
        return call.read(self._one(path) if path else self._page(call))

    def _one(self, name: str) -> Response:
        for each, benchmark in self.runs:
            if each == name:
                return response(run(each) | {"benchmark_id": benchmark})
        raise error_for(response({}, 404), now=0.0)

    def _page(self, call: Sendable[Any]) -> Response:
        if self.broken is not None:
            raise self.broken
        query = dict(call.request.query)
        group = query.get("benchmark_id")
        shown = [
            (each, benchmark)
            for each, benchmark in self.runs
            if group in {None, benchmark} and each not in self.unlisted
        ]
        after = query.get("starting_after")
        places = [place for place, (each, _) in enumerate(shown) if each == after]
        begin = places[0] + 1 if places else 0
        end = begin + int(query["limit"])
        items = [run(each) | {"benchmark_id": of} for each, of in shown[begin:end]]
        for _ in range(self.newcomers):
            self.runs.insert(0, (f"bmr_new_{len(self.runs)}", "bmd_0"))
        return response(page("runs", *items, has_more=end < len(shown)))


def response(value: object, status: int = 200) -> Response:
    return Response(status, {}, json.dumps(value).encode())


def store(**sizes: int) -> Store:
    """Return a service with so many runs of each benchmark, mixed."""
    runs = [
        (f"bmr_{benchmark}_{number}", f"bmd_{benchmark}")
        for benchmark, size in sizes.items()
        for number in range(size)
    ]
    return Store(runs=sorted(runs, key=lambda each: each[0].rpartition("_")[2]))


def ids_of(service: Store, *benchmarks: str) -> list[str]:
    return [each for each, of in service.runs if of.removeprefix("bmd_") in benchmarks]


async def read(
    service: Store, ids: Sequence[str], benchmark_id: str | None = None
) -> Result:
    runs = BenchmarkRuns(service)
    return await runs.retrieve_many(ids, benchmark_id=benchmark_id)


@pytest.fixture(name="small_pages")
def _small_pages() -> Generator[None]:
    """Have pages of ten, which are worth reading from eight runs on."""
    with (
        mock.patch.object(paging, "MAX_PAGE", 10),
        mock.patch.object(many, "_WORTH", 8),
        mock.patch.object(many, "_RICH", 3),
    ):
        yield


@pytest.mark.parametrize("benchmark_id", [None, "bmd_a"])
async def test_ten_thousand_runs_of_a_benchmark_take_few_requests(
    benchmark_id: str | None,
) -> None:
    service = store(a=10_000, b=2_000)
    ids = ids_of(service, "a")[::-1]

    result = await read(service, ids, benchmark_id)

    assert [value.id for value in result.values] == ids
    assert len(service.calls) <= 3
    assert "2 pages" in result.summary.how


async def test_few_runs_are_read_by_themselves_many_at_once() -> None:
    service = store(a=10_000)
    ids = ids_of(service, "a")[:150]

    result = await read(service, ids)

    assert [value.id for value in result.values] == ids
    assert len(service.calls) == 150
    assert service.most_at_once >= 50
    assert result.summary.how == "0 pages and 150 single reads"


@pytest.mark.usefixtures("small_pages")
async def test_runs_of_several_benchmarks_are_found_in_the_list_of_each() -> None:
    service = store(a=30, b=30, c=500)
    ids = ids_of(service, "a", "b")

    result = await read(service, ids)

    assert [value.id for value in result.values] == ids
    assert len(service.calls) <= 8


@pytest.mark.usefixtures("small_pages")
async def test_what_is_old_is_not_searched_for_in_a_long_list() -> None:
    service = store(a=1000)
    ids = ids_of(service, "a")[-20:]

    result = await read(service, ids, "bmd_a")

    assert [value.id for value in result.values] == ids
    assert len(service.calls) <= 21


async def test_what_does_not_exist_is_a_failure_in_its_place() -> None:
    service = store(a=300)
    ids = ["bmr_x", *ids_of(service, "a"), "bmr_y", "bmr_x"]

    result = await read(service, ids)

    assert [outcome.index for outcome in result.outcomes] == [*range(303)]
    places = [each.index for each in result.outcomes if each.error is not None]
    assert places == [0, 301, 302]
    assert all(isinstance(error, NotFoundError) for _, error in result.failures)
    assert len(service.calls) <= 6

    service.runs += [("bmr_x", "bmd_a"), ("bmr_y", "bmd_a")]
    result = await result.retry_failed()
    assert [value.id for value in result.values] == ids


async def test_a_list_that_cannot_be_read_is_passed_over() -> None:
    service = store(a=300)
    service.broken = APIConnectionError("lost", phase="read")
    ids = ids_of(service, "a")

    result = await read(service, ids, "bmd_a")

    assert [value.id for value in result.values] == ids
    assert len(service.calls) == 302  # it is tried once more, as it failed at once


async def test_a_list_that_is_refused_is_not_asked_for_again() -> None:
    service = store(a=300)
    service.broken = NotFoundError("no such list", status_code=404)
    ids = ids_of(service, "a")

    await read(service, ids, "bmd_a")

    assert len(service.calls) == 301


async def test_a_list_that_is_late_is_not_waited_for_again() -> None:
    service = store(a=300)
    service.broken = APITimeoutError("late", phase="total")
    ids = ids_of(service, "a")

    result = await read(service, ids, "bmd_a")

    assert [value.id for value in result.values] == ids
    assert len(service.calls) == 301


async def test_what_is_left_when_the_time_is_up_has_that_error() -> None:
    service = store(a=300)
    service.broken = late = APITimeoutError("late", phase="deadline")
    late.out_of_time = True

    result = await read(service, ids_of(service, "a"))

    assert len(result.values) == 1
    assert {id(error) for _, error in result.failures} == {id(late)}


async def test_no_runs_take_no_request() -> None:
    service = store(a=3)

    result = await read(service, [])

    assert (result.values, service.calls) == ([], [])


async def test_options_and_a_deadline_go_to_each_request() -> None:
    service = store(a=300)
    reading = BenchmarkRuns(service).retrieve_many(ids_of(service, "a"))

    await reading.with_options(timeout=3, deadline=60)

    assert {call.options.get("timeout") for call in service.calls} == {3}
    assert {call.options.get("deadline") for call in service.calls} == {60}


async def test_what_is_made_again_keeps_the_options() -> None:
    service = store(a=3)
    reading = BenchmarkRuns(service).retrieve_many([*ids_of(service, "a"), "bmr_x"])
    result = await reading.with_options(timeout=3)
    service.calls.clear()

    await result.retry_failed()

    assert [call.options.get("timeout") for call in service.calls] == [3]


MIXES = st.lists(
    st.one_of(
        st.integers(0, 59).map("bmr_a_{}".format),
        st.integers(0, 59).map("bmr_b_{}".format),
        st.integers(0, 9).map("bmr_unknown_{}".format),
    ),
    max_size=80,
)


@given(
    ids=MIXES,
    unlisted=st.sets(st.integers(0, 59).map("bmr_a_{}".format)),
    newcomers=st.integers(0, 3),
    benchmark_id=st.sampled_from([None, "bmd_a", "bmd_b"]),
)
@settings(deadline=None)
@pytest.mark.usefixtures("small_pages")
def test_no_mix_takes_more_requests_than_there_are_ids(
    ids: list[str], unlisted: set[str], newcomers: int, benchmark_id: str | None
) -> None:
    service = store(a=60, b=60)
    service.unlisted = unlisted
    service.newcomers = newcomers

    result = asyncio.run(read(service, ids, benchmark_id))

    assert_few_calls(service, ids, result)
    assert_whole(ids, result)


@example(numbers={0}, more=100, benchmark_id=None)  # its first page has none of them
@given(
    numbers=st.sets(st.integers(0, 5999), min_size=1, max_size=300),
    more=st.integers(0, 300),
    benchmark_id=st.sampled_from([None, "bmd_a", "bmd_b"]),
)
@settings(deadline=None, max_examples=20)
def test_no_mix_of_thousands_does_either(
    numbers: set[int], more: int, benchmark_id: str | None
) -> None:
    service = store(a=6000, b=100)
    ids = [f"bmr_a_{number}" for number in numbers]
    ids += [f"bmr_b_{number % 100}" for number in range(more)]
    ids += [f"bmr_unknown_{number}" for number in range(more)]

    result = asyncio.run(read(service, ids, benchmark_id))

    assert_few_calls(service, ids, result)
    assert_whole(ids, result)


def assert_few_calls(service: Store, ids: Sequence[str], result: Result) -> None:
    """Check that there were at most as many requests as ids.

    What is on a page cannot be known before. Where the first has none of the runs, that
    is one request in vain; there is no second one then.
    """
    in_vain = result.summary.how == f"1 pages and {len(set(ids))} single reads"
    assert len(service.calls) <= len(ids) + in_vain


def assert_whole(ids: Sequence[str], result: Result) -> None:
    assert len(result.outcomes) == len(ids)
    for name, outcome in zip(ids, result.outcomes, strict=True):
        if "unknown" in name:
            assert isinstance(outcome.error, NotFoundError)
        else:
            assert outcome.value.id == name
