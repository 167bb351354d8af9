"""MCP configs: tool servers that devboxes reach without holding their keys."""

from typing import Final, NotRequired, TypedDict

from runloop_async.testing.messages import JsonObject
from runloop_async.testing.routes.stored import Stored
from runloop_async.testing.state.devboxes.devboxes import active
from runloop_async.testing.world import Kind, World

MCP_CONFIGS: Final = Kind("MCP config", "mcp_")


class Create(TypedDict):
    """The body of a create."""

    name: str
    endpoint: str
    allowed_tools: list[str]
    auth_mechanism: NotRequired[JsonObject | None]
    custom_headers: NotRequired[list[JsonObject] | None]
    description: NotRequired[str | None]


class Update(TypedDict, total=False):
    """The body of an update."""

    name: str | None
    endpoint: str | None
    allowed_tools: list[str] | None
    auth_mechanism: JsonObject | None
    custom_headers: list[JsonObject] | None
    description: str | None


def usual(world: World) -> JsonObject:
    """Return what a new one has."""
    return {
        "name": "tools",
        "endpoint": "https://mcp.example.com",
        "allowed_tools": ["*"],
        "auth_mechanism": {"type": "bearer"},
        "custom_headers": None,
        "description": None,
        "create_time_ms": world.now_ms,
    }


def _is_used(world: World, row: JsonObject) -> bool:
    specs = list[JsonObject]()
    for devbox in active(world):
        specs += (devbox["mcp_specs"] or {}).values()
    return any(spec["mcp_config_id"] == row["id"] for spec in specs)


GROUP: Final = Stored(
    name="mcp_configs",
    path="/v1/mcp-configs",
    kind=MCP_CONFIGS,
    usual=usual,
    create_body=Create,
    update_body=Update,
    one_of_a_name=True,
    is_used=_is_used,
)
ROUTES: Final = GROUP.routes()
