"""MCP configurations."""

from typing import Unpack

from runloop_async.calls.already import GONE
from runloop_async.calls.call import Call
from runloop_async.calls.paging import PageCall
from runloop_async.calls.resource import Resource
from runloop_async.models.mcp_configs import (
    McpConfigCreateParams,
    McpConfigListParams,
    McpConfigListView,
    McpConfigUpdateParams,
    McpConfigView,
)
from runloop_async.wire.request import Safety


class McpConfigs(Resource):
    """MCP servers that devboxes reach without having their keys."""

    def create(self, **fields: Unpack[McpConfigCreateParams]) -> Call[McpConfigView]:
        """Make an MCP configuration."""
        return self._post(
            "/v1/mcp-configs", McpConfigView, fields, McpConfigCreateParams
        )

    def retrieve(self, id: str) -> Call[McpConfigView]:
        """Return one MCP configuration."""
        return self._get("/v1/mcp-configs/{id}", McpConfigView, id=id)

    def update(
        self, id: str, **fields: Unpack[McpConfigUpdateParams]
    ) -> Call[McpConfigView]:
        """Change an MCP configuration; what is left out stays as it is."""
        return self._post(
            "/v1/mcp-configs/{id}",
            McpConfigView,
            fields,
            McpConfigUpdateParams,
            safety=Safety.SAFE,
            id=id,
        )

    def list(self, **query: Unpack[McpConfigListParams]) -> PageCall[McpConfigView]:
        """List the account's MCP configurations."""
        return self._list(
            "/v1/mcp-configs",
            McpConfigListView,
            lambda page: page.mcp_configs,
            query,
            McpConfigListParams,
        )

    def delete(self, id: str) -> Call[McpConfigView | None]:
        """Delete an MCP configuration that no devbox uses, and return it.

        None if the response was lost, and there was nothing left for a repetition.
        """
        return self._set("/v1/mcp-configs/{id}/delete", McpConfigView, GONE, id=id)
