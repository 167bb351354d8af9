"""Lists: one page by `await`, every item once by `async for`, and never for ever."""

from collections.abc import Iterator, Sequence
from contextlib import aclosing
from itertools import chain, repeat
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runloop_async.annotations import JsonObject
from runloop_async.calls.paging import PageCall
from runloop_async.calls.seen import Keys
from runloop_async.errors import (
    APIConnectionError,
    APIResponseValidationError,
    NotFoundError,
    PaginationError,
)
from runloop_async.models.benchmark_runs import BenchmarkRunListView, BenchmarkRunView
from runloop_async.resources.benchmark_runs import BenchmarkRuns
from runloop_async.resources.benchmarks.benchmarks import Benchmarks
from tests.fakes import Recorder
from tests.samples import SCENARIO, page, run

T = TypeVar("T")
IDS = st.lists(st.from_regex(r"bmr_[a-z0-9]{1,3}", fullmatch=True), unique=True)
SIZES = st.lists(st.integers(1, 4), min_size=1)
LOST = APIConnectionError("lost", phase="read")


def runs_page(*ids: str, has_more: bool = False) -> tuple[int, JsonObject]:
    return 200, page("runs", *map(run, ids), has_more=has_more)


def runs(recorder: Recorder) -> PageCall[BenchmarkRunView]:
    return BenchmarkRuns(recorder).list()


async def read(items: PageCall[T], got: list[T]) -> None:
    """Read a list as far as it goes."""
    async for item in items:
        got.append(item)  # noqa: PERF401 - a comprehension loses what came first


def cut(
    ids: Sequence[str], sizes: Sequence[int], overlap: int
) -> Iterator[tuple[int, JsonObject]]:
    """Cut a list into pages of these sizes, each with some items of the one before."""
    start = 0
    for size in chain(sizes, repeat(sizes[-1])):
        end = start + size
        now = ids[max(start - overlap, 0) : end]
        yield runs_page(*now, has_more=end < len(ids))
        if end >= len(ids):
            return
        start = end


@settings(deadline=None)  # machines may be busy
@given(ids=IDS, sizes=SIZES, overlap=st.integers(0, 3))
async def test_pages_of_any_size_add_up_to_the_list_with_each_item_once(
    ids: list[str], sizes: list[int], overlap: int
) -> None:
    recorder = Recorder(answers=[*cut(ids, sizes, overlap)])

    got = [run.id async for run in runs(recorder)]

    assert got == ids


async def test_await_asks_for_exactly_what_was_given(recorder: Recorder) -> None:
    recorder.answers = [(200, page("runs", run("bmr_1"), total=7))]

    got = await BenchmarkRuns(recorder).list(limit=1, name="mine")

    assert recorder.queries == [{"limit": "1", "name": "mine"}]
    assert [run.id for run in got.items] == ["bmr_1"]
    assert (got.total_count, got.has_next_page()) == (7, False)


async def test_async_for_asks_for_large_pages_and_no_count(recorder: Recorder) -> None:
    recorder.answers = [runs_page("bmr_1", has_more=True), runs_page("bmr_2")]

    got = [run.id async for run in BenchmarkRuns(recorder).list(name="mine")]

    wanted = {"limit": "5000", "include_total_count": "false", "name": "mine"}
    assert got == ["bmr_1", "bmr_2"]
    assert recorder.queries == [wanted, wanted | {"starting_after": "bmr_1"}]


async def test_async_for_keeps_what_was_given(recorder: Recorder) -> None:
    recorder.answers = [runs_page("bmr_1")]
    listed = BenchmarkRuns(recorder).list(
        limit=3, include_total_count=True, starting_after="bmr_0"
    )

    [run async for run in listed]

    assert recorder.queries == [
        {"limit": "3", "include_total_count": "true", "starting_after": "bmr_0"}
    ]


async def test_a_list_that_cannot_count_is_not_asked_to(recorder: Recorder) -> None:
    recorder.answers = [(200, page("scenarios", SCENARIO))]

    [scenario async for scenario in Benchmarks(recorder).definitions("bmd_1")]

    assert recorder.queries == [{"limit": "5000"}]


