"""The keys and values under which the owner has filed benchmarks or scenarios."""

from runloop_async.testing.messages import JsonObject, invalid


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
