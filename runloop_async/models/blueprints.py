"""Blueprints: images that devboxes boot from, and how they are built."""

from collections.abc import Mapping, Sequence
from typing import Literal, Required, TypeAlias, TypedDict

import attrs

from runloop_async.models.launch import LaunchParameters, LaunchParametersParam
from runloop_async.models.shared import CountedPageParams, Open, Unknown

BlueprintBuildStatus: TypeAlias = Open[
    Literal[
        "queued",
        "provisioning",
        "building",
        "awaiting_upload",
        "failed",
        "build_complete",
    ]
]
"""How far a build is."""
BlueprintBuildFailureReason: TypeAlias = Open[
    Literal["out_of_memory", "out_of_disk", "build_failed"]
]
"""Why a build failed."""
BlueprintState: TypeAlias = Open[Literal["created", "deleted"]]
"""Whether a blueprint is still there."""
DevboxCapability: TypeAlias = Open[Literal["unknown", "docker_in_docker"]]
"""Something that a devbox can do."""


@attrs.frozen(kw_only=True)
class BuildContext:
    """Files for a Dockerfile, out of a storage object."""

    object_id: str
    """Id of the object, a tar archive."""
    type: Literal["object"] = "object"


class BuildContextParam(TypedDict):
    """`BuildContext` as a plain dict."""

    object_id: str
    type: Literal["object"]


@attrs.frozen(kw_only=True)
class CodeMountParameters:
    """Check out a repository."""

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


class CodeMountParametersParam(TypedDict, total=False):
    """`CodeMountParameters` as a plain dict."""

    repo_name: Required[str]
    repo_owner: Required[str]
    token: str | None
    git_ref: str | None
    install_command: str | None


@attrs.frozen(kw_only=True)
class ContainerizedServiceCredentials:
    """How to log in to a registry."""

    password: str = attrs.field(repr=False)
    """The password."""
    username: str
    """The user's name."""


class ContainerizedServiceCredentialsParam(TypedDict):
    """`ContainerizedServiceCredentials` as a plain dict."""

    password: str
    username: str


@attrs.frozen(kw_only=True)
class ContainerizedService:
    """A container that runs beside the devbox."""

    image: str
    """Image of the container."""
    name: str
    """Name of the service."""
    credentials: ContainerizedServiceCredentials | None = None
    """How to log in to the registry of the image."""
    env: dict[str, str] | None = None
    """Environment variables of the container."""
    options: str | None = None
    """Further options of its start, as docker takes them."""
    port_mappings: list[str] | None = None
    """Ports to pass on, such as `8080:80`."""


class ContainerizedServiceParam(TypedDict, total=False):
    """`ContainerizedService` as a plain dict."""

    image: Required[str]
    name: Required[str]
    credentials: (
        ContainerizedServiceCredentials | ContainerizedServiceCredentialsParam | None
    )
    env: Mapping[str, str] | None
    options: str | None
    port_mappings: Sequence[str] | None


@attrs.frozen(kw_only=True)
class InspectionSource:
    """A repository that has been inspected."""

    inspection_id: str
    """Id of the inspection."""
    github_auth_token: str | None = attrs.field(default=None, repr=False)
    """Token to clone a private repository with."""


class InspectionSourceParam(TypedDict, total=False):
    """`InspectionSource` as a plain dict."""

    inspection_id: Required[str]
    github_auth_token: str | None


@attrs.frozen(kw_only=True)
class BlueprintBuildParameters:
    """What a blueprint is built of."""

    name: str
    """Name of the blueprint; several may have the same, and the newest counts."""
    base_blueprint_id: str | None = None
    """Id of the blueprint to build on."""
    base_blueprint_name: str | None = None
    """Name of the blueprint to build on, of which the newest is taken."""
    build_args: dict[str, str] | None = None
    """Arguments of the Dockerfile."""
    build_context: BuildContext | Unknown | None = None
    """Files for the Dockerfile."""
    code_mounts: list[CodeMountParameters] | None = None
    """Repositories to check out."""
    dockerfile: str | None = None
    """Text of a Dockerfile."""
    file_mounts: dict[str, str] | None = None
    """Text files to write, by path."""
    launch_parameters: LaunchParameters | None = None
    """Size, lifetime and network of its devboxes."""
    metadata: dict[str, str] | None = None
    """Words of your own to find it by."""
    network_policy_id: str | None = None
    """The network policy that the build is under."""
    secrets: dict[str, str] | None = None
    """Build secrets: names in the Dockerfile, and the names of the secrets."""
    services: list[ContainerizedService] | None = None
    """Containers that run beside its devboxes."""
    system_setup_commands: list[str] | None = None
    """Shell commands that set the image up."""