async def test_options_of_a_list_go_to_every_page(recorder: Recorder) -> None:
    recorder.answers = [runs_page("bmr_1", has_more=True), runs_page("bmr_2")]

    [run async for run in runs(recorder).with_options(timeout=1.0)]

    assert [call.options for call in recorder.calls] == [{"timeout": 1.0}] * 2


async def test_a_page_has_its_items_under_the_name_of_the_api(
    recorder: Recorder,
) -> None:
    recorder.answers = [runs_page("bmr_1")]

    got = await runs(recorder)

    assert got.runs == got.items
    with pytest.raises(AttributeError):
        getattr(got, "jobs")  # noqa: B009 - a name that type checkers refuse
    with pytest.raises(AttributeError):
        getattr(got, "_runs")  # noqa: B009 - a name that type checkers refuse


async def test_a_page_leads_to_the_next(recorder: Recorder) -> None:
    recorder.answers = [runs_page("bmr_1", "bmr_2", has_more=True), runs_page("bmr_3")]

    first = await BenchmarkRuns(recorder).list(limit=2)
    last = await first.get_next_page()

    assert recorder.queries[1] == {"limit": "2", "starting_after": "bmr_2"}
    assert [run.id for run in last.items] == ["bmr_3"]
    with pytest.raises(PaginationError, match="last page"):
        _ = last.get_next_page()


async def test_async_for_over_a_page_goes_on_from_there(recorder: Recorder) -> None:
    recorder.answers = [
        runs_page("bmr_1", has_more=True),
        runs_page("bmr_2", has_more=True),
        runs_page("bmr_3"),
    ]
    first = await runs(recorder)
    second = await first.get_next_page()

    got = [run.id async for run in second]

    assert got == ["bmr_2", "bmr_3"]


async def test_pages_can_be_taken_whole(recorder: Recorder) -> None:
    recorder.answers = [runs_page("bmr_1", has_more=True), runs_page("bmr_1", "bmr_2")]

    got = [[run.id for run in page.items] async for page in runs(recorder).iter_pages()]

    assert got == [["bmr_1"], ["bmr_2"]]


async def test_pages_are_asked_for_only_as_they_are_needed(recorder: Recorder) -> None:
    recorder.answers = [runs_page("bmr_1", has_more=True), runs_page("bmr_2")]

    async with aclosing(aiter(runs(recorder))) as items:
        await anext(items)

    assert len(recorder.calls) == 1


async def test_a_list_can_be_read_again(recorder: Recorder) -> None:
    recorder.answers = [runs_page("bmr_1")]
    listed = runs(recorder)

    first = [run.id async for run in listed]
    again = [run.id async for run in listed]

    assert first == again == ["bmr_1"]


@pytest.mark.parametrize("cycle", [["bmr_1"], ["bmr_1", "bmr_2"]])
async def test_a_cursor_that_comes_again_ends_the_list(
    recorder: Recorder, cycle: list[str]
) -> None:
    recorder.answers = [runs_page(one, has_more=True) for one in cycle * 2]
    got: list[BenchmarkRunView] = []

    with pytest.raises(PaginationError, match="came twice") as caught:
        await read(runs(recorder), got)

    assert [run.id for run in got] == cycle
    assert caught.value.cursor == "bmr_1"
    assert len(recorder.calls) == len(cycle) + 1


async def test_an_empty_page_is_the_end_whatever_it_says(recorder: Recorder) -> None:
    recorder.answers = [runs_page("bmr_1", has_more=True), runs_page(has_more=True)]

    assert [run.id async for run in runs(recorder)] == ["bmr_1"]
    assert len(recorder.calls) == 2


@pytest.mark.parametrize("has_more", [{}, {"has_more": None}], ids=["missing", "null"])
async def test_a_page_that_does_not_say_whether_more_follow_goes_on(
    recorder: Recorder, has_more: JsonObject
) -> None:
    first: JsonObject = {"runs": [run("bmr_1")], **has_more}
    recorder.answers = [(200, first), (200, {"runs": [], **has_more})]

    assert [each.id for each in await runs(recorder).all()] == ["bmr_1"]


