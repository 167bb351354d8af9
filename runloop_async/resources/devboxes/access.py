"""Ways into devboxes and out of them: tunnels, keys and tokens."""

from functools import partial
from types import NoneType
from typing import Unpack

from runloop_async.calls.already import Already
from runloop_async.calls.call import Call
from runloop_async.calls.resource import Resource
from runloop_async.models.devboxes.access import (
    DevboxCreateGatewayTokenParams,
    DevboxCreateMcpTokenParams,
    DevboxSSHKeyView,
    GatewayTokenView,
    McpTokenView,
    TunnelConfigParam,
    TunnelView,
)
from runloop_async.models.devboxes.devboxes import DevboxView
from runloop_async.models.pty import PtyTunnelView
from runloop_async.wire.request import Safety


class Access(Resource):
    """Tunnels, keys and tokens of devboxes."""

    def create_gateway_token(
        self, id: str, **fields: Unpack[DevboxCreateGatewayTokenParams]
    ) -> Call[GatewayTokenView]:
        """Make a key to a gateway, for use on the devbox."""
        return self._post(
            "/v1/devboxes/{id}/create_gateway_token",
            GatewayTokenView,
            fields,
            DevboxCreateGatewayTokenParams,
            id=id,
        )

    def create_mcp_token(
        self, id: str, **fields: Unpack[DevboxCreateMcpTokenParams]
    ) -> Call[McpTokenView]:
        """Make a key to an MCP server, for use on the devbox."""
        return self._post(
            "/v1/devboxes/{id}/create_mcp_token",
            McpTokenView,
            fields,
            DevboxCreateMcpTokenParams,
            id=id,
        )

    def create_pty_tunnel(self, id: str) -> Call[PtyTunnelView]:
        """Open the way to the devbox's terminals."""
        return self._post(
            "/v1/devboxes/{id}/create_pty_tunnel",
            PtyTunnelView,
            safety=Safety.SAFE,
            id=id,
        )

    def create_ssh_key(self, id: str) -> Call[DevboxSSHKeyView]:
        """Make a way to log in by SSH."""
        return self._post("/v1/devboxes/{id}/create_ssh_key", DevboxSSHKeyView, id=id)

    def enable_tunnel(
        self, id: str, **fields: Unpack[TunnelConfigParam]
    ) -> Call[TunnelView]:
        """Make the ports of a devbox reachable from outside."""
        return self._set(
            "/v1/devboxes/{id}/enable_tunnel",
            TunnelView,
            Already(
                look=partial(self._get, "/v1/devboxes/{id}", DevboxView, id=id),
                is_so=lambda devbox: devbox.tunnel is not None,
                result=lambda devbox: devbox.tunnel,
            ),
            fields,
            TunnelConfigParam,
            id=id,
        )

    def remove_tunnel(self, id: str) -> Call[None]:
        """Close the way to the ports of a devbox."""
        return self._post(
            "/v1/devboxes/{id}/remove_tunnel", NoneType, safety=Safety.SAFE, id=id
        )
