"""Restricted API keys: the emulator makes them, and restricts none."""

from typing import Final, TypedDict

from runloop_async.testing.messages import Ask, JsonObject, invalid
from runloop_async.testing.routes import apikeys
from runloop_async.testing.routing import Route
from runloop_async.testing.world import World


class Create(TypedDict, total=False):
    """What a restricted key has besides."""

    scopes: list[JsonObject] | None


def create(world: World, ask: Ask) -> JsonObject:
    """Return a new key, which is shown this once."""
    scopes = ask.json(Create).get("scopes") or []
    for scope in scopes:
        for name in scope:
            if not str(scope[name]).startswith(f"{name.upper()}_"):
                raise invalid(f"{scope} is no scope.")
    return apikeys.create(world, ask) | {"scopes": scopes}


ROUTES: Final = [Route("POST", "/v1/restricted_keys", "restricted_keys.create", create)]
