"""Devboxes."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Required, TypeAlias, TypedDict

import attrs

from runloop_async.annotations import JsonValue
from runloop_async.models.blueprints import (
    CodeMountParameters,
    CodeMountParametersParam,
    DevboxCapability,
)
from runloop_async.models.devboxes.access import (
    GatewaySpec,
    GatewaySpecParam,
    GatewaySpecView,
    McpSpec,
    McpSpecParam,
    McpSpecView,
    TunnelConfig,
    TunnelConfigParam,
    TunnelView,
)
from runloop_async.models.launch import (
    LaunchParameters,
    LaunchParametersParam,
    MountParam,
)
from runloop_async.models.shared import CountedPageParams, InQuery, Open

DevboxStatus: TypeAlias = Open[
    Literal[
        "scheduled",
        "queued",
        "provisioning",
        "initializing",
        "running",
        "suspending",
        "suspended",
        "resuming",
        "failure",
        "shutdown",
    ]
]
"""How far a devbox is."""


DevboxFailureReason: TypeAlias = Open[
    Literal["out_of_memory", "out_of_disk", "execution_failed", "health_check_failed"]
]
"""Why a devbox failed."""


DevboxInitiatorType: TypeAlias = Open[
    Literal["unknown", "api", "reflex", "scenario", "scoring_validation"]
]
"""What started a devbox."""


DevboxShutdownReason: TypeAlias = Open[
    Literal[
        "api_shutdown", "keep_alive_timeout", "entrypoint_exit", "idle", "ttl_expired"
    ]
]
"""Why a devbox was shut down."""


@attrs.frozen(kw_only=True)
class DevboxStateTransition:
    """A change of a devbox's state."""

    failure_reason: str | None = None
    """Why it failed, if it did."""
    status: DevboxStatus | None = None
    """The state that it went into."""
    transition_time_ms: JsonValue = None
    """When, in Unix milliseconds; the document has no type for it."""


@attrs.frozen(kw_only=True)
class DevboxView:
    """A devbox."""

    id: str
    """Identifier of the devbox."""
    capabilities: list[DevboxCapability]
    """What it can do."""
    create_time_ms: int
    """When it was made, in Unix milliseconds."""
    end_time_ms: int | None
    """When it ended, in Unix milliseconds; None while it has not."""
    launch_parameters: LaunchParameters
    """Its size, lifetime and network."""
    metadata: dict[str, str]
    """Words of the owner's own to find it by."""
    state_transitions: list[DevboxStateTransition]
    """The states that it went through, oldest first."""
    status: DevboxStatus
    """How far it is."""
    blueprint_id: str | None = None
    """The blueprint that it booted from."""
    failure_reason: DevboxFailureReason | None = None
    """Why it failed."""
    gateway_specs: dict[str, GatewaySpecView] | None = None
    """Its gateways, by the prefix of their environment variables."""
    initiator_id: str | None = None
    """What started it."""
    initiator_type: DevboxInitiatorType | None = None
    """What sort of thing started it."""
    mcp_specs: dict[str, McpSpecView] | None = None
    """Its MCP servers, by the name of their environment variable."""
    name: str | None = None
    """Its name."""
    shutdown_reason: DevboxShutdownReason | None = None
    """Why it was shut down."""
    snapshot_id: str | None = None
    """The snapshot that it booted from."""
    tunnel: TunnelView | None = None
    """Its tunnel, if it has one."""


@attrs.frozen(kw_only=True)
class DevboxListView:
    """A page of devboxes."""

    devboxes: list[DevboxView]
    """The devboxes."""
    has_more: bool
    """Whether another page follows."""
    total_count: int | None = None
    """How many there are on all pages, if counted."""


@attrs.frozen(kw_only=True)
class DevboxResourceUsageView:
    """What a devbox has used."""

    id: str
    """Identifier of the devbox."""
    disk_gb_seconds: int
    """Disk, in GB times seconds."""
    memory_gb_seconds: int
    """Memory, in GB times seconds."""
    start_time_ms: int
    """When it was made, in Unix milliseconds."""
    status: str
    """How far it is."""
    total_active_seconds: int
    """Seconds that it ran."""
    total_elapsed_seconds: int
    """Seconds since it was made, suspended or not."""
    vcpu_seconds: int
    """Processor, in cores times seconds."""
    end_time_ms: int | None = None
    """When it ended, in Unix milliseconds; None while it has not."""


@attrs.frozen(kw_only=True)
class DevboxEvictionEventView:
    """A devbox that will be taken away."""

    devbox_id: str
    """Identifier of the devbox."""
    eviction_deadline_ms: int
    """When at the latest, in Unix milliseconds."""


class DevboxCreateParams(TypedDict, total=False):
    """What a devbox is made of."""

    code_mounts: Sequence[CodeMountParameters | CodeMountParametersParam] | None
    """Repositories to check out; `mounts` is preferred."""
    entrypoint: str | None
    """Shell command that runs as long as the devbox does."""
    environment_variables: Mapping[str, str] | None
    """Environment variables."""
    file_mounts: Mapping[str, str] | None
    """Text files to write, by path; `mounts` is preferred."""
    gateways: Mapping[str, GatewaySpec | GatewaySpecParam] | None
    """Gateways, by the prefix of their environment variables."""
    launch_parameters: LaunchParameters | LaunchParametersParam | None
    """Size, lifetime and network."""
    mcp: Mapping[str, McpSpec | McpSpecParam] | None
    """MCP servers, by the name of their environment variable."""
    metadata: Mapping[str, str] | None
    """Words of your own to find it by."""
    mounts: Sequence[MountParam] | None
    """Things to put into it."""
    name: str | None
    """Its name."""
    secrets: Mapping[str, str] | None
    """Environment variables and the names of the secrets that fill them."""
    blueprint_id: str | None
    """Id of the blueprint to boot from."""
    blueprint_name: str | None
    """Name of the blueprint to boot from, of which the newest is taken."""
    snapshot_id: str | None
    """Id of the snapshot to boot from."""
    tunnel: TunnelConfig | TunnelConfigParam | None
    """How its ports are reached from outside; default is not at all."""
    repo_connection_id: str | None
    """Id of the repository connection to use."""


class DevboxUpdateParams(TypedDict, total=False):
    """What to change of a devbox; the rest stays."""

    metadata: Mapping[str, str] | None
    """Words of your own to find it by; replaces those there were."""
    name: str | None
    """Its name."""


class DevboxDownloadFileParams(TypedDict):
    """A file to fetch."""

    path: str
    """Path of the file on the devbox."""


class DevboxReadFileContentsParams(TypedDict):
    """A text file to read."""

    file_path: str
    """Path of the file on the devbox."""


class DevboxWriteFileContentsParams(TypedDict):
    """A text file to write."""

    contents: str
    """The text."""
    file_path: str
    """Path of the file on the devbox."""


class DevboxWaitForStatusParams(TypedDict, total=False):
    """Which states of a devbox to wait for."""

    statuses: Required[Sequence[DevboxStatus]]
    """The states."""
    timeout_seconds: int | None
    """Seconds to wait at most; the server takes up to 30, default 10."""


class DevboxListParams(CountedPageParams, total=False):
    """Which devboxes to list."""

    status: DevboxStatus
    """Only those that are this far."""


class DevboxShutdownParams(TypedDict, total=False):
    """How to shut a devbox down."""

    force: Annotated[bool | str, InQuery()]
    """Whether to do so while a snapshot is being taken."""
