"""Axons."""

from collections.abc import Mapping
from typing import Literal, TypeAlias, TypedDict

import attrs

from runloop_async.models.shared import MetadataFilterParams, Open

PublishEventOrigin: TypeAlias = Open[
    Literal["EXTERNAL_EVENT", "AGENT_EVENT", "USER_EVENT"]
]
"""Who an event that you publish comes from."""


@attrs.frozen(kw_only=True)
class AxonView:
    """An axon."""

    id: str
    """Identifier of the axon."""
    created_at_ms: int
    """When it was made, in Unix milliseconds."""
    metadata: dict[str, str] | None = None
    """The owner's own keys and values; None if the service does not say."""
    deleted_at_ms: int | None = None
    """When it was deleted, in Unix milliseconds."""
    name: str | None = None
    """Its name."""


@attrs.frozen(kw_only=True)
class AxonListView:
    """A page of axons."""

    axons: list[AxonView]
    """The axons."""
    has_more: bool
    """Whether another page follows."""
    total_count: int | None = None
    """How many there are on all pages, if counted."""


@attrs.frozen(kw_only=True)
class PublishResultView:
    """Where an event was put."""

    sequence: int
    """Its number on the axon."""
    timestamp_ms: int
    """When it was published, in Unix milliseconds."""


class AxonCreateParams(TypedDict, total=False):
    """What an axon is made of."""

    metadata: Mapping[str, str] | None
    """Words of your own to find it by."""
    name: str | None
    """Its name."""


class AxonUpdateParams(TypedDict, total=False):
    """What to change of an axon."""

    metadata: Mapping[str, str] | None
    """Words of your own to find it by; replaces those there were."""


class AxonPublishParams(TypedDict):
    """An event to publish."""

    event_type: str
    """What happened, such as `push`."""
    origin: PublishEventOrigin
    """Who it comes from."""
    payload: str
    """Its content, as JSON text."""
    source: str
    """The system that it comes from, such as `github`."""


class AxonListParams(MetadataFilterParams, total=False):
    """Which axons to list."""

    id: str
    """Only the one with this id."""
    name: str
    """Only those whose name has this in it."""
    search: str
    """Only those whose id or name has this in it."""


class AxonSubscribeSseParams(TypedDict, total=False):
    """Where to begin to follow an axon."""

    after_sequence: int
    """Only events whose number is greater; default is all."""