class BlueprintBuildParametersParam(TypedDict, total=False):
    """`BlueprintBuildParameters` as a plain dict."""

    name: Required[str]
    base_blueprint_id: str | None
    base_blueprint_name: str | None
    build_args: Mapping[str, str] | None
    build_context: BuildContext | BuildContextParam | None
    code_mounts: Sequence[CodeMountParameters | CodeMountParametersParam] | None
    dockerfile: str | None
    file_mounts: Mapping[str, str] | None
    launch_parameters: LaunchParameters | LaunchParametersParam | None
    metadata: Mapping[str, str] | None
    network_policy_id: str | None
    secrets: Mapping[str, str] | None
    services: Sequence[ContainerizedService | ContainerizedServiceParam] | None
    system_setup_commands: Sequence[str] | None


class BlueprintBuildFromInspectionParams(TypedDict, total=False):
    """What a blueprint of an inspected repository is built of."""

    name: Required[str]
    """Name of the blueprint."""
    inspection_source: Required[InspectionSource | InspectionSourceParam]
    """The repository."""
    system_setup_commands: Sequence[str] | None
    """Shell commands that set the image up."""
    launch_parameters: LaunchParameters | LaunchParametersParam | None
    """Size, lifetime and network of its devboxes."""
    file_mounts: Mapping[str, str] | None
    """Text files to write, by path."""
    metadata: Mapping[str, str] | None
    """Words of your own to find it by."""
    secrets: Mapping[str, str] | None
    """Build secrets: names in the build, and the names of the secrets."""
    network_policy_id: str | None
    """The network policy that the build is under."""


@attrs.frozen(kw_only=True)
class BlueprintView:
    """A blueprint."""

    id: str
    """Identifier of the blueprint."""
    create_time_ms: int
    """When its build was asked for, in Unix milliseconds."""
    name: str
    """Its name."""
    parameters: BlueprintBuildParameters
    """What it is built of."""
    state: BlueprintState
    """Whether it is still there."""
    status: BlueprintBuildStatus
    """How far its build is."""
    base_blueprint_id: str | None = None
    """Id of the blueprint that it is built on."""
    build_finish_time_ms: int | None = None
    """When its build ended, in Unix milliseconds."""
    containerized_services: list[ContainerizedService] | None = None
    """Containers that run beside its devboxes."""
    devbox_capabilities: list[DevboxCapability] | None = None
    """What its devboxes can do."""
    failure_reason: BlueprintBuildFailureReason | None = None
    """Why its build failed."""
    is_public: bool | None = None
    """Whether everyone can use it."""
    metadata: dict[str, str] | None = None
    """Words of the owner's own to find it by."""


@attrs.frozen(kw_only=True)
class BlueprintListView:
    """A page of blueprints."""

    blueprints: list[BlueprintView]
    """The blueprints."""
    has_more: bool
    """Whether another page follows."""
    total_count: int | None = None
    """How many there are on all pages, if counted."""


@attrs.frozen(kw_only=True)
class BlueprintBuildLog:
    """A line that a build wrote."""

    level: str
    """How grave it is."""
    message: str
    """What it says."""
    timestamp_ms: int
    """When it was written, in Unix milliseconds."""


@attrs.frozen(kw_only=True)
class BlueprintBuildLogsListView:
    """The log of a build."""

    blueprint_id: str
    """The blueprint that was built."""
    logs: list[BlueprintBuildLog]
    """Its lines, oldest first."""


@attrs.frozen(kw_only=True)
class BlueprintPreviewView:
    """What a build would do."""

    dockerfile: str
    """The Dockerfile that would be built."""


class BlueprintListParams(CountedPageParams, total=False):
    """Which blueprints to list."""

    name: str
    """Only those of this name."""
    status: BlueprintBuildStatus
    """Only those whose build is this far."""
