"""Gateway configurations."""

from typing import Unpack

from runloop_async.calls.already import GONE
from runloop_async.calls.call import Call
from runloop_async.calls.paging import PageCall
from runloop_async.calls.resource import Resource
from runloop_async.models.gateway_configs import (
    GatewayConfigCreateParams,
    GatewayConfigListParams,
    GatewayConfigListView,
    GatewayConfigUpdateParams,
    GatewayConfigView,
)
from runloop_async.wire.request import Safety


class GatewayConfigs(Resource):
    """Services that devboxes reach without having their keys."""

    def create(
        self, **fields: Unpack[GatewayConfigCreateParams]
    ) -> Call[GatewayConfigView]:
        """Make a gateway configuration."""
        return self._post(
            "/v1/gateway-configs", GatewayConfigView, fields, GatewayConfigCreateParams
        )

    def retrieve(self, id: str) -> Call[GatewayConfigView]:
        """Return one gateway configuration."""
        return self._get("/v1/gateway-configs/{id}", GatewayConfigView, id=id)

    def update(
        self, id: str, **fields: Unpack[GatewayConfigUpdateParams]
    ) -> Call[GatewayConfigView]:
        """Change a gateway configuration; what is left out stays as it is."""
        return self._post(
            "/v1/gateway-configs/{id}",
            GatewayConfigView,
            fields,
            GatewayConfigUpdateParams,
            safety=Safety.SAFE,
            id=id,
        )

    def list(
        self, **query: Unpack[GatewayConfigListParams]
    ) -> PageCall[GatewayConfigView]:
        """List the account's gateway configurations."""
        return self._list(
            "/v1/gateway-configs",
            GatewayConfigListView,
            lambda page: page.gateway_configs,
            query,
            GatewayConfigListParams,
        )

    def delete(self, id: str) -> Call[GatewayConfigView | None]:
        """Delete a gateway configuration that no devbox uses, and return it.

        None if the response was lost, and there was nothing left for a repetition.
        """
        return self._set(
            "/v1/gateway-configs/{id}/delete", GatewayConfigView, GONE, id=id
        )
