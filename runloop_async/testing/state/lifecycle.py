"""How a run ends. What has ended stays as it is."""

from typing import Final

from runloop_async.testing.messages import JsonObject, refused
from runloop_async.testing.world import Kind, World

OPEN: Final = frozenset({"running", "scoring", "scored"})


def check_open(run: JsonObject, kind: Kind) -> None:
    """Check that a run is not over.

    Raises:
        ApiError: It is: 400.
    """
    if run["state"] not in OPEN:
        raise refused(f"The {kind.name} {run['id']!r} is over: {run['state']}.")


def end(world: World, run: JsonObject, state: str) -> JsonObject:
    """End a run in `state`, now."""
    run["state"] = state
    run["duration_ms"] = max(0, world.now_ms - run["start_time_ms"])
    return run
