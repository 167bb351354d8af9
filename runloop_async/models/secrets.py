"""Secrets: values that devboxes are given by name, and that are never read back."""

from typing import TypedDict

import attrs

from runloop_async.models.shared import PageLimit


@attrs.frozen(kw_only=True)
class SecretView:
    """A secret, without its value, which the API never gives."""

    id: str
    """Identifier of the secret."""
    create_time_ms: int
    """When it was made, in Unix milliseconds."""
    name: str
    """Its name."""
    update_time_ms: int
    """When it was last given a value, in Unix milliseconds."""


@attrs.frozen(kw_only=True)
class SecretListView:
    """The account's secrets."""

    has_more: bool
    """Whether there are more than were asked for."""
    secrets: list[SecretView]
    """The secrets."""
    total_count: int | None = None
    """How many there are, if counted."""


class SecretCreateParams(TypedDict):
    """What a secret is made of."""

    name: str
    """Its name."""
    value: str
    """Its value."""


class SecretUpdateParams(TypedDict):
    """What to change of a secret."""

    value: str
    """Its new value."""


class SecretListParams(TypedDict, total=False):
    """How many secrets to list."""

    limit: PageLimit
    """How many at most; this list has no further pages."""
