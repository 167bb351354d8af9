"""Network policies: where devboxes may connect to."""

from collections.abc import Sequence
from typing import Literal, Required, TypeAlias, TypedDict

import attrs

from runloop_async.models.shared import CountedPageParams, Open

PortProtocol: TypeAlias = Open[Literal["TCP", "UDP"]]
"""A protocol that has ports."""


@attrs.frozen(kw_only=True)
class PortRule:
    """A port, or a range of them."""

    port: int
    """The port, or the first of the range."""
    end_port: int | None = None
    """The last of the range."""
    protocol: PortProtocol | None = None
    """TCP or UDP; default TCP."""


class PortRuleParam(TypedDict, total=False):
    """`PortRule` as a plain dict."""

    port: Required[int]
    end_port: int | None
    protocol: PortProtocol | None


@attrs.frozen(kw_only=True)
class AllowedCidr:
    """Addresses that may be reached."""

    cidr: str
    """The addresses, such as `10.0.0.0/8`."""
    ports: list[PortRule] | None = None
    """Ports that may be reached there; default is all."""


class AllowedCidrParam(TypedDict, total=False):
    """`AllowedCidr` as a plain dict."""

    cidr: Required[str]
    ports: Sequence[PortRule | PortRuleParam] | None


@attrs.frozen(kw_only=True)
class NetworkPolicyEgress:
    """What devboxes under a policy may reach."""

    allow_agent_gateway: bool
    """Whether the agent gateway may be reached."""
    allow_all: bool
    """Whether everything may be reached."""
    allow_devbox_to_devbox: bool
    """Whether the account's other devboxes may be reached."""
    allow_mcp_gateway: bool
    """Whether the MCP gateway may be reached."""
    allowed_hostnames: list[str]
    """Host names that may be reached, such as `*.github.com`."""
    allow_runloop_mirrors: bool | None = None
    """Whether the service's package mirrors may be reached; None if the service does
    not say."""
    allowed_cidrs: list[AllowedCidr] | None = None
    """Addresses that may be reached; None if the service does not say."""


@attrs.frozen(kw_only=True)
class NetworkPolicyView:
    """A network policy."""

    id: str
    """Identifier of the policy."""
    create_time_ms: int
    """When it was made, in Unix milliseconds."""
    egress: NetworkPolicyEgress
    """What devboxes may reach."""
    name: str
    """Its name."""
    update_time_ms: int
    """When it was last changed, in Unix milliseconds."""
    description: str | None = None
    """What it is for."""


@attrs.frozen(kw_only=True)
class NetworkPolicyListView:
    """A page of network policies."""

    has_more: bool
    """Whether another page follows."""
    network_policies: list[NetworkPolicyView]
    """The policies."""
    total_count: int | None = None
    """How many there are on all pages, if counted."""


class NetworkPolicyCreateParams(TypedDict, total=False):
    """What a network policy is made of."""

    name: Required[str]
    """Its name."""
    allow_agent_gateway: bool | None
    """Whether the agent gateway may be reached."""
    allow_all: bool | None
    """Whether everything may be reached; default false."""
    allow_devbox_to_devbox: bool | None
    """Whether the account's other devboxes may be reached."""
    allow_mcp_gateway: bool | None
    """Whether the MCP gateway may be reached."""
    allow_runloop_mirrors: bool | None
    """Whether the service's package mirrors may be reached."""
    allowed_cidrs: Sequence[AllowedCidr | AllowedCidrParam] | None
    """Addresses that may be reached."""
    allowed_hostnames: Sequence[str] | None
    """Host names that may be reached, such as `*.github.com`."""
    description: str | None
    """What it is for."""


class NetworkPolicyUpdateParams(TypedDict, total=False):
    """What to change of a network policy; the rest stays."""

    allow_agent_gateway: bool | None
    """Whether the agent gateway may be reached."""
    allow_all: bool | None
    """Whether everything may be reached."""
    allow_devbox_to_devbox: bool | None
    """Whether the account's other devboxes may be reached."""
    allow_mcp_gateway: bool | None
    """Whether the MCP gateway may be reached."""
    allow_runloop_mirrors: bool | None
    """Whether the service's package mirrors may be reached."""
    allowed_cidrs: Sequence[AllowedCidr | AllowedCidrParam] | None
    """Addresses that may be reached; replaces those there were."""
    allowed_hostnames: Sequence[str] | None
    """Host names that may be reached; replaces those there were."""
    description: str | None
    """What it is for."""
    name: str | None
    """Its name."""


class NetworkPolicyListParams(CountedPageParams, total=False):
    """Which network policies to list."""

    id: str
    """Only the one with this id."""
    name: str
    """Only those whose name has this in it."""
    search: str
    """Only those whose id or name has this in it."""
