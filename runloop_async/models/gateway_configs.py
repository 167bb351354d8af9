"""Gateway configurations: services that devboxes reach without their keys."""

from collections.abc import Sequence
from typing import Required, TypedDict

import attrs

from runloop_async.models.shared import CountedPageParams


@attrs.frozen(kw_only=True)
class AuthMechanism:
    """How a gateway shows its key to the service behind it."""

    type: str
    """Such as `bearer` or `header`."""
    key: str | None = None
    """Name of the header, where `type` is `header`."""


class AuthMechanismParam(TypedDict, total=False):
    """`AuthMechanism` as a plain dict."""

    type: Required[str]
    key: str | None


@attrs.frozen(kw_only=True)
class CustomHeader:
    """A header that a gateway adds: with a value, or with that of a secret."""

    name: str
    """Name of the header."""
    secret: str | None = None
    """Name of the secret whose value it gets."""
    value: str | None = attrs.field(default=None, repr=False)
    """The value itself."""


class CustomHeaderParam(TypedDict, total=False):
    """`CustomHeader` as a plain dict."""

    name: Required[str]
    secret: str | None
    value: str | None


@attrs.frozen(kw_only=True)
class GatewayConfigView:
    """A gateway configuration."""

    id: str
    """Identifier of the configuration."""
    auth_mechanism: AuthMechanism
    """How the gateway shows its key."""
    create_time_ms: int
    """When it was made, in Unix milliseconds."""
    endpoint: str
    """URL of the service behind it."""
    name: str
    """Its name."""
    account_id: str | None = None
    """The account that it belongs to; None if it is the service's own."""
    custom_headers: list[CustomHeader] | None = None
    """Headers that the gateway adds."""
    description: str | None = None
    """What it is for."""


@attrs.frozen(kw_only=True)
class GatewayConfigListView:
    """A page of gateway configurations."""

    gateway_configs: list[GatewayConfigView]
    """The configurations."""
    has_more: bool
    """Whether another page follows."""
    total_count: int | None = None
    """How many there are on all pages, if counted."""


class GatewayConfigCreateParams(TypedDict, total=False):
    """What a gateway configuration is made of."""

    auth_mechanism: Required[AuthMechanism | AuthMechanismParam]
    """How the gateway shows its key."""
    endpoint: Required[str]
    """URL of the service behind it."""
    name: Required[str]
    """Its name."""
    custom_headers: Sequence[CustomHeader | CustomHeaderParam] | None
    """Headers that the gateway adds."""
    description: str | None
    """What it is for."""


class GatewayConfigUpdateParams(TypedDict, total=False):
    """What to change of a gateway configuration; the rest stays."""

    auth_mechanism: AuthMechanism | AuthMechanismParam | None
    """How the gateway shows its key."""
    custom_headers: Sequence[CustomHeader | CustomHeaderParam] | None
    """Headers that the gateway adds; replaces those there were."""
    description: str | None
    """What it is for."""
    endpoint: str | None
    """URL of the service behind it."""
    name: str | None
    """Its name."""


class GatewayConfigListParams(CountedPageParams, total=False):
    """Which gateway configurations to list."""

    id: str
    """Only the one with this id."""
    name: str
    """Only those of this name."""
    search: str
    """Only those whose id or name has this in it."""
