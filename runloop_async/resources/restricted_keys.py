"""Keys that may do only some things."""

from typing import Unpack

from runloop_async.calls.call import Call
from runloop_async.calls.resource import Resource
from runloop_async.models.restricted_keys import (
    RestrictedKeyCreatedView,
    RestrictedKeyCreateParams,
)


class RestrictedKeys(Resource):
    """Keys that may do only some things."""

    def create(
        self, **fields: Unpack[RestrictedKeyCreateParams]
    ) -> Call[RestrictedKeyCreatedView]:
        """Make a key; its secret is in this response and never again."""
        return self._post(
            "/v1/restricted_keys",
            RestrictedKeyCreatedView,
            fields,
            RestrictedKeyCreateParams,
        )
