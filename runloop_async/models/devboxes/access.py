"""Ways into and out of a devbox: tunnels, gateways, MCP servers and SSH keys."""

from typing import Literal, TypeAlias, TypedDict

import attrs

from runloop_async.models.gateway_configs import AuthMechanism
from runloop_async.models.shared import Open

TunnelAuthMode: TypeAlias = Open[Literal["open", "authenticated"]]
"""Whether a tunnel needs a key."""


@attrs.frozen(kw_only=True)
class TunnelConfig:
    """How the ports of a devbox are reached from outside."""

    auth_mode: TunnelAuthMode | None = None
    """Whether the tunnel needs a key; default is none."""
    http_keep_alive: bool | None = None
    """Whether requests through it keep the devbox alive."""
    wake_on_http: bool | None = None
    """Whether requests through it wake a suspended devbox."""


class TunnelConfigParam(TypedDict, total=False):
    """`TunnelConfig` as a plain dict."""

    auth_mode: TunnelAuthMode | None
    http_keep_alive: bool | None
    wake_on_http: bool | None


@attrs.frozen(kw_only=True)
class TunnelView:
    """The tunnel of a devbox."""

    auth_mode: TunnelAuthMode
    """Whether it needs a key."""
    create_time_ms: int
    """When it was made, in Unix milliseconds."""
    http_keep_alive: bool
    """Whether requests through it keep the devbox alive."""
    tunnel_key: str
    """Its name, which is part of its host."""
    wake_on_http: bool
    """Whether requests through it wake a suspended devbox."""
    auth_token: str | None = attrs.field(default=None, repr=False)
    """Its key, if it needs one."""


@attrs.frozen(kw_only=True)
class GatewaySpec:
    """A gateway for a devbox, and the key behind it."""

    gateway: str
    """Id or name of the gateway configuration."""
    secret: str
    """Id or name of the secret that holds the key."""


class GatewaySpecParam(TypedDict):
    """`GatewaySpec` as a plain dict."""

    gateway: str
    secret: str


@attrs.frozen(kw_only=True)
class McpSpec:
    """An MCP server for a devbox, and the key behind it."""

    mcp_config: str
    """Id or name of the MCP configuration."""
    secret: str
    """Id or name of the secret that holds the key."""


class McpSpecParam(TypedDict):
    """`McpSpec` as a plain dict."""

    mcp_config: str
    secret: str


@attrs.frozen(kw_only=True)
class GatewaySpecView:
    """A gateway of a devbox."""

    gateway_config_id: str
    """Id of the gateway configuration."""
    secret_id: str
    """Id of the secret that holds the key."""


@attrs.frozen(kw_only=True)
class McpSpecView:
    """An MCP server of a devbox."""

    mcp_config_id: str
    """Id of the MCP configuration."""
    secret_id: str
    """Id of the secret that holds the key."""


@attrs.frozen(kw_only=True)
class DevboxSSHKeyView:
    """A way to log in to a devbox by SSH."""

    id: str
    """Identifier of the devbox."""
    ssh_private_key: str = attrs.field(repr=False)
    """The private key, in PEM."""
    ssh_user: str
    """The user to log in as."""
    url: str
    """The host to log in to."""


@attrs.frozen(kw_only=True)
class GatewayTokenView:
    """A key to a gateway, for use on one devbox."""

    token: str = attrs.field(repr=False)
    """The key."""
    auth_mechanism: AuthMechanism
    """How to show it."""
    devbox_id: str
    """The devbox that it is for."""
    endpoint: str
    """URL of the service behind the gateway."""
    gateway_config_id: str
    """The gateway configuration."""
    url: str
    """URL of the gateway."""


@attrs.frozen(kw_only=True)
class McpTokenView:
    """A key to an MCP server, for use on one devbox."""

    token: str = attrs.field(repr=False)
    """The key."""
    allowed_tools: list[str]
    """Patterns of the tools that may be called."""
    devbox_id: str
    """The devbox that it is for."""
    endpoint: str
    """URL of the MCP server."""
    mcp_config_id: str
    """The MCP configuration."""
    url: str
    """URL of the gateway to it."""


class DevboxCreateGatewayTokenParams(TypedDict):
    """A gateway and the key behind it."""

    gateway: str
    """Id or name of the gateway configuration."""
    secret: str
    """Id or name of the secret that holds the key."""


class DevboxCreateMcpTokenParams(TypedDict):
    """An MCP server and the key behind it."""

    mcp_config: str
    """Id or name of the MCP configuration."""
    secret: str
    """Id or name of the secret that holds the key."""
