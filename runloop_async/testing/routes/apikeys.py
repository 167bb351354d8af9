"""API keys: the emulator makes them, and takes any."""

from typing import Final, TypedDict

from runloop_async.testing.messages import Ask, JsonObject
from runloop_async.testing.routing import Route
from runloop_async.testing.world import World


class Create(TypedDict, total=False):
    """The body of a create."""

    name: str | None
    expires_at_ms: int | None


def create(world: World, ask: Ask) -> JsonObject:
    """Return a new key, which is shown this once."""
    body = ask.json(Create)
    return {
        "id": world.new_id("key_"),
        "name": body.get("name") or "key",
        "expires_at_ms": body.get("expires_at_ms"),
        "key_secret": world.new_id("ak_"),
    }


ROUTES: Final = [Route("POST", "/v1/apikeys", "apikeys.create", create)]
