"""MCP configurations: MCP servers that devboxes reach without their keys."""

from collections.abc import Sequence
from typing import Required, TypedDict

import attrs

from runloop_async.models.gateway_configs import (
    AuthMechanism,
    AuthMechanismParam,
    CustomHeader,
    CustomHeaderParam,
)
from runloop_async.models.shared import CountedPageParams


@attrs.frozen(kw_only=True)
class McpConfigView:
    """An MCP configuration."""

    id: str
    """Identifier of the configuration."""
    allowed_tools: list[str]
    """Patterns of the tools that may be called, such as `github.*`."""
    create_time_ms: int
    """When it was made, in Unix milliseconds."""
    endpoint: str
    """URL of the MCP server."""
    name: str
    """Its name."""
    auth_mechanism: AuthMechanism | None = None
    """How the gateway shows its key; None if the service does not say."""
    custom_headers: list[CustomHeader] | None = None
    """Headers that the gateway adds."""
    description: str | None = None
    """What it is for."""


@attrs.frozen(kw_only=True)
class McpConfigListView:
    """A page of MCP configurations."""

    has_more: bool
    """Whether another page follows."""
    mcp_configs: list[McpConfigView]
    """The configurations."""
    total_count: int | None = None
    """How many there are on all pages, if counted."""


class McpConfigCreateParams(TypedDict, total=False):
    """What an MCP configuration is made of."""

    allowed_tools: Required[Sequence[str]]
    """Patterns of the tools that may be called, such as `github.*`."""
    endpoint: Required[str]
    """URL of the MCP server."""
    name: Required[str]
    """Its name."""
    auth_mechanism: AuthMechanism | AuthMechanismParam | None
    """How the gateway shows its key; default is a bearer token."""
    custom_headers: Sequence[CustomHeader | CustomHeaderParam] | None
    """Headers that the gateway adds."""
    description: str | None
    """What it is for."""


class McpConfigUpdateParams(TypedDict, total=False):
    """What to change of an MCP configuration; the rest stays."""

    allowed_tools: Sequence[str] | None
    """Patterns of the tools that may be called; replaces those there were."""
    auth_mechanism: AuthMechanism | AuthMechanismParam | None
    """How the gateway shows its key."""
    custom_headers: Sequence[CustomHeader | CustomHeaderParam] | None
    """Headers that the gateway adds; replaces those there were."""
    description: str | None
    """What it is for."""
    endpoint: str | None
    """URL of the MCP server."""
    name: str | None
    """Its name."""


class McpConfigListParams(CountedPageParams, total=False):
    """Which MCP configurations to list."""

    id: str
    """Only the one with this id."""
    name: str
    """Only those of this name."""
    search: str
    """Only those whose id or name has this in it."""
