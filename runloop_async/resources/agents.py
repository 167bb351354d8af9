"""Agents."""

from types import NoneType
from typing import Unpack

from runloop_async.calls.already import GONE
from runloop_async.calls.call import Call
from runloop_async.calls.paging import PageCall
from runloop_async.calls.resource import Resource
from runloop_async.models.agents import (
    AgentCreateParams,
    AgentDevboxCountsView,
    AgentListParams,
    AgentListPublicParams,
    AgentListView,
    AgentView,
)


class Agents(Resource):
    """Agents: programs that work on devboxes."""

    def create(self, **fields: Unpack[AgentCreateParams]) -> Call[AgentView]:
        """Make an agent."""
        return self._post("/v1/agents", AgentView, fields, AgentCreateParams)

    def retrieve(self, id: str) -> Call[AgentView]:
        """Return one agent."""
        return self._get("/v1/agents/{id}", AgentView, id=id)

    def list(self, **query: Unpack[AgentListParams]) -> PageCall[AgentView]:
        """List the account's agents."""
        return self._list(
            "/v1/agents",
            AgentListView,
            lambda page: page.agents,
            query,
            AgentListParams,
        )

    def list_public(
        self, **query: Unpack[AgentListPublicParams]
    ) -> PageCall[AgentView]:
        """List the agents that everyone can use."""
        return self._list(
            "/v1/agents/list_public",
            AgentListView,
            lambda page: page.agents,
            query,
            AgentListPublicParams,
        )

    def delete(self, id: str) -> Call[None]:
        """Delete an agent."""
        return self._set("/v1/agents/{id}/delete", NoneType, GONE, id=id)

    def devbox_counts(self) -> Call[AgentDevboxCountsView]:
        """Return how many devboxes run each agent."""
        return self._get("/v1/agents/devbox_counts", AgentDevboxCountsView)
