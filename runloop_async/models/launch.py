"""How a devbox is started: size, lifetime, mounts. Common to several groups."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Required, TypeAlias, TypedDict

import attrs

from runloop_async.models.shared import Open, Unknown, Wire

Architecture: TypeAlias = Open[Literal["x86_64", "arm64"]]
"""Processor architecture."""
BrokerMountProtocol: TypeAlias = Open[
    Literal["acp", "claude_json", "codex_json", "pi_json"]
]
"""What a broker speaks with its agent."""
IdleAction: TypeAlias = Open[Literal["shutdown", "suspend"]]
"""What happens to an idle devbox."""
ProvisioningTier: TypeAlias = Open[Literal["standard", "flex"]]
"""How soon capacity is due."""
ResourceSize: TypeAlias = Open[
    Literal["X_SMALL", "SMALL", "MEDIUM", "LARGE", "X_LARGE", "XX_LARGE", "CUSTOM_SIZE"]
]
"""A preset of processor, memory and disk."""


@attrs.frozen(kw_only=True)
class AfterIdle:
    """What to do with a devbox that nobody uses."""

    idle_time_seconds: int
    """Seconds without use."""
    on_idle: IdleAction
    """What happens then."""


class AfterIdleParam(TypedDict):
    """`AfterIdle` as a plain dict."""

    idle_time_seconds: int
    on_idle: IdleAction


@attrs.frozen(kw_only=True)
class LifecycleHooks:
    """Commands that run as a devbox changes its state."""

    suspend_commands: list[str] | None = None
    """Shell commands before a suspend."""
    suspend_deadline_ms: int | None = None
    """Milliseconds that they may take; default 30,000, at most 60,000."""


class LifecycleHooksParam(TypedDict, total=False):
    """`LifecycleHooks` as a plain dict."""

    suspend_commands: Sequence[str] | None
    suspend_deadline_ms: int | None


@attrs.frozen(kw_only=True)
class ResumeTriggers:
    """What wakes a suspended devbox."""

    axon_event: bool | None = None
    """An event on its axon."""
    http: bool | None = None
    """A request through its tunnel."""


class ResumeTriggersParam(TypedDict, total=False):
    """`ResumeTriggers` as a plain dict."""

    axon_event: bool | None
    http: bool | None


@attrs.frozen(kw_only=True)
class LifecycleConfiguration:
    """When a devbox stops, and what wakes it."""

    after_idle: AfterIdle | None = None
    """What to do when nobody uses it."""
    lifecycle_hooks: LifecycleHooks | None = None
    """Commands that run as it changes its state."""
    resume_triggers: ResumeTriggers | None = None
    """What wakes it."""


class LifecycleConfigurationParam(TypedDict, total=False):
    """`LifecycleConfiguration` as a plain dict."""

    after_idle: AfterIdle | AfterIdleParam | None
    lifecycle_hooks: LifecycleHooks | LifecycleHooksParam | None
    resume_triggers: ResumeTriggers | ResumeTriggersParam | None


@attrs.frozen(kw_only=True)
class UserParameters:
    """The user that commands run as."""

    uid: int
    """Numeric user id."""
    username: str
    """Login name."""


class UserParametersParam(TypedDict):
    """`UserParameters` as a plain dict."""

    uid: int
    username: str


@attrs.frozen(kw_only=True)
class LaunchParameters:
    """Size, lifetime and network of a devbox."""

    after_idle: AfterIdle | None = None
    """What to do when nobody uses it; `lifecycle.after_idle` is preferred."""
    architecture: Architecture | None = None
    """Processor architecture; default x86_64."""
    available_ports: list[int] | None = None
    """Deprecated; the service ignores it."""
    custom_cpu_cores: float | None = None
    """Cores of a `CUSTOM_SIZE`: 0.5, 1 or a multiple of 2, at most 16."""
    custom_disk_size: int | None = None
    """GiB of disk of a `CUSTOM_SIZE`: even, 2 to 64."""
    custom_gb_memory: int | None = None
    """GiB of memory of a `CUSTOM_SIZE`: 1 or even, at most 64."""
    keep_alive_time_seconds: int | None = None
    """Seconds until it is shut down; default 3,600, at most 172,800."""
    launch_commands: list[str] | None = None
    """Shell commands to run once it has booted."""
    lifecycle: LifecycleConfiguration | None = None
    """When it stops, and what wakes it."""
    network_policy_id: str | None = None
    """The network policy that bounds where it may connect to."""
    provisioning_tier: ProvisioningTier | None = None
    """How soon capacity is due; default standard."""
    required_services: list[str] | None = None
    """Services to start with it."""
    resource_size_request: ResourceSize | None = None
    """Preset of processor, memory and disk; default SMALL."""
    user_parameters: UserParameters | None = None
    """The user that commands run as."""


class LaunchParametersParam(TypedDict, total=False):
    """`LaunchParameters` as a plain dict."""

    after_idle: AfterIdle | AfterIdleParam | None
    architecture: Architecture | None
    available_ports: Sequence[int] | None
    custom_cpu_cores: float | None
    custom_disk_size: int | None
    custom_gb_memory: int | None
    keep_alive_time_seconds: int | None
    launch_commands: Sequence[str] | None
    lifecycle: LifecycleConfiguration | LifecycleConfigurationParam | None
    network_policy_id: str | None
    provisioning_tier: ProvisioningTier | None
    required_services: Sequence[str] | None
    resource_size_request: ResourceSize | None
    user_parameters: UserParameters | UserParametersParam | None


@attrs.frozen(kw_only=True)
class AgentMount:
    """Install an agent; give its id or its name."""

    type: Literal["agent_mount"] = "agent_mount"
    agent_id: str | None
    """Id of the agent, or None if it is named."""
    agent_name: str | None
    """Name of the agent, of which the newest is taken, or None."""
    agent_path: str | None = None
    """Where to put it; needed for agents from git and from objects."""
    auth_token: str | None = attrs.field(default=None, repr=False)
    """Token to fetch a private agent with."""


class AgentMountParam(TypedDict, total=False):
    """`AgentMount` as a plain dict."""

    type: Required[Literal["agent_mount"]]
    agent_id: Required[str | None]
    agent_name: Required[str | None]
    agent_path: str | None
    auth_token: str | None


@attrs.frozen(kw_only=True)
class BrokerMount:
    """Connect the devbox to an axon through a broker."""

    type: Literal["broker_mount"] = "broker_mount"
    axon_id: str
    """Id of the axon."""
    agent_binary: str | None = None
    """Program that the broker starts."""
    launch_args: list[str] | None = None
    """Arguments of that program."""
    protocol: BrokerMountProtocol | None = None
    """What the broker speaks with it."""
    working_directory: str | None = None
    """Folder that it starts in."""


class BrokerMountParam(TypedDict, total=False):
    """`BrokerMount` as a plain dict."""

    type: Required[Literal["broker_mount"]]
    axon_id: Required[str]
    agent_binary: str | None
    launch_args: Sequence[str] | None
    protocol: BrokerMountProtocol | None
    working_directory: str | None


@attrs.frozen(kw_only=True)
class CodeMount:
    """Check out a repository."""

    type: Literal["code_mount"] = "code_mount"
    repo_name: str
    """Name of the repository."""
    repo_owner: str
    """Account that it belongs to."""
    token: str | None = attrs.field(default=None, repr=False)
    """Token to clone a private repository with."""
    git_ref: str | None = None
    """Branch, tag or commit; default is the repository's default branch."""
    install_command: str | None = None
    """Shell command to run in the checkout."""


