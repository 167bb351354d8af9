"""Keys that may do only some things."""

from collections.abc import Sequence
from typing import Literal, TypeAlias, TypedDict

import attrs

from runloop_async.models.shared import Open

AccessLevel: TypeAlias = Open[
    Literal["ACCESS_LEVEL_NONE", "ACCESS_LEVEL_READ", "ACCESS_LEVEL_WRITE"]
]
"""What a key may do with a kind of thing."""


ResourceType: TypeAlias = Open[
    Literal[
        "RESOURCE_TYPE_DEVBOXES",
        "RESOURCE_TYPE_BLUEPRINTS",
        "RESOURCE_TYPE_SNAPSHOTS",
        "RESOURCE_TYPE_OBJECTS",
        "RESOURCE_TYPE_ACCOUNT",
        "RESOURCE_TYPE_BENCHMARKS",
        "RESOURCE_TYPE_SCENARIOS",
        "RESOURCE_TYPE_AGENTS",
        "RESOURCE_TYPE_REPO_CONNECTIONS",
    ]
]
"""A kind of thing that a key may be restricted to."""


@attrs.frozen(kw_only=True)
class ScopeEntryView:
    """What a restricted key may do with one kind of thing."""

    access_level: AccessLevel | None = None
    """Nothing, read, or read and write."""
    resource_type: ResourceType | None = None
    """The kind of thing."""


class ScopeEntryViewParam(TypedDict, total=False):
    """`ScopeEntryView` as a plain dict."""

    access_level: AccessLevel
    resource_type: ResourceType


@attrs.frozen(kw_only=True)
class RestrictedKeyCreatedView:
    """A new restricted key, with the secret that is shown this once."""

    id: str | None = None
    """Identifier of the key."""
    expires_at_ms: int | None = None
    """When it ends, in Unix milliseconds; None is never."""
    key_secret: str | None = attrs.field(default=None, repr=False)
    """The key itself; it cannot be asked for again."""
    name: str | None = None
    """Its name."""
    scopes: list[ScopeEntryView] | None = None
    """What it may do."""


class RestrictedKeyCreateParams(TypedDict, total=False):
    """What a restricted key is made of."""

    expires_at_ms: int | None
    """When it shall end, in Unix milliseconds; None is never."""
    name: str
    """Its name."""
    scopes: Sequence[ScopeEntryView | ScopeEntryViewParam]
    """What it may do; what is not listed it may not touch."""
