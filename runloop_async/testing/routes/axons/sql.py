"""The databases of axons: SQLite, in memory, one for each."""

import sqlite3
import weakref
from typing import Any, Final, NotRequired, TypedDict

from runloop_async.testing.messages import Ask, JsonObject, invalid
from runloop_async.testing.routing import Route
from runloop_async.testing.state.axons import axon
from runloop_async.testing.world import World


class Statement(TypedDict):
    """A statement, which is also the body of a query."""

    sql: str
    params: NotRequired[list[Any]]


class Batch(TypedDict):
    """The body of a batch."""

    statements: list[Statement]


def query(world: World, ask: Ask) -> JsonObject:
    """Run one statement."""
    try:
        return _run(_database(world, ask), ask.json(Statement))
    except sqlite3.Error as error:
        raise invalid(str(error)) from error


def batch(world: World, ask: Ask) -> JsonObject:
    """Run several statements, all of them or none."""
    database, results = _database(world, ask), list[JsonObject]()
    database.execute("begin")
    for statement in ask.json(Batch)["statements"]:
        try:
            results.append({"success": _run(database, statement)})
        except sqlite3.Error as error:
            results.append({"error": {"message": str(error)}})
            database.execute("rollback")
            return {"results": results}
    database.execute("commit")
    return {"results": results}


def _database(world: World, ask: Ask) -> sqlite3.Connection:
    name = f"database {axon(world, ask.id)['id']}"
    if name not in world.hidden:
        world.hidden[name] = made = sqlite3.connect(
            ":memory:", isolation_level=None, check_same_thread=False
        )
        weakref.finalize(world, made.close)
    database: sqlite3.Connection = world.hidden[name]
    return database


def _run(database: sqlite3.Connection, statement: Statement) -> JsonObject:
    before = database.total_changes
    cursor = database.execute(statement["sql"], statement.get("params") or [])
    rows = cursor.fetchall()
    return {
        "columns": [
            {"name": column[0], "type": _type(rows, place)}
            for place, column in enumerate(cursor.description or ())
        ],
        "rows": [[*row] for row in rows],
        "meta": {
            "changes": database.total_changes - before,
            "duration_ms": 0.1,
            "rows_read_limit_reached": False,
        },
    }


def _type(rows: list[tuple[Any, ...]], place: int) -> str:
    kinds = {"int": "INTEGER", "float": "REAL", "str": "TEXT"}
    return kinds.get(type(rows[0][place]).__name__, "NULL") if rows else "NULL"


_ONE: Final = "/v1/axons/{id}/sql"
ROUTES: Final = [
    Route("POST", f"{_ONE}/query", "axons.sql.query", query),
    Route("POST", f"{_ONE}/batch", "axons.sql.batch", batch),
]
