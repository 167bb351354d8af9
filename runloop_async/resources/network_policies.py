"""Network policies."""

from typing import Unpack

from runloop_async.calls.already import GONE
from runloop_async.calls.call import Call
from runloop_async.calls.paging import PageCall
from runloop_async.calls.resource import Resource
from runloop_async.models.network_policies import (
    NetworkPolicyCreateParams,
    NetworkPolicyListParams,
    NetworkPolicyListView,
    NetworkPolicyUpdateParams,
    NetworkPolicyView,
)
from runloop_async.wire.request import Safety


class NetworkPolicies(Resource):
    """Policies on where devboxes may connect to."""

    def create(
        self, **fields: Unpack[NetworkPolicyCreateParams]
    ) -> Call[NetworkPolicyView]:
        """Make a network policy."""
        return self._post(
            "/v1/network-policies", NetworkPolicyView, fields, NetworkPolicyCreateParams
        )

    def retrieve(self, id: str) -> Call[NetworkPolicyView]:
        """Return one network policy."""
        return self._get("/v1/network-policies/{id}", NetworkPolicyView, id=id)

    def update(
        self, id: str, **fields: Unpack[NetworkPolicyUpdateParams]
    ) -> Call[NetworkPolicyView]:
        """Change a network policy; what is left out stays as it is."""
        return self._post(
            "/v1/network-policies/{id}",
            NetworkPolicyView,
            fields,
            NetworkPolicyUpdateParams,
            safety=Safety.SAFE,
            id=id,
        )

    def list(
        self, **query: Unpack[NetworkPolicyListParams]
    ) -> PageCall[NetworkPolicyView]:
        """List the account's network policies."""
        return self._list(
            "/v1/network-policies",
            NetworkPolicyListView,
            lambda page: page.network_policies,
            query,
            NetworkPolicyListParams,
        )

    def delete(self, id: str) -> Call[NetworkPolicyView | None]:
        """Delete a network policy that no devbox uses, and return it.

        None if the response was lost, and there was nothing left for a repetition.
        """
        return self._set(
            "/v1/network-policies/{id}/delete", NetworkPolicyView, GONE, id=id
        )
