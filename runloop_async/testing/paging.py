"""Lists as the API gives them: filtered, newest first, one page at a time."""

from collections.abc import Iterable
from typing import Final

from runloop_async.testing.messages import Ask, JsonObject, invalid
from runloop_async.testing.world import Table

DEFAULT_LIMIT: Final = 20
MAX_LIMIT: Final = 5000


def select(
    rows: list[JsonObject], ask: Ask, exact: Iterable[str] = ()
) -> list[JsonObject]:
    """Return those of `rows` that the query asks for.

    Args:
        rows: The rows to choose from; the very list is returned if all fit.
        ask: The request; its `search` looks into ids, names and types, in any case.
        exact: Fields that must equal the query parameter of the same name.
    """
    for field in exact:
        if field in ask.query:
            wanted = ask.query[field]
            rows = [row for row in rows if row.get(field) == wanted]
    for name, text in ask.query.items():
        if name.startswith("metadata["):
            rows = _labelled(rows, name, text)
    if "search" in ask.query:
        text = ask.query["search"].lower()
        rows = [row for row in rows if _mentions(row, text)]
    return rows


def _labelled(rows: list[JsonObject], name: str, text: str) -> list[JsonObject]:
    """Return the rows with a label, or one of several: `metadata[key][in]=a,b`."""
    key, _, rest = name.removeprefix("metadata[").partition("]")
    wanted = text.split(",") if rest == "[in]" else [text]
    return [row for row in rows if row["metadata"].get(key) in wanted]


def page(table: Table, rows: list[JsonObject], ask: Ask, key: str) -> JsonObject:
    """Return the page of `rows` that the query asks for, under `key`.

    Raises:
        ApiError: The limit, the cursor or the flag is not usable: 400.
    """
    limit = _limit(ask)
    end = _end(table, rows, ask)
    start = max(0, end - limit)
    return {
        key: rows[start:end][::-1],
        "has_more": start > 0,
        "total_count": len(rows) if _flag(ask, "include_total_count") else None,
    }


def _mentions(row: JsonObject, text: str) -> bool:
    # scorers have a type where the others have a name
    words = row["id"], row.get("name") or "", row.get("type") or ""
    return any(text in word.lower() for word in words)


def _limit(ask: Ask) -> int:
    text = ask.query.get("limit", str(DEFAULT_LIMIT))
    # isdecimal alone takes the digits of every script
    number = int(text) if text.isascii() and text.isdecimal() else 0
    if not 1 <= number <= MAX_LIMIT:
        raise invalid(f"limit must be a number from 1 to {MAX_LIMIT}, not {text!r}.")
    return number


def _end(table: Table, rows: list[JsonObject], ask: Ask) -> int:
    cursor = ask.query.get("starting_after")
    if cursor is None:
        return len(rows)
    end = table.count_older(rows, cursor)
    if end is None:
        raise invalid(f"starting_after: nothing has the id {cursor!r}.")
    return end


def _flag(ask: Ask, name: str) -> bool:
    text = ask.query.get(name, "true")
    if text not in {"true", "false"}:
        raise invalid(f"{name} must be true or false, not {text!r}.")
    return text == "true"
