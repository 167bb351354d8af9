import pytest

from runloop_async.testing.messages import ApiError
from runloop_async.testing.world import START_MS, Kind, Table, World

THINGS = Kind("thing", "thg_")


def world_with(*names: str) -> World:
    world = World(speed=0.0)
    for name in names:
        world.add(THINGS, {"name": "usual"}, {"id": name})
    return world


class Stopwatch:
    def __init__(self) -> None:
        self.read_s = 100.0

    def __call__(self) -> float:
        return self.read_s


def test_a_world_begins_at_a_fixed_date() -> None:
    world = World()
    assert world.now_ms == START_MS


def test_time_runs_at_the_speed_asked_for() -> None:
    watch = Stopwatch()
    world = World(speed=10.0, real=watch)

    watch.read_s += 2.0
    world.settle()

    assert world.now_s == pytest.approx(20.0)


def test_time_at_speed_0_moves_by_hand_only() -> None:
    watch = Stopwatch()
    world = World(speed=0.0, real=watch)

    watch.read_s += 60.0
    world.advance(1.5)

    assert world.now_s == 1.5


def test_time_does_not_run_backwards() -> None:
    world = World()
    with pytest.raises(ValueError, match="backwards"):
        world.advance(-1.0)


def test_settle_does_what_is_due_in_order_and_at_its_time() -> None:
    world = World(speed=0.0)
    seen: list[tuple[str, float]] = []
    world.later(3.0, lambda: seen.append(("third", world.now_s)))
    world.later(1.0, lambda: seen.append(("first", world.now_s)))
    world.later(1.0, lambda: seen.append(("second", world.now_s)))
    world.later(9.0, lambda: seen.append(("never", world.now_s)))

    world.advance(5.0)

    assert seen == [("first", 1.0), ("second", 1.0), ("third", 3.0)]
    assert world.now_s == 5.0


def test_what_follows_from_something_late_is_timed_from_when_that_was_due() -> None:
    world = World(speed=0.0)
    seen: list[float] = []
    world.later(1.0, lambda: world.later(1.0, lambda: seen.append(world.now_s)))

    world.advance(10.0)

    assert seen == [2.0]


def test_ids_are_the_same_for_the_same_seed() -> None:
    one, other, third = World(seed=7), World(seed=7), World(seed=8)
    assert one.new_id("x_") == other.new_id("x_") != third.new_id("x_")


def test_find_returns_the_row_itself() -> None:
    world = world_with("a", "b")
    world.find(THINGS, "a")["name"] = "changed"
    assert world.find(THINGS, "a")["name"] == "changed"


def test_find_of_an_unknown_id_is_a_404_that_names_it() -> None:
    world = world_with("a")
    with pytest.raises(ApiError, match="no thing 'b'") as refusal:
        world.find(THINGS, "b")
    assert refusal.value.status == 404


def test_add_fills_in_what_is_usual_and_an_id() -> None:
    row = World().add(THINGS, {"name": "usual", "size": 1}, {"size": 2})
    assert row["name"] == "usual"
    assert row["size"] == 2
    assert row["id"].startswith("thg_")


def test_add_takes_optional_fields() -> None:
    row = World().add(THINGS, {"name": "usual"}, {"note": "n"}, optional={"note"})
    assert row["note"] == "n"


def test_add_refuses_a_field_that_does_not_exist() -> None:
    world = World()
    with pytest.raises(TypeError, match="a thing has no field sise"):
        world.add(THINGS, {"size": 1}, {"sise": 2})


def test_add_refuses_an_id_that_is_taken() -> None:
    world = world_with("a")
    with pytest.raises(ValueError, match="already a row with the id 'a'"):
        world.add(THINGS, {}, {"id": "a"})


def test_a_table_finds_the_rows_of_a_group_oldest_first() -> None:
    table = Table("owner")
    for name, owner in ("a", "x"), ("b", "y"), ("c", "x"):
        table.add({"id": name, "owner": owner})

    assert [row["id"] for row in table.group("x")] == ["a", "c"]
    assert table.group("z") == []


def test_a_table_counts_the_older_ones_among_some_of_its_rows() -> None:
    table = Table(None)
    rows = [table.add({"id": name}) for name in "abcdef"]
    some = rows[1::2]

    assert table.count_older(some, "e") == 2
    assert table.count_older(some, "f") == 2
    assert table.count_older(some, "z") is None
