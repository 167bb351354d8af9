"""The keys and values under which the owner has filed things of a group."""

from collections.abc import Callable

from runloop_async.testing.messages import Ask, JsonObject, invalid
from runloop_async.testing.routing import Route
from runloop_async.testing.world import World


def metadata_routes(
    group: str,
    path: str,
    rows: Callable[[World], list[JsonObject]],
    *,
    public: bool = False,
) -> list[Route]:
    """Return the routes of the metadata of a group.

    Args:
        group: The group as clients call it.
        path: Where it is.
        rows: Returns its rows.
        public: Whether these are the public ones.
    """

    def keys(world: World, ask: Ask) -> JsonObject:
        del ask
        return keys_view(rows(world))

    def values(world: World, ask: Ask) -> JsonObject:
        return values_view(rows(world), ask.params["key"])

    where = f"{path}{'/public' if public else ''}/metadata/keys"
    name = f"{group}.{'public_' if public else ''}metadata"
    return [
        Route("GET", where, f"{name}_keys", keys),
        Route("GET", f"{where}/{{key}}/values", f"{name}_values", values),
    ]


def keys_view(rows: list[JsonObject]) -> JsonObject:
    """Return all metadata keys of `rows`."""
    return {"keys": sorted({key for row in rows for key in row["metadata"]})}


def values_view(rows: list[JsonObject], key: str) -> JsonObject:
    """Return all values that `rows` have under a metadata key.

    Raises:
        ApiError: None of them has the key: 400.
    """
    values = {row["metadata"][key] for row in rows if key in row["metadata"]}
    if not values:
        raise invalid(f"Nothing has the metadata key {key!r}.")
    return {"key": key, "values": sorted(values)}
