"""Agents: programs that work on devboxes, and where they are installed from."""

from collections.abc import Sequence
from typing import Required, TypedDict

import attrs

from runloop_async.models.shared import CountedPageParams


@attrs.frozen(kw_only=True)
class GitSource:
    """An agent out of a git repository."""

    repository: str
    """URL of the repository."""
    agent_setup: list[str] | None = None
    """Shell commands to run in the checkout."""
    ref: str | None = None
    """Branch, tag or commit; default is the main branch."""


class GitSourceParam(TypedDict, total=False):
    """`GitSource` as a plain dict."""

    repository: Required[str]
    agent_setup: Sequence[str] | None
    ref: str | None


@attrs.frozen(kw_only=True)
class NpmSource:
    """An agent out of an npm package."""

    package_name: str
    """Name of the package."""
    agent_setup: list[str] | None = None
    """Shell commands to run after the installation."""
    registry_url: str | None = None
    """URL of the registry, if it is not npm's own."""


class NpmSourceParam(TypedDict, total=False):
    """`NpmSource` as a plain dict."""

    package_name: Required[str]
    agent_setup: Sequence[str] | None
    registry_url: str | None


@attrs.frozen(kw_only=True)
class ObjectSource:
    """An agent out of a storage object."""

    object_id: str
    """Id of the object."""
    agent_setup: list[str] | None = None
    """Shell commands to run after unpacking."""


class ObjectSourceParam(TypedDict, total=False):
    """`ObjectSource` as a plain dict."""

    object_id: Required[str]
    agent_setup: Sequence[str] | None


@attrs.frozen(kw_only=True)
class PipSource:
    """An agent out of a Python package."""

    package_name: str
    """Name of the package."""
    agent_setup: list[str] | None = None
    """Shell commands to run after the installation."""
    registry_url: str | None = None
    """URL of the index, if it is not PyPI."""


class PipSourceParam(TypedDict, total=False):
    """`PipSource` as a plain dict."""

    package_name: Required[str]
    agent_setup: Sequence[str] | None
    registry_url: str | None


@attrs.frozen(kw_only=True)
class AgentSource:
    """Where an agent is installed from: `type` says which of the others counts."""

    type: str
    """One of `git`, `npm`, `object` and `pip`."""
    git: GitSource | None = None
    """A git repository."""
    npm: NpmSource | None = None
    """An npm package."""
    object: ObjectSource | None = None
    """A storage object."""
    pip: PipSource | None = None
    """A Python package."""


class AgentSourceParam(TypedDict, total=False):
    """`AgentSource` as a plain dict."""

    type: Required[str]
    git: GitSource | GitSourceParam | None
    npm: NpmSource | NpmSourceParam | None
    object: ObjectSource | ObjectSourceParam | None
    pip: PipSource | PipSourceParam | None


@attrs.frozen(kw_only=True)
class AgentView:
    """An agent."""

    id: str
    """Identifier of the agent."""
    create_time_ms: int
    """When it was made, in Unix milliseconds."""
    is_public: bool
    """Whether everyone can use it."""
    name: str
    """Its name."""
    source: AgentSource | None = None
    """Where it is installed from."""
    version: str | None = None
    """Its version: a number, or the SHA of a commit."""


@attrs.frozen(kw_only=True)
class AgentListView:
    """A page of agents."""

    agents: list[AgentView]
    """The agents."""
    has_more: bool
    """Whether another page follows."""
    total_count: int | None = None
    """How many there are on all pages, if counted."""


@attrs.frozen(kw_only=True)
class AgentDevboxCountsView:
    """How many devboxes run each agent."""

    counts: dict[str, int]
    """Number of devboxes by name of the agent."""
    total_count: int
    """Number of devboxes that run an agent."""


class AgentCreateParams(TypedDict, total=False):
    """What an agent is made of."""

    name: Required[str]
    """Its name."""
    source: AgentSource | AgentSourceParam | None
    """Where it is installed from."""
    version: str | None
    """Its version: a number, or the SHA of a commit."""


class AgentListPublicParams(CountedPageParams, total=False):
    """Which of the public agents to list."""

    name: str
    """Only those of this name."""
    search: str
    """Only those whose id or name has this in it."""
    version: str
    """Only those of this version."""


class AgentListParams(AgentListPublicParams, total=False):
    """Which agents to list."""

    is_public: bool
    """Only those that everyone can use, or only the others."""
