"""Terminals on devboxes."""

from typing import Annotated, Literal, TypeAlias, TypedDict

import attrs

from runloop_async.models.shared import Open, Range

PtyControlAction: TypeAlias = Open[Literal["resize", "signal", "close"]]
"""What to do with a terminal."""


@attrs.frozen(kw_only=True)
class PtyTunnelView:
    """The way to the terminals of a devbox."""

    auth_token: str = attrs.field(repr=False)
    """The key to the tunnel, which is not the API's."""
    tunnel_key: str
    """The name of the tunnel, which is part of its host."""


@attrs.frozen(kw_only=True)
class PtyConnectView:
    """A terminal that can be connected to."""

    attached: bool
    """Whether someone is connected."""
    created: bool
    """Whether it was made just now."""
    cols: int | None = None
    """Its columns."""
    connect_url: str | None = None
    """Path of the WebSocket to connect to."""
    idle_ttl_seconds: int | None = None
    """Seconds that it is kept when nobody is connected."""
    protocol_version: str | None = None
    """What is spoken over the WebSocket."""
    rows: int | None = None
    """Its rows."""
    session_name: str | None = None
    """Its name."""
    status: str | None = None
    """How it is."""


@attrs.frozen(kw_only=True)
class PtyControlResultView:
    """What came of controlling a terminal."""

    session_name: str | None = None
    """Its name."""
    status: str | None = None
    """How it is."""


class PtyControlParams(TypedDict, total=False):
    """What to do with a terminal."""

    action: PtyControlAction
    """Resize it, send a signal, or close it."""
    cols: Annotated[int, Range(1, 1000)]
    """Columns to resize it to, 1 to 1,000."""
    rows: Annotated[int, Range(1, 1000)]
    """Rows to resize it to, 1 to 1,000."""
    signal: str
    """The signal to send, such as `SIGINT`."""


class PtyConnectParams(TypedDict, total=False):
    """The size of a terminal."""

    cols: Annotated[int, Range(1, 1000)]
    """Columns, 1 to 1,000."""
    rows: Annotated[int, Range(1, 1000)]
    """Rows, 1 to 1,000."""