class CodeMountParam(TypedDict, total=False):
    """`CodeMount` as a plain dict."""

    type: Required[Literal["code_mount"]]
    repo_name: Required[str]
    repo_owner: Required[str]
    token: str | None
    git_ref: str | None
    install_command: str | None


@attrs.frozen(kw_only=True)
class FileMount:
    """Write a text file."""

    type: Literal["file_mount"] = "file_mount"
    content: str
    """The text."""
    target: str
    """Path of the file on the devbox."""


class FileMountParam(TypedDict):
    """`FileMount` as a plain dict."""

    type: Literal["file_mount"]
    content: str
    target: str


@attrs.frozen(kw_only=True)
class ObjectMount:
    """Copy a storage object; archives are unpacked."""

    type: Literal["object_mount"] = "object_mount"
    object_id: str
    """Id of the object."""
    object_path: str
    """Path on the devbox."""


class ObjectMountParam(TypedDict):
    """`ObjectMount` as a plain dict."""

    type: Literal["object_mount"]
    object_id: str
    object_path: str


Mount: TypeAlias = (
    AgentMount | BrokerMount | CodeMount | FileMount | ObjectMount | Unknown
)
"""Something to put into a devbox as it starts."""
MountParam: TypeAlias = (
    Mount
    | AgentMountParam
    | BrokerMountParam
    | CodeMountParam
    | FileMountParam
    | ObjectMountParam
)
"""A `Mount`, or one as a plain dict."""


@attrs.frozen(kw_only=True)
class RunProfile:
    """What a run brings to the devboxes of its scenarios."""

    env_vars: Annotated[dict[str, str] | None, Wire("envVars")] = None
    """Environment variables; where a scenario sets the same, its value stays."""
    launch_parameters: Annotated[LaunchParameters | None, Wire("launchParameters")] = (
        None
    )
    """Size, lifetime and network."""
    mounts: list[Mount] | None = None
    """Things to put into each devbox."""
    purpose: str | None = None
    """What the run is for."""
    secrets: dict[str, str] | None = None
    """Environment variables and the names of the secrets that fill them."""


class RunProfileParam(TypedDict, total=False):
    """`RunProfile` as a plain dict."""

    env_vars: Annotated[Mapping[str, str] | None, Wire("envVars")]
    launch_parameters: Annotated[
        LaunchParameters | LaunchParametersParam | None, Wire("launchParameters")
    ]
    mounts: Sequence[MountParam] | None
    purpose: str | None
    secrets: Mapping[str, str] | None
