import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runloop_async.testing.messages import ApiError, Ask, JsonObject
from runloop_async.testing.paging import page, select
from runloop_async.testing.world import Table


def table_of(count: int) -> Table:
    table = Table(None)
    for number in range(count):
        table.add({"id": f"id_{number}", "name": f"Name {number}", "state": "new"})
    return table


def ids(answer: JsonObject) -> list[str]:
    return [row["id"] for row in answer["things"]]


def ask(**query: str) -> Ask:
    return Ask(query=query)


def test_a_page_has_20_rows_newest_first_unless_told() -> None:
    table = table_of(30)
    answer = page(table, table.rows, ask(), "things")
    assert ids(answer) == [f"id_{number}" for number in range(29, 9, -1)]
    assert answer["has_more"] is True
    assert answer["total_count"] == 30


def test_the_last_page_has_no_more() -> None:
    table = table_of(3)
    answer = page(table, table.rows, ask(starting_after="id_1"), "things")
    assert ids(answer) == ["id_0"]
    assert answer["has_more"] is False


def test_a_full_last_page_has_no_more() -> None:
    table = table_of(2)
    answer = page(table, table.rows, ask(limit="2"), "things")
    assert answer["has_more"] is False


def test_the_total_count_can_be_left_out() -> None:
    table = table_of(3)
    answer = page(table, table.rows, ask(include_total_count="false"), "things")
    assert answer["total_count"] is None


def test_the_total_counts_what_fits_the_filter_on_every_page() -> None:
    table = table_of(9)
    table.rows[4]["state"] = "old"
    rows = select(table.rows, ask(state="new"), ["state"])
    answer = page(table, rows, ask(starting_after="id_2", limit="1"), "things")
    assert answer["total_count"] == 8
    assert ids(answer) == ["id_1"]


@pytest.mark.parametrize("limit", ["0", "5001", "-1", "1.5", "many", "\u0665"])
def test_a_limit_out_of_range_is_refused(limit: str) -> None:
    table = table_of(1)
    with pytest.raises(ApiError, match="limit must be a number from 1 to 5000"):
        page(table, table.rows, ask(limit=limit), "things")


def test_a_cursor_that_nothing_has_is_refused() -> None:
    table = table_of(1)
    with pytest.raises(ApiError, match="nothing has the id 'gone'") as refusal:
        page(table, table.rows, ask(starting_after="gone"), "things")
    assert refusal.value.status == 400


def test_a_flag_that_is_no_boolean_is_refused() -> None:
    table = table_of(1)
    with pytest.raises(ApiError, match="include_total_count must be true or false"):
        page(table, table.rows, ask(include_total_count="yes"), "things")


def test_a_filter_without_a_match_gives_an_empty_page() -> None:
    table = table_of(3)
    rows = select(table.rows, ask(state="unheard-of"), ["state"])
    answer = page(table, rows, ask(), "things")
    assert answer == {"things": [], "has_more": False, "total_count": 0}


def test_a_parameter_that_is_no_filter_is_ignored() -> None:
    table = table_of(3)
    assert select(table.rows, ask(state="old"), ["name"]) is table.rows


@pytest.mark.parametrize("text", ["NAME 2", "ID_2", "e 2"])
def test_search_looks_into_names_and_ids_in_any_case(text: str) -> None:
    table = table_of(5)
    rows = select(table.rows, ask(search=text))
    assert [row["id"] for row in rows] == ["id_2"]


def test_search_takes_rows_without_a_name_and_looks_into_types() -> None:
    rows: list[JsonObject] = [
        {"id": "a", "name": None},
        {"id": "b", "type": "Linter"},
    ]
    assert select(rows, ask(search="lint")) == rows[1:]


@given(
    count=st.integers(0, 40),
    limit=st.integers(1, 45),
    kept=st.sets(st.integers(0, 39)),
)
def test_pages_of_any_size_concatenate_to_the_list(
    count: int, limit: int, kept: set[int]
) -> None:
    table = table_of(count)
    for number in kept & set(range(count)):
        table.rows[number]["state"] = "kept"
    query = {"limit": str(limit), "state": "kept"}
    seen: list[str] = []
    more = True
    while more:
        cursor = {"starting_after": seen[-1]} if seen else {}
        question = Ask(query=query | cursor)
        rows = select(table.rows, question, ["state"])
        answer = page(table, rows, question, "things")
        seen += ids(answer)
        more = answer["has_more"]
    assert seen == [row["id"] for row in reversed(table.rows) if row["state"] == "kept"]


def test_a_deep_page_of_5000_out_of_100000_takes_no_scan() -> None:
    table = table_of(100_000)
    question = ask(limit="5000", starting_after="id_6000")

    took_s: list[float] = []
    for _ in range(5):
        begun_s = time.process_time()
        answer = page(table, table.rows, question, "things")
        took_s.append(time.process_time() - begun_s)
        assert len(answer["things"]) == 5000

    assert min(took_s) < 0.01
