"""Network policies: what devboxes may reach."""

from typing import Final, NotRequired, TypedDict

from runloop_async.testing.messages import JsonObject
from runloop_async.testing.routes.stored import Stored
from runloop_async.testing.state.devboxes.devboxes import active
from runloop_async.testing.world import Kind, World

NETWORK_POLICIES: Final = Kind("network policy", "np_")


class _Rules(TypedDict):
    allow_agent_gateway: NotRequired[bool | None]
    allow_all: NotRequired[bool | None]
    allow_devbox_to_devbox: NotRequired[bool | None]
    allow_mcp_gateway: NotRequired[bool | None]
    allow_runloop_mirrors: NotRequired[bool | None]
    allowed_cidrs: NotRequired[list[JsonObject] | None]
    allowed_hostnames: NotRequired[list[str] | None]
    description: NotRequired[str | None]


class Create(_Rules):
    """The body of a create."""

    name: str


class Update(_Rules):
    """The body of an update."""

    name: NotRequired[str | None]


def usual(world: World) -> JsonObject:
    """Return what a new one has."""
    return {
        "name": "policy",
        "description": None,
        "create_time_ms": world.now_ms,
        "update_time_ms": world.now_ms,
        "egress": {
            "allow_agent_gateway": False,
            "allow_all": False,
            "allow_devbox_to_devbox": False,
            "allow_mcp_gateway": False,
            "allow_runloop_mirrors": False,
            "allowed_cidrs": [],
            "allowed_hostnames": [],
        },
    }


def _fields(body: JsonObject, before: JsonObject) -> JsonObject:
    rules = {name: value for name, value in body.items() if name in before["egress"]}
    about = {name: value for name, value in body.items() if name not in rules}
    return about | {"egress": before["egress"] | rules}


def _is_used(world: World, row: JsonObject) -> bool:
    return any(
        devbox["launch_parameters"].get("network_policy_id") == row["id"]
        for devbox in active(world)
    )


GROUP: Final = Stored(
    name="network_policies",
    path="/v1/network-policies",
    kind=NETWORK_POLICIES,
    usual=usual,
    create_body=Create,
    update_body=Update,
    one_of_a_name=True,
    is_used=_is_used,
    fields=_fields,
)
ROUTES: Final = GROUP.routes()
