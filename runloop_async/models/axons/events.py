"""Events on axons."""

from typing import Literal, TypeAlias

import attrs

from runloop_async.models.shared import Open

AxonEventOrigin: TypeAlias = Open[
    Literal["EXTERNAL_EVENT", "AGENT_EVENT", "USER_EVENT", "SYSTEM_EVENT"]
]
"""Who an event comes from."""


@attrs.frozen(kw_only=True)
class AxonEventView:
    """An event."""

    axon_id: str
    """The axon that it is on."""
    event_type: str
    """What happened, such as `push`."""
    origin: AxonEventOrigin
    """Who it comes from."""
    payload: str
    """Its content, as JSON text."""
    sequence: int
    """Its number on the axon; later events have greater ones."""
    source: str
    """The system that it comes from, such as `github`."""
    timestamp_ms: int
    """When it was published, in Unix milliseconds."""


@attrs.frozen(kw_only=True)
class AxonEventListView:
    """A page of events."""

    events: list[AxonEventView]
    """The events."""
    has_more: bool
    """Whether another page follows."""
    total_count: int | None = None
    """How many there are on all pages, if counted."""