async def test_an_error_of_a_later_page_has_the_items_before_it(
    recorder: Recorder,
) -> None:
    recorder.answers = [runs_page("bmr_1", "bmr_2", has_more=True), LOST]

    with pytest.raises(APIConnectionError) as caught:
        await runs(recorder).all()

    assert [each.id for each in caught.value.items or []] == ["bmr_1", "bmr_2"]
    assert caught.value.cursor == "bmr_2"


BAD: JsonObject = {"id": "bmr_bad", "state": 7}


async def test_an_item_that_cannot_be_read_does_not_lose_its_page(
    recorder: Recorder,
) -> None:
    rows: list[JsonObject] = [run(f"bmr_{n}") for n in range(1000)]
    rows[17] = BAD
    recorder.answers = [(200, {"runs": rows, "has_more": False})]

    page = await runs(recorder)

    assert len(page.items) == 999
    (error,) = page.unreadable
    assert error.path.startswith("$.runs[17]")
    assert b"bmr_bad" in error.body
    assert recorder.unreadable == [f"/v1/benchmark_runs: {error.path}"]


async def test_the_cursor_is_that_of_an_item_that_cannot_be_read(
    recorder: Recorder,
) -> None:
    first = {"runs": [run("bmr_1"), BAD], "has_more": True}
    recorder.answers = [(200, first), runs_page("bmr_2")]

    assert [each.id async for each in runs(recorder)] == ["bmr_1", "bmr_2"]
    assert recorder.queries[1]["starting_after"] == "bmr_bad"


async def test_a_strict_client_refuses_a_page_with_such_an_item(
    recorder: Recorder,
) -> None:
    recorder.is_strict = True
    recorder.answers = [(200, {"runs": [BAD], "has_more": False})]

    with pytest.raises(APIResponseValidationError):
        await runs(recorder)


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        b"{}",
        b'{"runs": 7}',
        b'{"runs": [], "has_more": 7}',
        b'{"has_more": false, "runs": [' + b",".join([b"7"] * 101) + b"]}",
    ],
)
async def test_what_is_no_page_is_refused(recorder: Recorder, body: bytes) -> None:
    recorder.answers = [(200, body)]

    with pytest.raises(APIResponseValidationError):
        await runs(recorder)


async def test_items_without_ids_all_come_and_lead_nowhere(recorder: Recorder) -> None:
    recorder.answers = [runs_page("bmr_1", "bmr_2", has_more=True)]
    starts = PageCall(
        recorder,
        runs(recorder).request,
        shape=BenchmarkRunListView,
        items=lambda envelope: [run.start_time_ms for run in envelope.runs],
    )
    got: list[int] = []

    with pytest.raises(PaginationError, match="no cursor"):
        await read(starts, got)

    assert got == [1, 1]


async def test_a_page_without_its_list_is_no_empty_page(recorder: Recorder) -> None:
    recorder.answers = [(200, {"has_more": False})]

    with pytest.raises(APIResponseValidationError) as caught:
        await runs(recorder)

    assert caught.value.path == "$.runs"


async def test_a_failed_page_tells_where_to_go_on(recorder: Recorder) -> None:
    recorder.answers = [runs_page("bmr_1", has_more=True), LOST]
    got: list[BenchmarkRunView] = []

    with pytest.raises(APIConnectionError) as caught:
        await read(runs(recorder), got)
    recorder.answers = [runs_page("bmr_2")]
    rest = BenchmarkRuns(recorder).list(starting_after=caught.value.cursor or "")
    await read(rest, got)

    assert [run.id for run in got] == ["bmr_1", "bmr_2"]
    assert recorder.queries[-1]["starting_after"] == "bmr_1"


async def test_a_failed_first_page_tells_where_it_was_to_begin(
    recorder: Recorder,
) -> None:
    recorder.answers = [(404, {})]

    with pytest.raises(NotFoundError) as caught:
        [one async for one in BenchmarkRuns(recorder).list(starting_after="bmr_7")]

    assert caught.value.cursor == "bmr_7"


def test_what_a_long_walk_remembers_has_an_end() -> None:
    keys = Keys()

    for number in range(0, 2000, 10):
        assert keys.are_new([*range(number, number + 10)])
    assert not keys.are_new([1, 1])
    assert not keys.are_new([1995, 2001])

    assert keys.before() == {*range(1940, 2000), 1}
