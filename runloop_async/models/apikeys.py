"""Keys to the API."""

from typing import TypedDict

import attrs


@attrs.frozen(kw_only=True)
class ApiKeyCreatedView:
    """A new key, with the secret that is shown this once."""

    id: str | None = None
    """Identifier of the key."""
    expires_at_ms: int | None = None
    """When it ends, in Unix milliseconds; None is never."""
    key_secret: str | None = attrs.field(default=None, repr=False)
    """The key itself; it cannot be asked for again."""
    name: str | None = None
    """Its name."""


class ApiKeyCreateParams(TypedDict, total=False):
    """What a key is made of."""

    expires_at_ms: int | None
    """When it shall end, in Unix milliseconds; None is never."""
    name: str
    """Its name."""
