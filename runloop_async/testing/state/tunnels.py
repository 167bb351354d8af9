"""Tunnels to devboxes, which the emulator makes and nothing goes through."""

from runloop_async.testing.messages import JsonObject
from runloop_async.testing.world import World


def new_tunnel(world: World, wanted: JsonObject) -> JsonObject:
    """Return a new tunnel."""
    mode = wanted.get("auth_mode") or "open"
    return {
        "auth_mode": mode,
        "auth_token": world.new_id("tok_") if mode == "authenticated" else None,
        "create_time_ms": world.now_ms,
        "http_keep_alive": wanted.get("http_keep_alive") or False,
        "wake_on_http": wanted.get("wake_on_http") or False,
        "tunnel_key": world.new_id(""),
    }
