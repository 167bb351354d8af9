"""Ways into and out of devboxes: keys, tokens and tunnels, none of which leads on."""

from typing import Final, TypedDict

from runloop_async.testing.messages import Ask, JsonObject, refused
from runloop_async.testing.routes.gateway_configs import GATEWAY_CONFIGS
from runloop_async.testing.routes.mcp_configs import MCP_CONFIGS
from runloop_async.testing.routing import Route
from runloop_async.testing.state.devboxes.devboxes import DEVBOXES, running
from runloop_async.testing.state.tunnels import new_tunnel
from runloop_async.testing.world import Kind, World


class Tunnel(TypedDict, total=False):
    """The body of what enables a tunnel."""

    auth_mode: str | None
    http_keep_alive: bool | None
    wake_on_http: bool | None


class Gateway(TypedDict):
    """The body of what makes a token for a gateway."""

    gateway: str
    secret: str


class Mcp(TypedDict):
    """The body of what makes a token for an MCP server."""

    mcp_config: str
    secret: str


def create_ssh_key(world: World, ask: Ask) -> JsonObject:
    """Return a key that opens nothing."""
    devbox = running(world, ask.id)
    return {
        "id": devbox["id"],
        "ssh_private_key": f"an emulated key {world.new_id('')}\n",
        "ssh_user": "user",
        "url": f"{devbox['id']}.ssh.example.com:443",
    }


def create_pty_tunnel(world: World, ask: Ask) -> JsonObject:
    """Return what leads to the terminals of a devbox."""
    running(world, ask.id)
    return {"auth_token": world.new_id("pty_"), "tunnel_key": world.new_id("")}


def enable_tunnel(world: World, ask: Ask) -> JsonObject:
    """Give a devbox a tunnel."""
    devbox, wanted = running(world, ask.id), ask.json(Tunnel)
    if devbox["tunnel"] is not None:
        raise refused(f"The devbox {ask.id!r} has a tunnel.")
    tunnel: JsonObject = new_tunnel(world, {**wanted})
    devbox["tunnel"] = tunnel
    return tunnel


def remove_tunnel(world: World, ask: Ask) -> JsonObject:
    """Take the tunnel of a devbox away; doing so twice is no error."""
    world.find(DEVBOXES, ask.id)["tunnel"] = None
    return {}


def create_gateway_token(world: World, ask: Ask) -> JsonObject:
    """Return a token for a gateway."""
    running(world, ask.id)
    config = _config(world, GATEWAY_CONFIGS, ask.json(Gateway)["gateway"])
    return {
        "devbox_id": ask.id,
        "gateway_config_id": config["id"],
        "auth_mechanism": config["auth_mechanism"],
        "endpoint": config["endpoint"],
        "token": world.new_id("gwt_"),
        "url": f"https://gateway.example.com/{config['id']}",
    }


def create_mcp_token(world: World, ask: Ask) -> JsonObject:
    """Return a token for an MCP server."""
    running(world, ask.id)
    config = _config(world, MCP_CONFIGS, ask.json(Mcp)["mcp_config"])
    return {
        "devbox_id": ask.id,
        "mcp_config_id": config["id"],
        "allowed_tools": config["allowed_tools"],
        "endpoint": config["endpoint"],
        "token": world.new_id("mct_"),
        "url": f"https://mcp.example.com/{config['id']}",
    }


def _config(world: World, kind: Kind, wanted: str) -> JsonObject:
    """Return a config by its id or its name."""
    for row in reversed(world.table(kind).rows):
        if row["name"] == wanted:
            return row
    return world.find(kind, wanted)


_ONE: Final = "/v1/devboxes/{id}"
ROUTES: Final = [
    Route("POST", f"{_ONE}/{name}", f"devboxes.{name}", operation)
    for name, operation in (
        ("create_ssh_key", create_ssh_key),
        ("create_pty_tunnel", create_pty_tunnel),
        ("enable_tunnel", enable_tunnel),
        ("remove_tunnel", remove_tunnel),
        ("create_gateway_token", create_gateway_token),
        ("create_mcp_token", create_mcp_token),
    )
]
